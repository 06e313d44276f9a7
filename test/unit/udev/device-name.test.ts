import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf, textOf, utf8Length } from '../../../src/udev/bytes.js'
import { encodeName, replaceCharacters, replaceWhitespace } from '../../../src/udev/device-name.js'

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'))

describe('encodeName', () => {
  it.each([
    ['Logitech', 'Logitech'],
    ['Game pad, F310', 'Game\\x20pad\\x2c\\x20F310'],
    ['a/b\\x41', 'a\\x2fb\\x5cx41'],
    ['#+-.:=@_', '#+-.:=@_'],
    ['\u0001\u007f', '\\x01\\x7f'],
  ])('writes %j as %j', (text, expected) => {
    expect(encodeName(text, 255)).toBe(expected)
  })

  it('keeps UTF-8, and writes what is none by the byte', () => {
    expect(textOf(encodeName(bytesOf('手柄é'), 255))).toBe('手柄é')
    expect(encodeName('\xe9\xe6\x89', 255)).toBe('\\xe9\\xe6\\x89')
  })

  it('ends before the character that its buffer has no room for', () => {
    expect(encodeName(' '.repeat(100), 255)).toBe('\\x20'.repeat(63))
    expect(encodeName(bytesOf('ü'.repeat(200)), 255)).toHaveLength(254)
  })
})

describe('replaceWhitespace', () => {
  it.each([
    ['  two  words ', 'two_words'],
    ['\ta\v\f\rb\n', 'a_b'],
    ['   ', ''],
    ['a b', 'a_b'],
  ])('makes %j to %j', (text, expected) => {
    expect(replaceWhitespace(text, 63)).toBe(expected)
  })

  it('reads no further than its limit, leading whitespace included', () => {
    expect(replaceWhitespace('x'.repeat(70), 63)).toBe('x'.repeat(63))
    expect(replaceWhitespace(` ${'x'.repeat(70)}`, 63)).toBe('x'.repeat(62))
  })
})

describe('replaceCharacters', () => {
  it.each([
    ["It's a, /pad/ 50%", '', 'It_s_a___pad__50_'],
    ["It's a, /pad/ 50%", '/ $%?,', 'It_s a, /pad/ 50%'],
    ['tab\there', '/ $%?,', 'tab here'],
    ['tab\there', '', 'tab_here'],
    ['a\\x20b\\y', '', 'a\\x20b_y'],
  ])('makes %j, with %j allowed, to %j', (text, allowed, expected) => {
    expect(replaceCharacters(text, allowed)).toBe(expected)
  })

  it('replaces each byte of a character that was cut', () => {
    expect(replaceCharacters(bytesOf('手柄').slice(0, 5))).toBe(`${bytesOf('手')}__`)
  })

  it('leaves nothing that it would replace again', () => {
    fc.assert(
      fc.property(anyBytes, fc.constantFrom('', '/ ', '/ $%?,'), (bytes, allowed) => {
        const once = replaceCharacters(bytes, allowed)
        expect(replaceCharacters(once, allowed)).toBe(once)
        expect(once).not.toMatch(/[\0-\x1f\x7f]/)
      }),
    )
  })
})

describe('utf8Length', () => {
  it('is that of every character that is one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (character) => {
        const point = character.codePointAt(0) ?? 0
        const isReserved = (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) === 0xfffe
        expect(utf8Length(bytesOf(character), 0)).toBe(isReserved ? 0 : Buffer.byteLength(character))
      }),
    )
  })

  it.each([
    ['an overlong one', '\xc0\xaf'],
    ['a surrogate', '\xed\xa0\x80'],
    ['one beyond Unicode', '\xf4\x90\x80\x80'],
    ['a continuation alone', '\x80'],
    ['one that is cut', '\xe6\x89'],
    ['five bytes', '\xf8\x88\x80\x80\x80'],
  ])('is 0 for %s', (_, bytes) => {
    expect(utf8Length(bytes, 0)).toBe(0)
  })
})
