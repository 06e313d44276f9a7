import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countBits, guessWordBits, hasBit, parseBitmap } from '../../../src/kernel/bitmap.js'

const printed = (bits: ReadonlySet<number>, wordBits: 32 | 64): string => {
  let value = [...bits].reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n)
  const words: string[] = []
  for (; value > 0n; value >>= BigInt(wordBits))
    words.unshift((value & ((1n << BigInt(wordBits)) - 1n)).toString(16))
  return words.length === 0 ? '0' : words.join(' ')
}

const bitSet = fc.uniqueArray(fc.integer({ min: 0, max: 0x2ff })).map((bits) => new Set(bits))

describe('parseBitmap', () => {
  it.each([32, 64] as const)('reads back what the kernel prints in longs of %i bits', (wordBits) => {
    fc.assert(
      fc.property(bitSet, (bits) => {
        const bitmap = parseBitmap(printed(bits, wordBits), wordBits)
        for (let bit = 0; bit <= 0x2ff; bit++) expect(hasBit(bitmap, bit)).toBe(bits.has(bit))
        expect(countBits(bitmap, 0, 0x300)).toBe(bits.size)
      }),
    )
  })

  it('says that a bit beyond the end is not set', () => {
    expect(hasBit(parseBitmap('1', 64), 0x2ff)).toBe(false)
  })

  it('takes nonsense for zero', () => {
    expect(countBits(parseBitmap('no bitmap zz', 64), 0, 0x300)).toBe(0)
  })
})

describe('guessWordBits', () => {
  it('knows longs of more than 8 digits for 64 bits', () => {
    expect(guessWordBits(['7cdb000000000000 0 0 0 0', '3003f'])).toBe(64)
  })

  it("knows a 32-bit process's bitmap by its many longs", () => {
    // BTN_TRIGGER_HAPPY1 is 0x2c0: the 23rd long of 32 bits, the 12th of 64.
    expect(guessWordBits([printed(new Set([0x2c0]), 32)])).toBe(32)
    expect(guessWordBits([printed(new Set([0x2c0]), 64)])).toBe(64)
  })
})
