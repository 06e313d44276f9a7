// What a USB device says of itself: udev's usb_id builtin (src/udev/udev-builtin-usb_id.c), for an interface or what hangs on it. The SCSI names of mass
// storage are left out, as nothing of the input subsystem is below a SCSI device.
import { encodeName, replaceCharacters, replaceWhitespace } from './device-name.js'
import type { SysDevice } from './sys-device.js'

/** ID_TYPE by bInterfaceClass (set_usb_iftype). */
const TYPES: Readonly<Record<number, string>> = {
  1: 'audio',
  3: 'hid',
  6: 'media',
  7: 'printer',
  9: 'hub',
  0x0e: 'video',
}
const MASS_STORAGE = 8
/** ID_TYPE of mass storage, by bInterfaceSubClass (set_usb_mass_storage_ifsubtype). */
const STORAGE_TYPES: Readonly<Record<number, string>> = {
  1: 'rbc',
  2: 'atapi',
  3: 'tape',
  4: 'floppy',
  6: 'scsi',
}

/** Sizes of the builtin's buffers, less the NUL. */
const NAME_LIMIT = 63
const ENCODED_LIMIT = 255
const SERIAL_LIMIT = 511
const ID_SERIAL_LIMIT = 255

/** The properties in the builtin's order, as bytes; undefined for what is neither a USB device nor below a USB interface. */
export function usbId(device: SysDevice): ReadonlyMap<string, string> | undefined {
  const isDevice = isUsb('usb_device')(device)
  const usbInterface = isDevice ? undefined : device.nearest(isUsb('usb_interface'))
  const usbDevice = isDevice ? device : usbInterface?.parent?.nearest(isUsb('usb_device'))
  const type = usbInterface === undefined ? '' : typeOf(usbInterface)
  const vendorId = usbDevice?.attribute('idVendor')
  const modelId = usbDevice?.attribute('idProduct')
  if (usbDevice === undefined || type === undefined) return undefined
  if (vendorId === undefined || modelId === undefined) return undefined

  const vendor = usbDevice.attribute('manufacturer') ?? vendorId
  const model = usbDevice.attribute('product') ?? modelId
  const revision = usbDevice.attribute('bcdDevice') ?? ''
  const serialShort = serialOf(usbDevice.attribute('serial'))
  const names = [nameOf(vendor, NAME_LIMIT), nameOf(model, NAME_LIMIT), ...serialShort]

  const own: [string, string][] = [
    ['MODEL', nameOf(model, NAME_LIMIT)],
    ['MODEL_ENC', encodeName(model, ENCODED_LIMIT)],
    ['MODEL_ID', modelId],
    ['SERIAL', names.join('_').slice(0, ID_SERIAL_LIMIT)],
    ...serialShort.map((serial): [string, string] => ['SERIAL_SHORT', serial]),
    ['VENDOR', nameOf(vendor, NAME_LIMIT)],
    ['VENDOR_ENC', encodeName(vendor, ENCODED_LIMIT)],
    ['VENDOR_ID', vendorId],
    ['REVISION', nameOf(revision, NAME_LIMIT)],
    ...(type === '' ? [] : ([['TYPE', type]] satisfies [string, string][])),
  ]
  const properties = new Map([['ID_BUS', 'usb']])
  for (const prefix of ['ID_', 'ID_USB_']) for (const [key, value] of own) properties.set(prefix + key, value)
  const interfaces = packedInterfaces(usbDevice.bytes('descriptors'))
  const number = usbInterface?.attribute('bInterfaceNumber')
  const driver = usbInterface?.driver
  if (interfaces !== '') properties.set('ID_USB_INTERFACES', interfaces)
  if (number !== undefined) properties.set('ID_USB_INTERFACE_NUM', number)
  if (driver !== undefined) properties.set('ID_USB_DRIVER', driver)
  return properties
}

function isUsb(devtype: string): (device: SysDevice) => boolean {
  return (device) => device.subsystem === 'usb' && device.devtype === devtype
}

/** Empty when there is none to tell. */
function typeOf(usbInterface: SysDevice): string | undefined {
  const kind = Number.parseInt(usbInterface.attribute('bInterfaceClass') ?? '', 16)
  if (Number.isNaN(kind)) return undefined
  if (kind !== MASS_STORAGE) return TYPES[kind] ?? 'generic'
  const subclass = usbInterface.attribute('bInterfaceSubClass')
  return subclass === undefined ? '' : (STORAGE_TYPES[Number.parseInt(subclass, 10)] ?? 'generic')
}

function nameOf(bytes: string, limit: number): string {
  return replaceCharacters(replaceWhitespace(bytes, limit))
}

/** A serial with anything but plain ASCII, or with a comma, is none. */
function serialOf(serial: string | undefined): [] | [string] {
  if (serial === undefined || /[^\x20-\x7f]|,/.test(serial)) return []
  const name = nameOf(serial, SERIAL_LIMIT)
  return name === '' ? [] : [name]
}

const DEVICE_DESCRIPTOR_SIZE = 18
const INTERFACE_DESCRIPTOR = 0x04
const INTERFACE_DESCRIPTOR_SIZE = 9
/** The builtin's buffer, and what it keeps free in it. */
const PACKED_LIMIT = 512 - 2

/** dev_if_packed_info(): class, subclass and protocol of each kind of interface that the device has, once. */
export function packedInterfaces(descriptors: Buffer | undefined): string {
  if (descriptors === undefined || descriptors.length < DEVICE_DESCRIPTOR_SIZE) return ''
  let packed = ''
  for (
    let position = 0;
    position + INTERFACE_DESCRIPTOR_SIZE < descriptors.length && packed.length + 7 < PACKED_LIMIT;
  ) {
    const descriptor = descriptors.subarray(position)
    const [length = 0, type] = descriptor
    if (length < 3) break
    // What was found before the fault stays, unfinished.
    if (length > descriptors.length - INTERFACE_DESCRIPTOR_SIZE) return packed
    position += length
    const kind = `:${descriptor.toString('hex', 5, 8)}`
    if (type === INTERFACE_DESCRIPTOR && !packed.includes(kind)) packed += kind
  }
  return packed === '' ? '' : `${packed}:`
}
