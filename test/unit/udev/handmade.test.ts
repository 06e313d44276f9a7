import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmurHash2, tagBloom } from '../../../src/udev/hash.js'
import type { Handmade } from '../../../src/udev/handmade.js'
import { handmadeMessage } from '../../../src/udev/handmade.js'
import { decodeMessage } from '../../../src/udev/message.js'

const PAD = ['DEVPATH=/devices/virtual/input/input7/event7', 'SUBSYSTEM=input']

const made = (strings: readonly string[], action?: 'remove'): Handmade => {
  const result = handmadeMessage(strings, [], { seqnum: 41, ...(action && { action }) })
  if ('mistakes' in result) throw new Error(result.mistakes.join('; '))
  return result
}

const mistakes = (...strings: string[]): string[] => {
  const result = handmadeMessage(strings, [], { seqnum: 41 })
  return 'mistakes' in result ? result.mistakes : []
}

describe('handmadeMessage', () => {
  it('adds what udevd would add to any message', () => {
    expect(Object.fromEntries(made([...PAD, 'TAGS=:seat:uaccess:']).properties)).toEqual({
      UDEV_DATABASE_VERSION: '1',
      ACTION: 'add',
      DEVPATH: '/devices/virtual/input/input7/event7',
      SUBSYSTEM: 'input',
      TAGS: ':seat:uaccess:',
      CURRENT_TAGS: ':seat:uaccess:',
      SEQNUM: '41',
    })
  })

  it('adds nothing that is written', () => {
    const written = [
      ...PAD,
      'ACTION=change',
      'SEQNUM=7',
      'UDEV_DATABASE_VERSION=0',
      'TAGS=:a:b:',
      'CURRENT_TAGS=:b:',
    ]
    const { properties } = made(written)
    expect([...properties].map(([key, value]) => `${key}=${value}`).toSorted()).toEqual(written.toSorted())
  })

  it('computes the hashes and the bloom that the filters of clients compare', () => {
    const { message } = made([...PAD, 'DEVTYPE=pad', 'TAGS=:seat:', 'CURRENT_TAGS=:uaccess:'])
    expect(message.readUInt32BE(24)).toBe(murmurHash2('input'))
    expect(message.readUInt32BE(28)).toBe(murmurHash2('pad'))
    const { high, low } = tagBloom(['seat', 'uaccess'])
    expect([message.readUInt32BE(32), message.readUInt32BE(36)]).toEqual([high, low])
  })

  it('writes out the forms that not every libudev reads alike', () => {
    const { properties } = made([...PAD, 'DEVNAME=input/event7', 'TAGS=seat:uaccess'])
    expect(properties.get('DEVNAME')).toBe('/dev/input/event7')
    expect(properties.get('TAGS')).toBe(':seat:uaccess:')
  })

  it('makes a removal of any message', () => {
    expect(made([...PAD, 'ACTION=add'], 'remove').properties.get('ACTION')).toBe('remove')
  })

  it('lets later strings replace those of the message', () => {
    const result = handmadeMessage([...PAD, 'SEQNUM=1'], ['SEQNUM=2', 'FOO=bar'], { seqnum: 41 })
    expect('properties' in result && [...result.properties.values()]).toEqual([
      '1',
      'add',
      ...PAD.map((s) => s.replace(/.*?=/, '')),
      '2',
      'bar',
    ])
  })

  it('tells every mistake at once', () => {
    expect(
      mistakes('FOO', '=x', 'A=1', 'A=2', 'DEVPATH=devices/x', 'ACTION=plug', 'SEQNUM=0', 'MINOR=1'),
    ).toEqual([
      '"FOO" is no KEY=VALUE',
      '"=x" is no KEY=VALUE',
      '"A" is there twice',
      'SUBSYSTEM is missing: for instance SUBSYSTEM=input',
      '"ACTION=plug": must be one of add, remove, change, move, online, offline, bind, unbind',
      '"DEVPATH=devices/x": must be the path below /sys, for instance /devices/virtual/input/input7',
      '"SEQNUM=0": must be a decimal number from 1 to 18446744073709551615',
      'MINOR is there without MAJOR',
    ])
  })

  it.each([
    ['DEVPATH=/'],
    ['DEVPATH=/devices/'],
    ['DEVPATH=/devices/../etc'],
    ['DEVPATH='],
    ['SUBSYSTEM='],
    ['ACTION='],
    ['DEVTYPE='],
    ['SEQNUM=-1'],
    ['SEQNUM=0x10'],
    ['SEQNUM=18446744073709551616'],
    ['MAJOR=010'],
    ['MAJOR=4096'],
    ['MINOR=1048576'],
    ['DEVNAME=/etc/passwd'],
    ['DEVNAME=/dev/../etc/passwd'],
    ['DEVNAME='],
    ['DEVLINKS=/dev/a  /dev/b'],
    ['DEVLINKS=input/by-id/x'],
    ['TAGS='],
    ['TAGS=:a b:'],
    ['CURRENT_TAGS=::'],
    ['DEVMODE=rw'],
    ['DEVUID=4294967295'],
    ['IFINDEX=0'],
    ['USEC_INITIALIZED=soon'],
    ['NAME=two\nlines'],
  ])('refuses %j', (string) => {
    const key = string.slice(0, string.indexOf('='))
    const others = [...PAD, 'MAJOR=13', 'MINOR=64']
    expect(mistakes(...others)).toEqual([])
    expect(handmadeMessage(others, [string], { seqnum: 41 })).toEqual({
      mistakes: [expect.stringContaining(`"${key}`)],
    })
  })

  it('takes 8192 bytes, and not one more', () => {
    const { length } = made([...PAD, 'FILL=']).message
    expect(made([...PAD, `FILL=${'x'.repeat(8192 - length)}`]).message.length).toBe(8192)
    expect(mistakes(...PAD, `FILL=${'x'.repeat(8193 - length)}`)).toEqual([
      'the message has 8193 bytes, 1 more than clients with a libudev before 252 can receive',
    ])
  })

  it('makes, of whatever it takes, a message that decodes to the same properties', () => {
    const key = fc.oneof(
      fc.constantFrom(
        'ACTION',
        'DEVNAME',
        'TAGS',
        'CURRENT_TAGS',
        'MAJOR',
        'MINOR',
        'SEQNUM',
        '.PRIVATE',
        '__proto__',
      ),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    )
    const value = fc.oneof(
      fc.constantFrom('add', 'remove', 'input/js0', '/dev/x', ':a:', 'a:b', '13', '0', ''),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
    )
    const string = fc
      .tuple(key, value)
      .map(([k, v]) => `${k}=${v}`)
      .filter((s) => !s.includes('\0'))
    let taken = 0
    fc.assert(
      fc.property(fc.array(string, { maxLength: 12 }), (strings) => {
        const result = handmadeMessage([...PAD, ...strings], [], { seqnum: 41 })
        if ('mistakes' in result) {
          expect(result.mistakes).not.toEqual([])
          return
        }
        taken++
        expect([...(decodeMessage(result.message) ?? [])]).toEqual([...result.properties])
        for (const key of ['DEVPATH', 'SUBSYSTEM', 'ACTION', 'SEQNUM'])
          expect(result.properties.has(key)).toBe(true)
      }),
      { numRuns: 500 },
    )
    expect(taken).toBeGreaterThan(50)
  })
})
