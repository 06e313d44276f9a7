import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseUevent } from '../../../src/kernel/uevent.js'
import { datagram } from '../uevents.js'

const EVENT = [
  'add@/devices/virtual/input/input23/event7',
  'ACTION=add',
  'DEVPATH=/devices/virtual/input/input23/event7',
  'SUBSYSTEM=input',
  'MAJOR=13',
  'MINOR=71',
  'DEVNAME=input/event7',
  'SEQNUM=4711',
]

const without = (key: string): string[] => EVENT.filter((string) => !string.startsWith(`${key}=`))
const changed = (key: string, value: string): string[] =>
  EVENT.map((string) => (string.startsWith(`${key}=`) ? `${key}=${value}` : string))

describe('parseUevent', () => {
  it('reads a kernel datagram', () => {
    const uevent = parseUevent(datagram(EVENT))
    expect(uevent).toMatchObject({
      action: 'add',
      devpath: '/devices/virtual/input/input23/event7',
      subsystem: 'input',
      seqnum: 4711,
    })
    expect(typeof uevent === 'object' && uevent.properties.get('MINOR')).toBe('71')
  })

  it('keeps values that contain an equals sign or are empty', () => {
    const uevent = parseUevent(datagram([...EVENT, 'NAME="a=b"', 'UNIQ=']))
    expect(typeof uevent === 'object' && [...uevent.properties].slice(-2)).toEqual([
      ['NAME', '"a=b"'],
      ['UNIQ', ''],
    ])
  })

  it.each([
    ['an empty datagram', Buffer.alloc(0), 'not terminated'],
    ['one that was cut', datagram(EVENT).subarray(0, 60), 'not terminated'],
    ['one without any NUL', Buffer.from('add@/devices/x'), 'not terminated'],
    ['one without @', datagram(['libudev', ...EVENT.slice(1)]), 'no header'],
    ['8 KiB', datagram([...EVENT, `X=${'x'.repeat(8192)}`]), 'too long'],
    ['a string without a key', datagram([...EVENT, 'nonsense']), 'no key'],
    ['an empty key', datagram([...EVENT, '=x']), 'no key'],
    ['two NULs at the end', datagram([...EVENT, '']), 'no key'],
    ['no SEQNUM', datagram(without('SEQNUM')), 'incomplete'],
    ['a SEQNUM of 0', datagram(changed('SEQNUM', '0')), 'incomplete'],
    ['a SEQNUM that is no number', datagram(changed('SEQNUM', 'many')), 'incomplete'],
    ['a SEQNUM that is empty', datagram(changed('SEQNUM', '')), 'incomplete'],
    ['a SEQNUM with an exponent', datagram(changed('SEQNUM', '1e3')), 'incomplete'],
    ['a SEQNUM in hexadecimal', datagram(changed('SEQNUM', '0x45')), 'incomplete'],
    ['a minor below 0', datagram(changed('MINOR', '-1')), 'wrong number'],
    ['a minor of more than 20 bits', datagram(changed('MINOR', '1048576')), 'wrong number'],
    ['a minor beyond 32 bits', datagram(changed('MINOR', '4294967367')), 'wrong number'],
    ['a major of more than 12 bits', datagram(changed('MAJOR', '4096')), 'wrong number'],
    ['an empty minor', datagram(changed('MINOR', '')), 'wrong number'],
    ['a minor with an exponent', datagram(changed('MINOR', '1e3')), 'wrong number'],
    ['a minor in hexadecimal', datagram(changed('MINOR', '0x45')), 'wrong number'],
    ['a minor with a leading zero', datagram(changed('MINOR', '071')), 'wrong number'],
    ['a major without a minor', datagram(without('MINOR')), 'wrong number'],
    ['no SUBSYSTEM', datagram(without('SUBSYSTEM')), 'incomplete'],
    ['an action the kernel does not have', datagram(changed('ACTION', 'explode')), 'incomplete'],
    ['a header that says something else', datagram(changed('DEVPATH', '/devices/other')), 'contradictory'],
    [
      'a devpath that climbs out of /sys',
      datagram([
        'add@/devices/../../etc',
        'ACTION=add',
        'DEVPATH=/devices/../../etc',
        'SUBSYSTEM=input',
        'SEQNUM=1',
      ]),
      'contradictory',
    ],
  ])('drops %s', (_, bytes, reason) => {
    expect(parseUevent(bytes)).toBe(reason)
  })

  it.each(['/devices/..', '/devices/./input5', '/devices//input5', '/', '/devices/'])(
    'drops the devpath %s, which is no place in /sys',
    (devpath) => {
      const strings = [`add@${devpath}`, 'ACTION=add', `DEVPATH=${devpath}`, 'SUBSYSTEM=input', 'SEQNUM=1']
      expect(parseUevent(datagram(strings))).toBe('contradictory')
    },
  )

  it('keeps bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([datagram(EVENT), Buffer.from('4e414d453d22ffa540fa2200', 'hex')])
    const uevent = parseUevent(bytes)
    expect(typeof uevent === 'object' && uevent.properties.get('NAME')).toBe('"\udcff\udca5@\udcfa"')
  })

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
        const parsed = parseUevent(Buffer.from(bytes))
        return typeof parsed === 'string' || parsed.seqnum > 0
      }),
    )
  })

  it('reads back what a kernel would write', () => {
    const key = fc
      .stringMatching(/^[A-Z][A-Z0-9_]{0,15}$/)
      .filter((name) => !EVENT.some((s) => s.startsWith(`${name}=`)))
    const value = fc.string({ maxLength: 60 }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 20 }), (extra) => {
        const uevent = parseUevent(
          datagram([...EVENT, ...Object.entries(extra).map(([k, v]) => `${k}=${v}`)]),
        )
        if (typeof uevent === 'string') throw new Error(uevent)
        for (const [k, v] of Object.entries(extra)) expect(uevent.properties.get(k)).toBe(v)
      }),
    )
  })
})
