import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  byteLength,
  decodeBytes,
  encodeBytes,
  globBytes,
  jsonOf,
  quotedBytes,
  shownBytes,
} from '../../src/bytes.js'

/** Mostly bytes that matter in UTF-8: leads, continuations, surrogates, and what is no byte of it. */
const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 6 }).map((chunk) => Buffer.from(chunk)),
      fc.string({ unit: 'binary', maxLength: 4 }).map((text) => Buffer.from(text)),
      fc
        .constantFrom('ff', 'a5', 'fa', 'c0af', 'eda080', 'edb3bf', 'f0909080', 'f0', 'e282', 'efbfbd', '41')
        .map((hex) => Buffer.from(hex, 'hex')),
    ),
    { maxLength: 12 },
  )
  .map((chunks) => Buffer.concat(chunks))

describe('bytes', () => {
  it('are the same again, whatever they are', () => {
    fc.assert(
      fc.property(bytes, (given) => encodeBytes(decodeBytes(given)).equals(given)),
      { numRuns: 5000 },
    )
  })

  it('are the same again when their texts are joined', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) =>
        encodeBytes(decodeBytes(a) + decodeBytes(b)).equals(Buffer.concat([a, b])),
      ),
    )
  })

  it('have the text of their UTF-8, and each other byte has a character of its own', () => {
    expect(decodeBytes(Buffer.from('Pad ™ 🎮'))).toBe('Pad ™ 🎮')
    expect(decodeBytes(Buffer.from('ffa540fa', 'hex'))).toBe('\udcff\udca5@\udcfa')
    // Half a surrogate pair, and a slash that is longer than it has to be, are no UTF-8.
    expect(decodeBytes(Buffer.from('eda080c0af', 'hex'))).toBe('\udced\udca0\udc80\udcc0\udcaf')
    // A character that was cut.
    expect(decodeBytes(Buffer.from('41e282', 'hex'))).toBe('A\udce2\udc82')
  })

  it('are counted as bytes', () => {
    fc.assert(fc.property(bytes, (given) => byteLength(decodeBytes(given)) === given.length))
  })

  it('take up what is no byte as U+FFFD, as everything else does', () => {
    expect(encodeBytes('a\ud800b\udc00c')).toEqual(Buffer.from('a\ufffdb\ufffdc'))
  })

  it('outlive JSON, in which a ledger has them', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        const parsed: unknown = JSON.parse(JSON.stringify({ name: decodeBytes(given) }))
        return encodeBytes((parsed as { name: string }).name).equals(given)
      }),
    )
  })
})

describe('to people, bytes', () => {
  it('are shown escaped where they are no text', () => {
    expect(shownBytes('caf\udce9 🎮 ™')).toBe('caf\\xe9 🎮 ™')
    expect(quotedBytes('"caf\udce9" \\udce9')).toBe('"\\"caf\\xe9\\" \\\\udce9"')
  })

  it('are a question mark in a glob', () => {
    expect(globBytes('\udcffPad🎮')).toBe('?Pad🎮')
  })

  it('make JSON that every parser takes', () => {
    fc.assert(
      fc.property(fc.array(bytes.map(decodeBytes)), (texts) => {
        const json = jsonOf({ texts })
        expect(json).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/)
        expect(JSON.parse(json)).toEqual({ texts: texts.map(shownBytes) })
      }),
    )
  })
})
