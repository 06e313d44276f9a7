// The uevent file of a device in sysfs: a line for each string of its uevent (drivers/base/core.c: uevent_show). What a device says of
// itself may contain a newline, and what follows it would pass for other properties.

/** Attributes of an inputN that have one value each, after a newline for what the file has in quotes. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['NAME', 'name'],
  ['PHYS', 'phys'],
  ['UNIQ', 'uniq'],
])
/** A HID device has no such attributes, but an order of keys (drivers/hid/hid-core.c: hid_uevent): what comes behind each. */
const NEXT: ReadonlyMap<string, string> = new Map([
  ['HID_NAME', 'HID_PHYS'],
  ['HID_PHYS', 'HID_UNIQ'],
  ['HID_UNIQ', 'MODALIAS'],
])

/** The properties in `text`; `attribute` reads another file of the device. */
export function parseUeventFile(
  text: string,
  attribute: (name: string) => string | undefined,
): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  for (let start = 0; start < text.length;) {
    const end = endOf(text, '\n', start)
    const equals = text.indexOf('=', start)
    if (equals <= start || equals > end) {
      start = end + 1
      continue
    }
    const key = text.slice(start, equals)
    const line = text.slice(equals + 1, end)
    const value = (properties.has(key) ? undefined : wholeValue(text, equals + 1, key, attribute)) ?? line
    properties.set(key, value)
    start = (text.startsWith(`${value}\n`, equals + 1) ? equals + 1 + value.length : end) + 1
  }
  return properties
}

/** The value at `start`, of a key whose values may have more than one line; undefined for others. */
function wholeValue(
  text: string,
  start: number,
  key: string,
  attribute: (name: string) => string | undefined,
): string | undefined {
  const next = NEXT.get(key)
  if (next !== undefined) return text.slice(start, endOf(text, `\n${next}=`, start))
  const name = ATTRIBUTES.get(key)
  const content = name === undefined ? undefined : attribute(name)
  return content === undefined ? undefined : `"${content.replace(/\n$/, '')}"`
}

/** Where `end` is from `start` on, or the last line ends. */
function endOf(text: string, end: string, start: number): number {
  const found = text.indexOf(end, start)
  return found < 0 ? text.length - Number(text.endsWith('\n')) : found
}
