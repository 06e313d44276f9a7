// Which unit a device belongs to, by its devpath alone.

/** A HID device's sysname: bus:vendor:product.instance (drivers/hid/hid-core.c: hid_add_device). */
const HID = /^[0-9A-F]{4}:[0-9A-F]{4}:[0-9A-F]{4}\.[0-9A-F]{4}$/
const INPUT = /^input\d+$/

/**
 * The devpath of the unit: the nearest HID device at or above `devpath`, else its `inputN`; undefined for what is neither (`mice`, LEDs' and
 * buses' parents). The nearest one, because receivers nest the HID device of each paired device below their own.
 */
export function unitOf(devpath: string): string | undefined {
  const parts = devpath.split('/')
  const hid = parts.findLastIndex((part) => HID.test(part))
  const last = hid >= 0 ? hid : parts.findLastIndex((part) => INPUT.test(part))
  return last < 0 ? undefined : parts.slice(0, last + 1).join('/')
}
