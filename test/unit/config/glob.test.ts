import fc from 'fast-check'
import picomatch from 'picomatch'
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
    ['a\\', 'a\\'],
    ['*\\\\\\\\', 'a\\\\'],
    ['Pad [v2]*', 'Pad [v2] x'],
    ['Pad [v2]*', 'Pad v'],
    ['Pad {1..12}', 'Pad 12'],
    ['Pad {12..1}', 'Pad 3'],
    ['Pad {08..12}', 'Pad 09'],
    ['{a..c}', 'b'],
    ['{a,{b,c}d}', 'cd'],
    ['[[:digit:]x]*', 'x'],
    ['{a}', '{a}'],
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
    ['Pad {1..12}', 'Pad 13'],
    ['Pad {8..12}', 'Pad 08'],
  ])('%s %s', (glob, text) => {
    expect(compileGlob(glob)(text)).toBe(false)
  })
})

test.each(['', 'a[', '{a', 'a]*', '[b-a]', '[\\]', '{1..1001}'])('%j is no glob', (glob) => {
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

/** What a glob is by the field's own matcher, which takes exponential time for some. */
function byPicomatch(glob: string): ((text: string) => boolean) | undefined {
  const options = { bash: true, dot: true, posix: true, noextglob: true, strictBrackets: true, debug: true }
  try {
    // Its fast paths lose a backslash before a comma.
    const matches = picomatch(glob, { ...options, flags: 's', fastpaths: false })
    return (text) => text === glob || matches(text)
  } catch {
    return undefined
  }
}

test.each([
  ['sets', ['a', 'b', '*', '?', '[', ']', '!', '-', '^'], ['a', 'b', '-', '[', ']', '!', '^']],
  ['braces', ['a', 'b', '*', '?', '{', '}', ',', '[', ']', '!'], ['a', 'b', '{', '}', ',']],
  ['backslashes', ['a', '*', '{', '}', ',', '\\', '[', ']'], ['a', '{', '}', ',', '\\', '[', ']']],
  [
    'classes and ranges',
    ['[:digit:]', '[[:digit:]]', '[![:alpha:]]', '1', 'a', '*', '[', 'a-c]', '{a..c}', '{1..3}', ' '],
    ['1', 'a', 'b', '2', ' ', ':'],
  ],
])('a glob of %s means what it means to picomatch', (_what, parts, characters) => {
  const glob = fc
    .array(fc.constantFrom(...parts), { minLength: 1, maxLength: 9 })
    .map((chosen) => chosen.join(''))
    // picomatch refuses these at the end, and reads four in a row as it likes.
    .filter((text) => !/\\$|\\{4}/.test(text))
  const texts = fc.array(fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 7 }), {
    minLength: 5,
    maxLength: 10,
  })
  fc.assert(
    fc.property(glob, texts, (one, others) => {
      const expected = byPicomatch(one)
      // It refuses `{**}`, too.
      if (expected === undefined) return
      expect(others.filter(compileGlob(one))).toEqual(others.filter(expected))
    }),
    { numRuns: 5000 },
  )
})

// With a matcher that goes back this takes longer than anybody waits.
test('a glob of many stars and sets does not go back over the text', () => {
  const glob = '*[a]*{b,c}*?[d]'.repeat(20)
  const text = 'abcd'.repeat(200)
  expect(compileGlob(glob)(text)).toBe(true)
  expect(compileGlob(glob)(`${text}e`)).toBe(false)
})
