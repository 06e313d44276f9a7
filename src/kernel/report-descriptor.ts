// What a HID device can report, by its report descriptor (HID 1.11, 6.2.2).

const KEYBOARD_PAGE = 0x07
/** Usages of the letters, A to Z. */
const [FIRST_LETTER, LAST_LETTER] = [0x04, 0x1d]
/** Types and tags of short items, as their first byte has them without the size. */
const ITEM = { input: 0x80, usagePage: 0x04, usage: 0x08, usageMinimum: 0x18, usageMaximum: 0x28 }
const [PUSH, POP, LONG] = [0xa4, 0xb4, 0xfe]
const IS_MAIN = 0
const CONSTANT = 1

interface Usages {
  first: number
  last: number
  /** Four bytes say the page, too. */
  hasPage: boolean
}

/** Whether all letters are among the keys that it reports. */
export function hasLetters(descriptor: Buffer): boolean {
  const letters = new Set<number>()
  const pages: number[] = []
  let page = 0
  let usages: Usages[] = []
  let minimum = 0
  for (let at = 0; at < descriptor.length;) {
    const prefix = descriptor.readUInt8(at)
    if (prefix === LONG) {
      at += 3 + (descriptor[at + 1] ?? 0)
      continue
    }
    const size = [0, 1, 2, 4][prefix & 3] ?? 0
    if (at + 1 + size > descriptor.length) break
    const value = size === 0 ? 0 : descriptor.readUIntLE(at + 1, size)
    const item = prefix & ~3
    if (item === PUSH) pages.push(page)
    else if (item === POP) page = pages.pop() ?? page
    else if (item === ITEM.usagePage) page = value
    else if (item === ITEM.usage) usages.push({ first: value, last: value, hasPage: size === 4 })
    else if (item === ITEM.usageMinimum) minimum = value
    else if (item === ITEM.usageMaximum) usages.push({ first: minimum, last: value, hasPage: size === 4 })
    else if (item === ITEM.input && (value & CONSTANT) === 0) addLetters(usages, page, letters)
    if (((item >> 2) & 3) === IS_MAIN) usages = []
    at += 1 + size
  }
  return letters.size === 1 + LAST_LETTER - FIRST_LETTER
}

/** The page is the last one before the main item, as the kernel has it (hid_concatenate_last_usage_page), but for usages that have their own. */
function addLetters(usages: readonly Usages[], page: number, letters: Set<number>): void {
  for (const { first, last, hasPage } of usages) {
    if ((hasPage ? first >>> 16 : page) !== KEYBOARD_PAGE) continue
    const end = Math.min(last & 0xffff, LAST_LETTER)
    for (let usage = Math.max(first & 0xffff, FIRST_LETTER); usage <= end; usage++) letters.add(usage)
  }
}
