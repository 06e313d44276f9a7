// Capability bitmaps as the kernel prints them: hexadecimal longs, the most significant first, leading zero longs left out.

/** Bit n is bit n % 32 of element n / 32. */
export type Bitmap = Uint32Array

export const EMPTY_BITMAP: Bitmap = new Uint32Array(0)

/**
 * Parses the text of `capabilities/key` in sysfs or of `KEY=` in a uevent. A long is `wordBits` wide: sysfs follows the ABI of the reader,
 * a uevent that of the process that made the device (drivers/input/input.c: input_bits_to_string).
 */
export function parseBitmap(text: string, wordBits: 32 | 64): Bitmap {
  const words = text.trim().split(/\s+/).reverse()
  const bitmap = new Uint32Array(words.length * (wordBits / 32))
  words.forEach((word, index) => {
    if (!/^[0-9a-f]{1,16}$/i.test(word)) return
    if (wordBits === 32) {
      bitmap[index] = Number.parseInt(word.slice(-8), 16)
      return
    }
    bitmap[index * 2] = Number.parseInt(word.slice(-8), 16)
    bitmap[index * 2 + 1] = word.length > 8 ? Number.parseInt(word.slice(0, -8), 16) : 0
  })
  return bitmap
}

/** KEY_MAX is 0x2ff: twelve longs of 64 bits. The other bitmaps are shorter. */
const LONGEST_IN_64_BIT_WORDS = 12

/**
 * The width of the longs that a uevent's bitmaps are printed in, as far as they show it: more than 8 digits can only be 64 bits, more longs
 * than 64-bit ones would need can only be 32. What fits both is taken for 64, this machine's own.
 */
export function guessWordBits(texts: readonly string[]): 32 | 64 {
  const words = texts.map((text) => text.trim().split(/\s+/))
  if (words.flat().some((word) => word.length > 8)) return 64
  return words.some((list) => list.length > LONGEST_IN_64_BIT_WORDS) ? 32 : 64
}

/** Whether bit `bit` is set. */
export function hasBit(bitmap: Bitmap, bit: number): boolean {
  return (((bitmap[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
}

/** How many of the bits `from` to `to` (exclusive) are set. */
export function countBits(bitmap: Bitmap, from: number, to: number): number {
  let count = 0
  for (let bit = from; bit < to; bit++) if (hasBit(bitmap, bit)) count++
  return count
}
