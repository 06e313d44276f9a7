import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlob, isLiteral } from '../../../src/config/index.js'

describe('a glob matches', () => {
  test.each([
    ['*', 'usb-0000:00:14.0-2/input0'],
    ['*', '.hidden'],
    ['*', 'two\nlines'],
    ['usb-*', 'usb-0000:00:14.0-2/input0'],
    ['/devices/*/usb1/*', '/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0'],
    ['Sony PLAYSTATION(R)3*', 'Sony PLAYSTATION(R)3 Controller'],
    ['*(XBOX)', 'Xbox 360 Wireless Receiver (XBOX)'],
    ['C++ $^ "a" | b*', 'C++ $^ "a" | b c'],
    ['05??', '054c'],
    ['[0-9a-f]*', '054c'],
    ['[!0-9]*', 'pad'],
    ['{054c,057e}', '057e'],
    ['pad{1..3}', 'pad2'],
    ['!foo', 'bar'],
    ['\\[x\\]*', '[x] pad'],
    ['a\\\\b*', 'a\\b'],
    ['usb/*', 'usb/'],
    ['* pad', '/../. pad'],
    ['./a?b*', './a/b'],
    ['a\\\\(*', 'a\\(b'],
  ])('%s %s', (glob, text) => {
    expect(compileGlob(glob)(text)).toBe(true)
  })
})

describe('a glob does not match', () => {
  test.each([
    ['foo', 'Foo'],
    ['foo', 'foobar'],
    ['a.b', 'axb'],
    ['a|b*', 'a'],
    ['[!0-9]*', '1'],
    ['!foo', 'foo'],
    ['*', ''],
    ['\\*', 'x'],
  ])('%s %s', (glob, text) => {
    expect(compileGlob(glob)(text)).toBe(false)
  })
})

test.each(['', 'a[', '{a', 'a]*', '[b-a]', 'a\\', '/\\\\\\\\', '\\\\\\\\*'])('%j is no glob', (glob) => {
  expect(() => compileGlob(glob)).toThrow()
})

test('a text without special characters matches itself alone, and with a star whatever follows', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((one) => isLiteral(one) && !one.startsWith('.'))
  fc.assert(
    fc.property(text, fc.string({ unit: 'grapheme' }), (literal, other) => {
      expect(compileGlob(literal)(other)).toBe(other === literal)
      expect(compileGlob(`${literal}*`)(literal + other)).toBe(true)
      expect(compileGlob(`*${literal}*`)(other + literal + other)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
