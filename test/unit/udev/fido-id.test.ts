import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFidoToken } from '../../../src/udev/fido-id.js'

const isToken = (hex: string): boolean => isFidoToken(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

describe('isFidoToken', () => {
  it.each([
    ['the descriptor of a token', '06 d0f1 09 01 a1 01 09 20 15 00'],
    ['a usage with its page', '05 01 0b 0100d0f1'],
    ['a token after something else', '05 01 09 06 a1 01 c0 06 d0f1 09 01'],
    ['one behind a long item', 'fe 02 10 ffff 06 d0f1 09 01'],
  ])('is so for %s', (_, hex) => {
    expect(isToken(hex)).toBe(true)
  })

  it.each([
    ['none', ''],
    ['a keyboard', '05 01 09 06 a1 01'],
    ['another usage of the page', '06 d0f1 09 20'],
    ['one that is cut', '06 d0f1 0a 01'],
    ['a page of four bytes', '07 d0f10000 09 01'],
    ['a long item without its length', '06 d0f1 fe'],
  ])('is not so for %s', (_, hex) => {
    expect(isToken(hex)).toBe(false)
  })

  it('ends, whatever it reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof isFidoToken(Buffer.from(bytes))).toBe('boolean')
      }),
    )
  })
})
