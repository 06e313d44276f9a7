// Whether a HID report descriptor is that of a FIDO security token: udev's fido_id program (src/udev/fido_id/fido_id_desc.c).

const LONG_ITEM = 0xfe
const GLOBAL = 1
const LOCAL = 2
/** The tag of usage pages among global items, and of usages among local ones. */
const USAGE = 0
const CTAPHID = 0xf1d00001

/** True if one of the usages is that of CTAPHID; false also for a descriptor that is cut short. */
export function isFidoToken(descriptor: Buffer): boolean {
  let page = 0
  for (let position = 0; position < descriptor.length;) {
    const item = descriptor[position] ?? 0
    if (item === LONG_ITEM) {
      position += (descriptor[position + 1] ?? descriptor.length) + 3
      continue
    }
    const tag = item >> 4
    const type = (item >> 2) & 3
    const size = (item & 3) === 3 ? 4 : item & 3
    position++
    if (position + size > descriptor.length) return false
    const value = size === 0 ? 0 : descriptor.readUIntLE(position, size)
    position += size
    if (tag !== USAGE) continue
    if (type === GLOBAL) {
      if (size > 2) return false
      page = value
    } else if (type === LOCAL) {
      // A long usage brings its page along, which stays.
      const usage = size === 4 ? value : page * 0x10000 + value
      if (usage === CTAPHID) return true
      page = Math.floor(usage / 0x10000)
    }
  }
  return false
}
