// Whatever comes at the kernel's socket: nothing throws, nothing leads elsewhere, and what is taken goes on byte for byte.
import { readFileSync, readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { through } from './door.js'

/** Beside each: what once failed, as strings of bytes, and what has to come of it. */
interface Specimen {
  why: string
  strings: string[]
  is: string
}

const CORPUS = new URL('corpus/', import.meta.url)
const CASES = 100_000
/** A record costs ten times what all else does. */
const RECORD_EVERY = 10

const latin1 = (strings: readonly string[]): Buffer =>
  Buffer.from(strings.map((string) => `${string}\0`).join(''), 'latin1')

const HID = '/devices/virtual/misc/uhid/0003:054C:0CE6.0001'
const INPUT = `${HID}/input/input23`
const IDS = ['SEQNUM=4711']
const TEMPLATES = [
  [
    `DEVPATH=${INPUT}`,
    'SUBSYSTEM=input',
    'PRODUCT=3/54c/ce6/111',
    'NAME="Pad"',
    'PHYS="usb-1/input0"',
    'UNIQ=""',
    'PROP=0',
    'EV=b',
    'KEY=7cdb000000000000 0 0 0 0',
    'ABS=3003f',
    'MODALIAS=input:b0003v054Cp0CE6e0111-e0,1',
    ...IDS,
  ],
  [`DEVPATH=${INPUT}/event7`, 'SUBSYSTEM=input', 'MAJOR=13', 'MINOR=71', 'DEVNAME=input/event7', ...IDS],
  [`DEVPATH=${HID}/hidraw/hidraw2`, 'SUBSYSTEM=hidraw', 'MAJOR=245', 'MINOR=2', 'DEVNAME=hidraw2', ...IDS],
  [
    `DEVPATH=${HID}`,
    'SUBSYSTEM=hid',
    'DRIVER=playstation',
    'HID_ID=0003:0000054C:00000CE6',
    'HID_NAME=Pad',
    'HID_PHYS=',
    'HID_UNIQ=00:11:22:33:44:55',
    ...IDS,
  ],
]
const FURTHER = ['SYNTH_UUID', 'DEVPATH_OLD', 'DEVTYPE', 'REL', 'SW', 'ID_INPUT', 'LED', '__proto__', '']
const KEYS = [
  ...new Set([...TEMPLATES.flat().map((string) => string.split('=')[0] ?? ''), ...FURTHER, 'ACTION']),
]

const value = fc.oneof(
  fc.constantFrom(
    ...['', '0', '1', '-1', '1e3', '0x45', ' 7', '7 ', '007', '+7', '1.5', '13', '1048576', '4294967367'],
    ...[
      '18446744073709551616',
      'NaN',
      'Infinity',
      'null',
      'input',
      'hidraw',
      'hid',
      'constructor',
      '__proto__',
    ],
    ...[
      '..',
      '../../etc',
      '/',
      '//',
      '/devices/..',
      '/devices/./input5',
      `${INPUT}/event07`,
      `${INPUT}/js-1`,
    ],
    ...[`${INPUT}/event${'7'.repeat(300)}`, `${HID}/..`, `/devices/${'x'.repeat(300)}/input5`, HID.slice(9)],
    ...[
      'a\nE:ID_SEAT=seat9',
      '"a\nNAME="b"',
      '\n',
      '=',
      'a=b',
      '"',
      '\xff\xa5@\xfa',
      '"caf\xe9"',
      '\xed\xa0\x80',
    ],
    ...[
      'ffffffffffffffffffffffff',
      '0 0 0 0 0 0 0 0 0 0 0 0 0 0 1',
      '////',
      '3/54c',
      ':::',
      'x'.repeat(9000),
    ],
    ...['remove', 'change', 'move', 'bind', 'unbind', 'x'.repeat(2000), '\xf0\x9f\x8e\xae'],
  ),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const mutation = fc.tuple(
  fc.constantFrom(...KEYS),
  fc.constantFrom<'set' | 'drop' | 'repeat'>('set', 'set', 'set', 'drop', 'repeat'),
  value,
)
const datagram = fc
  .tuple(
    fc.constantFrom(...TEMPLATES),
    fc.constantFrom('add', 'add', 'add', 'remove', 'change', 'bind', 'move'),
    fc.array(mutation, { maxLength: 3 }),
    fc.option(fc.tuple(fc.nat(200), fc.nat(255)), { freq: 8 }),
  )
  .map(([template, action, mutations, flip]) => {
    let strings = [`ACTION=${action}`, ...template]
    for (const [key, kind, text] of mutations) {
      const index = strings.findIndex((string) => string.startsWith(`${key}=`))
      if (kind === 'drop') strings = strings.filter((_, at) => at !== index)
      else if (kind === 'repeat' || index < 0) strings.push(`${key}=${text}`)
      else strings[index] = `${key}=${text}`
    }
    const last = (key: string): string =>
      strings.findLast((string) => string.startsWith(`${key}=`))?.slice(key.length + 1) ?? ''
    const bytes = latin1([`${last('ACTION')}@${last('DEVPATH')}`, ...strings])
    if (flip !== null && flip[0] < bytes.length) bytes[flip[0]] = flip[1]
    return bytes
  })

describe('what comes at the kernel’s socket', () => {
  it(`is refused or taken as it is, in ${CASES} cases`, () => {
    const outcomes = new Map<string, number>()
    let count = 0
    fc.assert(
      fc.property(datagram, (bytes) => {
        const outcome = through(bytes, ++count % RECORD_EVERY === 0)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }),
      { numRuns: CASES },
    )
    // Otherwise it would prove little.
    expect(outcomes.get('device')).toBeGreaterThan(CASES / 10)
    for (const reason of ['nothing', 'incomplete', 'contradictory', 'wrong number', 'no key', 'too long'])
      expect(outcomes.get(reason), reason).toBeGreaterThan(10)
  }, 120_000)

  it.each(readdirSync(CORPUS))('has once failed as in %s', (name) => {
    const { strings, is } = JSON.parse(readFileSync(new URL(name, CORPUS), 'utf8')) as Specimen
    expect(through(latin1(strings))).toBe(is)
  })
})
