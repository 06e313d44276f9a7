import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forContainer, recordFromDatabase, recordFromMessage } from '../../../src/udev/host-record.js'
import { recordText } from '../../../src/udev/record.js'
import { childDevice, inputDevice } from '../uevents.js'

const pad = inputDevice()
const event = childDevice(pad, 'event7', 71)
const kernel = event.properties

const said = (more: Record<string, string> = {}): Map<string, string> =>
  new Map(
    Object.entries({
      UDEV_DATABASE_VERSION: '1',
      ACTION: 'add',
      DEVPATH: event.devpath,
      SUBSYSTEM: 'input',
      DEVNAME: '/dev/input/event7',
      SEQNUM: '101',
      USEC_INITIALIZED: '2456741587',
      MAJOR: '13',
      MINOR: '71',
      ID_INPUT: '1',
      ID_INPUT_JOYSTICK: '1',
      '.INPUT_CLASS': 'joystick',
      ID_SERIAL: 'noserial',
      DEVLINKS: '/dev/input/by-path/a-event-joystick /dev/input/by-id/b-event-joystick',
      TAGS: ':seat:uaccess:old:',
      CURRENT_TAGS: ':seat:uaccess:',
      ...more,
    }),
  )

describe('the record from a message of udevd', () => {
  it('is what udevd itself would store', () => {
    expect(recordText(recordFromMessage(event, kernel, said()))).toBe(
      [
        'S:input/by-path/a-event-joystick',
        'S:input/by-id/b-event-joystick',
        'I:2456741587',
        'E:ID_INPUT=1',
        'E:ID_INPUT_JOYSTICK=1',
        'E:ID_SERIAL=noserial',
        ...['G:seat', 'G:uaccess', 'G:old', 'Q:seat', 'Q:uaccess', 'V:1', ''],
      ].join('\n'),
    )
  })

  it('has the kernel’s own properties only where a rule has changed them', () => {
    const properties = new Map([...pad.properties])
    const message = new Map([...properties, ['NAME', '"Another"'], ['ID_INPUT', '1']])
    expect([...recordFromMessage(pad, properties, message).properties]).toEqual([
      ['NAME', '"Another"'],
      ['ID_INPUT', '1'],
    ])
  })

  it('has no line for what the kernel says in more than one, of which udevd takes the first', () => {
    const pad = inputDevice({ name: 'two\nlines', uniq: 'a\nNAME="b"' })
    const message = new Map([...pad.properties].map(([key, value]) => [key, value.split('\n')[0] ?? '']))
    message.set('ID_INPUT', '1')
    expect(message.get('NAME')).toBe('"two')
    expect(recordText(recordFromMessage(pad, pad.properties, message))).toBe(
      `I:${pad.initializedAt}\nE:ID_INPUT=1\nV:1\n`,
    )
    // A rule may say something else of it.
    message.set('NAME', '"another"')
    expect([...recordFromMessage(pad, pad.properties, message).properties.keys()]).toEqual([
      'NAME',
      'ID_INPUT',
    ])
  })

  it('has our own time where udevd’s is no number', () => {
    expect(recordFromMessage(event, kernel, said({ USEC_INITIALIZED: '1e3' })).initializedAt).toBe(
      event.initializedAt,
    )
  })

  it.each([
    [
      'that is seat1 alone, by an older udevd',
      { ID_SEAT: 'seat1', TAGS: ':seat:seat1:', CURRENT_TAGS: ':seat1:', UDEV_DATABASE_VERSION: undefined },
      ['seat'],
    ],
    ['that is seat1 alone', { ID_SEAT: 'seat1', TAGS: ':seat:seat1:', CURRENT_TAGS: ':seat1:' }, ['seat']],
    ['that has none', { CURRENT_TAGS: undefined }, ['seat', 'uaccess', 'old']],
    ['of seat1 that has none', { ID_SEAT: 'seat1', TAGS: ':seat1:', CURRENT_TAGS: undefined }, []],
  ])('has no current tags of a device %s, by message and by database', (_, more, tags) => {
    const message = said()
    for (const [key, value] of Object.entries(more))
      if (value === undefined) message.delete(key)
      else message.set(key, value)
    const record = recordFromMessage(event, kernel, forContainer(message))
    expect([record.tags, record.currentTags]).toEqual([tags, []])
    const text = recordText(recordFromMessage(event, kernel, message)) ?? ''
    expect(text).toContain('V:1')
    const stored = recordFromDatabase(event, text)
    expect([stored?.tags, stored?.currentTags]).toEqual([tags, []])
  })

  it('takes all tags for current ones where udevd is too old to tell', () => {
    const old = said()
    for (const key of ['CURRENT_TAGS', 'UDEV_DATABASE_VERSION']) old.delete(key)
    expect(recordFromMessage(event, kernel, old).currentTags).toEqual(['seat', 'uaccess', 'old'])
  })
})

describe('the record from udevd’s database', () => {
  it('says again what it was written from', () => {
    const record = recordFromMessage(event, kernel, said())
    expect(recordText(recordFromDatabase(event, recordText(record) ?? '') ?? record)).toBe(recordText(record))
  })

  it('of an empty file says nothing, and keeps our own time', () => {
    expect(recordFromDatabase(event, '')).toEqual({
      device: event,
      initializedAt: event.initializedAt,
      properties: new Map(),
      tags: [],
      currentTags: [],
      links: [],
    })
  })

  it('is not there while programs of the rules still run', () => {
    expect(recordFromDatabase(event, 'I:1\nE:ID_PROCESSING=1\nE:ID_INPUT=1\nV:1\n')).toBeUndefined()
  })

  it('never throws, whatever the file has', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void recordFromDatabase(event, text)))
  })
})

describe('what travels into a container', () => {
  it('leaves out what keeps the host itself away from the device', () => {
    const travelled = forContainer(
      said({
        ID_SEAT: 'seat-couch',
        LIBINPUT_IGNORE_DEVICE: '1',
        UDEV_PROXY_ROUTED: '1',
        ID_PROCESSING: '1',
        TAGS: ':seat:seat-couch:',
        CURRENT_TAGS: ':seat-couch:',
      }),
    )
    expect([...travelled.keys()].filter((key) => /SEAT|IGNORE|PROXY|PROCESSING/.test(key))).toEqual([])
    expect(travelled.get('TAGS')).toBe(':seat:')
    expect(travelled.has('CURRENT_TAGS')).toBe(false)
  })

  it('keeps seat0, ID_FOR_SEAT, and everything else', () => {
    const message = said({ ID_SEAT: 'seat0', ID_FOR_SEAT: 'input-usb-1', TAGS: ':seat:seat0:' })
    expect(forContainer(message)).toEqual(message)
  })
})
