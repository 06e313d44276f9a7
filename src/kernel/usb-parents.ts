// The USB interface that a unit hangs on, and the USB device that it is a part of: the kernel objects above it that are its own. A hub is not, nor a Bluetooth adapter.
import type { Device, DeviceNode } from './device.js'
import { sysnameOf } from './device.js'
import { SYSFS, readUevent } from './sysfs.js'

/**
 * Up to the last interface, `1-2.1:1.0`, below its device, `1-2.1`; those of a root hub, `1-0:1.0`, are below `usb1` (drivers/usb/core/message.c, usb.c).
 * That of an adapter has all that is connected by it below `bluetooth/hci0` (net/bluetooth/hci_sysfs.c).
 */
const INTERFACE = /^(.*\/\d+-\d+(?:\.\d+)*)\/\d+-\d+(?:\.\d+)*:\d+\.\d+(?=\/)(?!\/bluetooth\/)/s
/** USB_CLASS_HUB as TYPE has it: class, subclass and protocol, in decimal. */
const HUB = '9/'

/** Whether USB devices are above the unit, by its devpath alone. */
export function isBelowUsb(unit: string): boolean {
  return INTERFACE.test(unit)
}

/** The USB device and the interface, the upper one first, known at `at`; none of them where sysfs does not have them. */
export function usbParents(unit: string, at: number, sysfs = SYSFS): Device[] {
  const [interfacePath, devicePath] = INTERFACE.exec(unit) ?? []
  if (interfacePath === undefined || devicePath === undefined) return []
  const uevent = readUevent(devicePath, sysfs)
  if (uevent?.get('DEVTYPE') !== 'usb_device' || uevent.get('TYPE')?.startsWith(HUB) === true) return []
  const node = nodeOf(uevent)
  const parent = (devpath: string): Device => ({
    devpath,
    subsystem: 'usb',
    sysname: sysnameOf(devpath),
    unit,
    properties: new Map([
      ['DEVPATH', devpath],
      ['SUBSYSTEM', 'usb'],
    ]),
    facts: {},
    seqnum: 0,
    initializedAt: at,
  })
  return [{ ...parent(devicePath), ...(node && { node }) }, parent(interfacePath)]
}

function nodeOf(uevent: ReadonlyMap<string, string>): DeviceNode | undefined {
  const [name, major, minor] = ['DEVNAME', 'MAJOR', 'MINOR'].map((key) => uevent.get(key))
  if (name === undefined || !/^\d+$/.test(major ?? '') || !/^\d+$/.test(minor ?? '')) return undefined
  return { name, major: Number(major), minor: Number(minor) }
}
