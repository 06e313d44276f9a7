// USB devices without hardware: a gadget made by configfs, on dummy_hcd, a controller that is the host's and the device's at once.
import { mkdirSync, readdirSync, rmdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { output } from '../../integration/harness/command.js'
import type { UsbSpec } from '../../devices/usb.js'
import { until } from './until.js'

const CONFIGFS = '/sys/kernel/config'
const GADGETS = join(CONFIGFS, 'usb_gadget')
const CONTROLLERS = '/sys/devices/platform'
/** The index of English in a device's strings. */
const ENGLISH = '0x409'

export interface UsbDevice {
  /** devpath of the USB device. */
  devpath: string
  unplug(): void
}

/** Loads what gadgets need, with `count` controllers: as many devices can be plugged at once. */
export async function loadGadgets(count: number): Promise<void> {
  await output('modprobe', ['-a', 'libcomposite', 'usb_f_hid', 'usbhid', 'hid_generic'])
  await output('modprobe', ['dummy_hcd', `num=${count}`])
  if (!readdirSync(CONFIGFS).includes('usb_gadget'))
    await output('mount', ['-t', 'configfs', 'configfs', CONFIGFS])
}

/** Plugs a device into the controller of this number, and returns when the kernel has found it on the bus. */
export async function plugUsb(spec: UsbSpec, controller: number): Promise<UsbDevice> {
  const gadget = join(GADGETS, `corpus${controller}`)
  const made = buildGadget(gadget, spec)
  writeFileSync(join(gadget, 'UDC'), `dummy_udc.${controller}`)
  const devpath = await until(`USB device ${controller}`, () => usbDeviceOf(controller))
  return {
    devpath,
    unplug: () => {
      writeFileSync(join(gadget, 'UDC'), '\n')
      for (const remove of made.toReversed()) remove()
    },
  }
}

/** Makes the gadget's directories and links; returns what removes each of them, which configfs wants one by one and backwards. */
function buildGadget(gadget: string, spec: UsbSpec): (() => void)[] {
  const made: (() => void)[] = []
  const directory = (path: string): void => {
    mkdirSync(path)
    made.push(() => {
      rmdirSync(path)
    })
  }
  const attributes = (path: string, values: Readonly<Record<string, string | Buffer>>): void => {
    for (const [name, value] of Object.entries(values)) writeFileSync(join(path, name), value)
  }
  const hex = (number: number): string => `0x${number.toString(16)}`

  directory(gadget)
  attributes(gadget, {
    idVendor: hex(spec.vendor),
    idProduct: hex(spec.product),
    bcdDevice: hex(spec.release),
    bcdUSB: '0x0200',
  })
  const strings = {
    ...(spec.manufacturer !== undefined && { manufacturer: spec.manufacturer }),
    ...(spec.productName !== undefined && { product: spec.productName }),
    ...(spec.serial !== undefined && { serialnumber: spec.serial }),
  }
  if (Object.keys(strings).length > 0) {
    directory(join(gadget, 'strings', ENGLISH))
    attributes(join(gadget, 'strings', ENGLISH), strings)
  }
  const config = join(gadget, 'configs/c.1')
  directory(config)
  for (const [index, { descriptor, reportLength, subclass, protocol }] of spec.interfaces.entries()) {
    const hid = join(gadget, `functions/hid.${index}`)
    directory(hid)
    attributes(hid, {
      protocol: String(protocol),
      subclass: String(subclass),
      report_length: String(reportLength),
      report_desc: descriptor,
    })
    const link = join(config, `hid.${index}`)
    symlinkSync(hid, link)
    made.push(() => {
      unlinkSync(link)
    })
  }
  return made
}

function usbDeviceOf(controller: number): string | undefined {
  const host = join(CONTROLLERS, `dummy_hcd.${controller}`)
  const child = (directory: string, name: RegExp): string | undefined =>
    readdirSync(directory).find((entry) => name.test(entry))
  const bus = child(host, /^usb\d+$/)
  const device = bus && child(join(host, bus), /^\d+-1$/)
  return bus && device && join(host, bus, device).slice('/sys'.length)
}
