// The comparison of the vm's corpus would find what it is there to find.
import { describe, expect, test } from 'vitest'
import { differences } from '../../vm/corpus/compare.js'
import { EXCEPTIONS } from '../../vm/corpus/exceptions.js'
import type { Message } from '../../vm/corpus/facts.js'
import { messageFacts, recordFacts } from '../../vm/corpus/facts.js'

const HEADER = '6c69627564657600feedcafe2800000028000000b0010000c1a28470000000000208200800401009'

const MESSAGE: Message = {
  action: 'add',
  devpath: '/devices/virtual/input/input7/event4',
  subsystem: 'input',
  devnode: '/dev/input/event4',
  properties: {
    ACTION: 'add',
    DEVPATH: '/devices/virtual/input/input7/event4',
    SUBSYSTEM: 'input',
    DEVNAME: '/dev/input/event4',
    SEQNUM: '2001',
    USEC_INITIALIZED: '123456789',
    MAJOR: '13',
    MINOR: '68',
    ID_INPUT: '1',
    ID_INPUT_JOYSTICK: '1',
    '.INPUT_CLASS': 'joystick',
    ID_SERIAL: 'noserial',
    DEVLINKS: '/dev/input/by-id/b /dev/input/by-path/a',
    TAGS: ':seat:uaccess:',
    CURRENT_TAGS: ':seat:uaccess:',
  },
  datagram: HEADER,
}

const RECORD = [
  'S:input/by-id/b',
  'S:input/by-path/a',
  'I:123456789',
  'E:ID_INPUT=1',
  'E:ID_INPUT_JOYSTICK=1',
  'E:ID_SERIAL=noserial',
  'G:seat',
  'G:uaccess',
  'Q:seat',
  'Q:uaccess',
  'V:1',
  '',
].join('\n')

/** Differences of a message whose copy in the container has other properties; undefined takes one away. */
function ofMessage(changes: Readonly<Record<string, string | undefined>>, mode: 'host' | 'builtin' = 'host') {
  const properties = Object.fromEntries(
    Object.entries({ ...MESSAGE.properties, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )
  const container = messageFacts({ ...MESSAGE, properties })
  return differences({ where: 'add event', host: messageFacts(MESSAGE), container }, mode, EXCEPTIONS)
}

function ofRecord(text: string | undefined, mode: 'host' | 'builtin' = 'host') {
  const pair = { where: 'record', host: recordFacts(RECORD), container: recordFacts(text) }
  return differences(pair, mode, EXCEPTIONS)
}

describe('messages', () => {
  test('equal ones have no difference', () => {
    expect(ofMessage({})).toEqual([])
  })

  test.each(Object.keys(MESSAGE.properties))('a missing %s is found', (key) => {
    expect(ofMessage({ [key]: undefined })).toMatchObject([{ where: 'add event', key, container: undefined }])
  })

  test.each(Object.keys(MESSAGE.properties))('another %s is found', (key) => {
    expect(ofMessage({ [key]: 'broken' })).toMatchObject([{ key, container: 'broken' }])
  })

  test('a property that the host does not have is found', () => {
    expect(ofMessage({ ID_BUS: 'usb' })).toEqual([
      { where: 'add event', key: 'ID_BUS', host: undefined, container: 'usb' },
    ])
  })

  test('an empty value is not the same as none', () => {
    expect(ofMessage({ ID_SERIAL: '' })).toMatchObject([{ key: 'ID_SERIAL', container: '' }])
  })

  test('tags and links are sets', () => {
    expect(
      ofMessage({
        TAGS: ':uaccess:seat:',
        CURRENT_TAGS: ':uaccess:seat:',
        DEVLINKS: '/dev/input/by-path/a /dev/input/by-id/b',
      }),
    ).toEqual([])
    expect(ofMessage({ TAGS: ':seat:' })).toMatchObject([{ key: 'TAGS' }])
    expect(ofMessage({ DEVLINKS: '/dev/input/by-id/b' })).toMatchObject([{ key: 'DEVLINKS' }])
  })

  test('hashes or a bloom filter that do not fit the properties are found', () => {
    const container = messageFacts({ ...MESSAGE, datagram: HEADER.replace(/.$/, '0') })
    expect(
      differences({ where: 'add event', host: messageFacts(MESSAGE), container }, 'host', EXCEPTIONS),
    ).toMatchObject([{ key: '(header)' }])
  })

  test('one that only one side has heard is a difference', () => {
    const facts = messageFacts(MESSAGE)
    for (const [host, container] of [
      [facts, undefined],
      [undefined, facts],
    ] as const) {
      expect(differences({ where: 'add event', host, container }, 'host', EXCEPTIONS)).toMatchObject([
        { key: '(message)' },
      ])
    }
  })
})

describe('records', () => {
  test('equal ones have no difference, whatever the order of their tags and links', () => {
    expect(ofRecord(RECORD)).toEqual([])
    expect(ofRecord(RECORD.replace('G:seat\nG:uaccess', 'G:uaccess\nG:seat'))).toEqual([])
    expect(
      ofRecord(RECORD.replace('S:input/by-id/b\nS:input/by-path/a', 'S:input/by-path/a\nS:input/by-id/b')),
    ).toEqual([])
  })

  test.each(RECORD.trim().split('\n'))('a missing line %s is found', (line) => {
    expect(ofRecord(RECORD.replace(`${line}\n`, ''))).not.toEqual([])
  })

  test('properties in another order are found', () => {
    const swapped = RECORD.replace(
      'E:ID_INPUT=1\nE:ID_INPUT_JOYSTICK=1',
      'E:ID_INPUT_JOYSTICK=1\nE:ID_INPUT=1',
    )
    expect(ofRecord(swapped)).toMatchObject([{ key: '(order)' }])
  })

  test('kinds of lines in another order are found', () => {
    expect(ofRecord(RECORD.replace('I:123456789\n', '').replace('V:1', 'I:123456789\nV:1'))).toMatchObject([
      { key: '(lines)' },
    ])
  })

  test('no file, an empty one and a full one are three things', () => {
    expect(ofRecord('')).not.toEqual([])
    expect(ofRecord(undefined)).not.toEqual([])
    const none = { where: 'record', host: recordFacts(undefined), container: recordFacts('') }
    expect(differences(none, 'host', EXCEPTIONS)).not.toEqual([])
  })
})

describe('exceptions', () => {
  test('without a udevd the time is the daemon’s own, but there must be one', () => {
    expect(ofMessage({ USEC_INITIALIZED: '5' }, 'builtin')).toEqual([])
    expect(ofRecord(RECORD.replace('I:123456789', 'I:5'), 'builtin')).toEqual([])
    expect(ofMessage({ USEC_INITIALIZED: '5' }, 'host')).toMatchObject([{ key: 'USEC_INITIALIZED' }])
    expect(ofMessage({ USEC_INITIALIZED: undefined }, 'builtin')).toMatchObject([{ key: 'USEC_INITIALIZED' }])
    expect(ofMessage({ USEC_INITIALIZED: '0' }, 'builtin')).toMatchObject([{ key: 'USEC_INITIALIZED' }])
  })

  test('what keeps a device from the host must not come, and everything else of it must', () => {
    const properties = {
      ...MESSAGE.properties,
      ID_SEAT: 'seat-1',
      LIBINPUT_IGNORE_DEVICE: '1',
      TAGS: ':seat:seat-1:uaccess:',
      CURRENT_TAGS: ':seat:seat-1:uaccess:',
    }
    const host = messageFacts({ ...MESSAGE, properties })
    const compare = (container: Message) =>
      differences({ where: 'add event', host, container: messageFacts(container) }, 'host', EXCEPTIONS)
    expect(compare(MESSAGE)).toEqual([])
    expect(compare({ ...MESSAGE, properties })).toHaveLength(4)
    expect(compare({ ...MESSAGE, properties: { ...MESSAGE.properties, TAGS: ':seat:' } })).toMatchObject([
      { key: 'TAGS' },
    ])
  })

  test("libinput's fuzz is the host's alone, and must be exact when the host is the source", () => {
    const properties = { ...MESSAGE.properties, LIBINPUT_FUZZ_00: '8' }
    const pair = {
      where: 'add event',
      host: messageFacts({ ...MESSAGE, properties }),
      container: messageFacts(MESSAGE),
    }
    expect(differences(pair, 'builtin', EXCEPTIONS)).toEqual([])
    expect(differences(pair, 'host', EXCEPTIONS)).toMatchObject([{ key: 'LIBINPUT_FUZZ_00' }])
  })

  test('each has a name of its own and a reason', () => {
    const names = EXCEPTIONS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { reason } of EXCEPTIONS) expect(reason).toMatch(/\w+ \w+/)
  })
})
