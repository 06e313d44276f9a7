// Which unit a device belongs to, by its devpath alone.

/** bus:vendor:product.instance, by "%04X:%04X:%04X.%04X", of which all but the bus have 32 bits (drivers/hid/hid-core.c: hid_add_device). */
const HID_NAME = /[0-9A-F]{4}:[0-9A-F]{4,8}:[0-9A-F]{4,8}\.[0-9A-F]{4,8}/
export const HID_SYSNAME = new RegExp(`^${HID_NAME.source}$`)
/** Up to the last HID device. */
const HID = new RegExp(`^.*/${HID_NAME.source}(?=/|$)`, 's')
/** The same, of a unit's own devpath. */
const HID_UNIT = new RegExp(`/${HID_NAME.source}$`)
/** Up to the last inputN. */
const INPUT = /^.*\/input\d+(?=\/|$)/s

/**
 * The devpath of the unit: the nearest HID device at or above `devpath`, else its `inputN`; undefined for what is neither (`mice`, LEDs' and
 * buses' parents). The nearest one, because receivers nest the HID device of each paired device below their own.
 */
export function unitOf(devpath: string): string | undefined {
  return (HID.exec(devpath) ?? INPUT.exec(devpath))?.[0]
}

/** Whether the unit of that key is a HID device with all that its driver makes, and not an inputN. */
export function isHidUnit(key: string): boolean {
  return HID_UNIT.test(key)
}

/**
 * The HID devices that the unit of that key is below, the nearest first, each a unit by itself: what its driver hears of a receiver, whoever reads the
 * receiver's hidraw node hears too.
 */
export function unitsAbove(key: string): string[] {
  const above: string[] = []
  for (let path = key; path !== '';) {
    path = HID.exec(path.slice(0, path.lastIndexOf('/')))?.[0] ?? ''
    if (path !== '') above.push(path)
  }
  return above
}
