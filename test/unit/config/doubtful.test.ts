// What a config says that is no mistake, and probably not what was meant.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, formatWarnings, readConfig } from '../../../src/config/index.js'

function warningsOf(match: string) {
  const text = `version: 1\nroutes:\n  - match:\n      ${match.replaceAll('\n', '\n      ')}\n    container: c\n`
  const { config, warnings } = readConfig(text, 'f.yaml')
  return { name: config.routes[0]?.match[0]?.name?.[0], warnings }
}

describe('a text without quotes', () => {
  it('that goes on behind " #" is warned of, at the #', () => {
    const { name, warnings } = warningsOf('name: Controller (Bar) #2')
    expect(name).toBe('Controller (Bar)')
    expect(formatWarnings(warnings)).toBe(
      [
        'f.yaml:4:30: warning: name: ends before "#2", which is a comment outside quotes',
        '  4 |       name: Controller (Bar) #2',
        '    |                              ^',
        '  hint: quote it: name: "Controller (Bar) #2"; or put a space after the #, if it is a comment',
        '',
      ].join('\n'),
    )
  })

  it.each([
    ['at the end of a line', 'name: USB Gamepad  \nvendor: "0079"', '"USB Gamepad  "'],
    ['at the end of a line, in a list', 'name:\n  - USB Gamepad \n  - Other', '"USB Gamepad "'],
    ['before a comma', '{ name: USB Gamepad , vendor: "0079" }', '"USB Gamepad "'],
    ['before a bracket', '{ name: USB Gamepad  }', '"USB Gamepad  "'],
  ])('that ends in spaces %s is warned of', (_where, match, quoted) => {
    const { warnings } = warningsOf(match)
    expect(warnings).toMatchObject([{ message: expect.stringContaining('leaves out the space') as string }])
    expect(warnings[0]?.hint).toContain(quoted)
  })

  it.each([
    'name: USB Gamepad # the blue one',
    'name: USB Gamepad    # the blue one',
    'name: USB Gamepad#2',
    'name: "USB Gamepad #2"',
    "name: 'USB Gamepad '",
    '{ name: USB Gamepad }',
    '{ name: USB Gamepad, vendor: "0079" }',
    'name: [USB Gamepad, Other]',
    'vendor: beef  # ids have no spaces',
    'name: Inc.   Generic   USB',
    'name: "Pad [0-9]*"',
    'name: "Pad [abc]*"',
    'name: "Pad [!x]*"',
    'name: "Sony DualSense [Wireless]"',
    "name: 'Sony DualSense \\[Wireless\\]*'",
  ])('is not warned of: %s', (match) => {
    expect(warningsOf(match).warnings).toEqual([])
  })

  it('is warned of wherever it loses something of the device, and then only', () => {
    const word = fc.stringMatching(/^[A-Za-z()/.,+-]{1,8}$/)
    const gap = fc.constantFrom(' ', '  ', ' #', '#')
    const device = fc
      .tuple(word, fc.array(fc.tuple(gap, word)), fc.constantFrom('', ' ', '   '))
      .map(([first, rest, end]) => first + rest.flat().join('') + end)
      .filter(
        (name) =>
          !/^[,.()/+-]|[#,:]$|\.[+]/.test(name.trim()) && !/^(true|false|null|yes|no|on|off)$/i.test(name),
      )
    fc.assert(
      fc.property(device, (name) => {
        const read = warningsOf(`name: ${name}\nvendor: "0079"`)
        const isLost = read.name !== name
        expect(read.warnings.length > 0).toBe(isLost)
        if (isLost) return
        expect(compileGlob(read.name ?? '')(name)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

it('a word in brackets beside a wildcard is warned of: it is a set of characters', () => {
  const { warnings } = warningsOf('name: "Sony*[Wireless]*"')
  expect(warnings).toMatchObject([
    {
      message: 'name: [Wireless] means one of these characters as well as the word',
      hint: String.raw`brackets that stand for themselves: name: "Sony*\\[Wireless\\]*"`,
    },
  ])
})

it.each([
  ['name: "Xbox.*360.*"', 18, '.* is a dot and any text in a glob', '"*Xbox*360*"'],
  ['name: Xbox|Sony', 17, '| stands for itself in a glob', '"{*Xbox*,*Sony*}"'],
  ['uniq: "a|b"', 15, '| stands for itself in a glob', '"{*a*,*b*}"'],
])('a part of a regular expression is warned of at its place: %s', (match, column, message, glob) => {
  const { warnings } = warningsOf(match)
  const [key = ''] = match.split(':')
  expect(warnings).toMatchObject([
    {
      line: 4,
      column,
      message: `${key}: ${message}`,
      hint: `if this is a regular expression, as a glob: ${key}: ${glob}`,
    },
  ])
})

it('what a warning advises is not warned of', () => {
  for (const match of [
    'name: Foo #2',
    'name: Foo \nvendor: "0079"',
    'name: "Sony*[Wireless]*"',
    'name: "a|b"',
  ]) {
    const hint = warningsOf(match).warnings[0]?.hint ?? ''
    const advice = /name: "(?:[^"\\]|\\.)*"/.exec(hint)?.[0] ?? 'no advice'
    expect(warningsOf(advice).warnings).toEqual([])
  }
})
