import fc from 'fast-check'
import { expect, it } from 'vitest'
import { globOfRegex, looksLikeRegex } from '../../../src/config/regex.js'
import { parseConfig } from '../../../src/config/index.js'
import { ConfigError } from '../../../src/errors.js'

it.each([
  ['.*Xbox.*', '*Xbox*'],
  ['.*Xbox', '*Xbox*'],
  ['^Sony', 'Sony*'],
  ['Pad$', '*Pad'],
  ['^Pad$', 'Pad'],
  ['(a|b)', '{a,b}'],
  [String.raw`Pad \d+`, '*Pad *'],
  ['^8BitDo (Pro|Lite) .+', '8BitDo {Pro,Lite} ?*'],
])('%s is meant as %s', (regex, glob) => {
  expect(looksLikeRegex(regex)).toBe(true)
  expect(globOfRegex(regex)).toBe(glob)
})

it.each([
  '8BitDo Ltd.*',
  'usb-0000:00:14.0-2.*',
  'PLAYSTATION(R)3',
  'Pad (2)',
  '!Pad',
  '[0-9]*',
  'a+b',
  'Inc. Pad',
])('%s is a glob', (glob) => {
  expect(looksLikeRegex(glob)).toBe(false)
})

it('what is advised instead of a regular expression is accepted', () => {
  const piece = fc.constantFrom(
    '.*',
    '.+',
    '^',
    '$',
    '(a|b)',
    '(',
    ')',
    '|',
    '\\d',
    '\\w+',
    '\\.',
    '[a-z]+',
    '[',
    '?',
    'x',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
      const text = (name: string): string =>
        `version: 1\nroutes: [{ match: { name: ${JSON.stringify(name)} }, container: c }]\n`
      try {
        parseConfig(text(pieces.join('')), 'f')
      } catch (error) {
        const hint = error instanceof ConfigError ? error.mistakes[0]?.hint : undefined
        const advice = /^as a glob: name: (".*")$/s.exec(hint ?? '')?.[1]
        if (advice !== undefined)
          expect(parseConfig(text(JSON.parse(advice) as string), 'f').routes).toHaveLength(1)
      }
    }),
    { numRuns: 2000 },
  )
})
