import fc from 'fast-check'
import { expect, it } from 'vitest'
import { looksLikeRegex, regexDoubt } from '../../../src/config/regex.js'
import { globOfRegex } from '../../../src/config/regex-glob.js'
import { compileGlob, parseConfig } from '../../../src/config/index.js'
import { ConfigError } from '../../../src/errors.js'

it.each([
  ['.*Xbox.*', '*Xbox*'],
  ['.*Xbox', '*Xbox*'],
  ['^Sony', 'Sony*'],
  ['Pad$', '*Pad'],
  ['^Pad$', 'Pad'],
  ['(a|b)', '{a,b}'],
  [String.raw`Pad \d+`, '*Pad [0-9]*'],
  ['^(?!Sony).*', '!Sony*'],
  ['(?!.*Keyboard).*', '!*Keyboard*'],
  ['^(?!Sony$).*$', '!Sony'],
  ['^(?=.*Xbox).*', undefined],
  ['(?<=Sony )Pad', undefined],
  ['(?i)xbox', '*[xX][bB][oO][xX]*'],
  ['/xbox/i', '*[xX][bB][oO][xX]*'],
  ['/^Pad/', 'Pad*'],
  ['(?:Xbox|Sony) Pad', '*{Xbox,Sony} Pad*'],
  ['Xbox.+360', '*Xbox?*360*'],
  ['^Sony|Xbox$', '{Sony*,*Xbox}'],
  ['^Pad[0-9]+$', 'Pad[0-9]*'],
  ['^Foo, Bar$', 'Foo, Bar'],
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

it.each([
  ['Xbox.*360.*', 4, '*Xbox*360*'],
  ['Xbox.*', 4, '*Xbox*'],
  ['Xbox|Sony', 4, '{*Xbox*,*Sony*}'],
  ['Pad(s)?', 6, '*Pad{,s}*'],
  ['Pad [0-9]{2}', 9, '*Pad [0-9][0-9]*'],
])('%s is doubtful, and probably meant as %s', (regex, at, glob) => {
  expect(looksLikeRegex(regex)).toBe(false)
  expect(regexDoubt(regex, true)?.at).toBe(at)
  expect(globOfRegex(regex)).toBe(glob)
})

it.each([
  '8BitDo Pro 2',
  'Pad (Rev. 2)',
  'C++ Pad',
  'Dr. Mario',
  'Nintendo Co., Ltd. Pro Controller',
  'Nintendo Co., Ltd.*',
  'Logitech, Inc.*',
  '8BitDo M30 v1.*',
  'Wireless Controller [v1.0]',
  'Sony PLAYSTATION(R)3 Controller',
  'Sony PLAYSTATION(R)*',
  'AlpsPS/2 ALPS DualPoint TouchPad',
  'Microsoft Microsoft® Nano Transceiver v2.0',
  'HID 04b3:3103',
  'SHENZHEN MINGPIN ELECTRONICS CO.,LTD. PC/PS3/Android Gamepad',
  'MY-POWER CO.,LTD. 2In1 USB Joystick',
  'GreenAsia Inc.    USB Joystick     ',
  'Mega World Ltd. Pad+',
  'usb-0000:00:14.0-2.4/input0',
  'Mayflash Wiimote PC Adapter $20',
  '"Quoted" Pad?',
  'Controller (XBOX 360 For Windows)',
  'Pad #1 (left)*',
  'G920 Driving Force Racing Wheel for Xbox One ^_^',
])('%s is no regular expression', (name) => {
  expect(looksLikeRegex(name)).toBe(false)
  expect(regexDoubt(name, true)).toBeUndefined()
})

it('what a regular expression finds, the glob that is offered for it matches', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ',', '.', '1', '!'), minLength: 1, maxLength: 6 })
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '(a|b)', '(?:ab|1)', '\\d', '\\.', ',', '!', '(a,|b!)')
  const quantified = fc.tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '.*'))
  const body = fc.array(quantified, { minLength: 1, maxLength: 4 }).map((parts) => parts.flat().join(''))
  const regex = fc
    .tuple(
      fc.constantFrom('', '^', '(?i)'),
      fc.array(body, { minLength: 1, maxLength: 2 }),
      fc.constantFrom('', '$'),
    )
    .map(([start, bodies, end]) => start + bodies.join('|') + end)
  fc.assert(
    fc.property(regex, fc.array(text, { minLength: 5, maxLength: 10 }), (pattern, texts) => {
      const glob = globOfRegex(pattern)
      // A group alone means its alternatives, and not what contains them.
      if (glob === undefined || /^\([^()]*\)$/.test(pattern.replace('(?i)', ''))) return
      const found = new RegExp(pattern.replace('(?i)', ''), pattern.startsWith('(?i)') ? 'is' : 's')
      const matches = compileGlob(glob)
      expect(texts.filter((one) => found.test(one) && !matches(one))).toEqual([])
    }),
    { numRuns: 5000 },
  )
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
    '(?!',
    '(?i)',
    '/',
    '{2}',
    ',',
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
