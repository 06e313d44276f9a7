import { describe, expect, it } from 'vitest'
import { announcement } from '../../../src/udev/announcement.js'
import { decodeMessage } from '../../../src/udev/message.js'
import { recordId, recordText } from '../../../src/udev/record.js'
import { addOf, recordOf } from '../records.js'
import { KEYBOARD_KEYS, childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'

const pad = inputDevice({ name: 'Test Pad', vendor: '54c', product: 'ce6' })
const event = childDevice(pad, 'event7', 71)

describe('a record', () => {
  it('of a joystick with a node is what udevd writes, line by line', () => {
    const record = recordOf(event)
    expect(recordId(event)).toBe('c13:71')
    expect(recordText(record)).toBe(
      [
        'I:101000',
        'E:ID_INPUT=1',
        'E:ID_INPUT_JOYSTICK=1',
        'E:ID_SERIAL=noserial',
        'E:LIBINPUT_DEVICE_GROUP=3/54c/ce6:test',
        'G:uaccess',
        'G:seat',
        'Q:uaccess',
        'Q:seat',
        'V:1',
        '',
      ].join('\n'),
    )
  })

  it('of an inputN is named after its sysname, and has the tag seat alone', () => {
    expect(recordId(pad)).toBe('+input:input23')
    expect(recordOf(pad).tags).toEqual(['seat'])
  })

  it('of a keyboard has the tag power-switch', () => {
    const keyboard = inputDevice({ ev: '120013', key: KEYBOARD_KEYS, abs: '0' })
    const record = recordOf(childDevice(keyboard, 'event8', 72))
    expect(record.tags).toEqual(['power-switch'])
    expect(record.properties.get('ID_INPUT_KEYBOARD')).toBe('1')
  })

  it('of a HID device is not written', () => {
    expect(recordText(recordOf(hidDevice()))).toBeUndefined()
  })

  it('of a device whose name has a newline has no line of it', () => {
    const odd = inputDevice({ name: 'one\nID_SEAT=seat9' })
    expect(recordText(recordOf(odd))).not.toContain('seat9')
  })

  it('of a node about which nothing is known is an empty file', () => {
    expect(recordText(recordOf({ ...event, facts: {} }))).toBe('')
  })
})

it('an announcement has the kernel’s bytes, up to a newline as udevd’s has', () => {
  const odd = inputDevice({ name: '\udcff\udca5@\udcfa\nx' })
  const message = announcement({ action: 'add', seqnum: 1, kernel: odd.properties, record: recordOf(odd) })
  expect(message.toString('latin1')).toContain('\0NAME="\xff\xa5@\xfa\0')
})

describe('an announcement', () => {
  const read = (action: 'add' | 'remove', device = event, seqnum = 4711): Map<string, string> => {
    const decoded = decodeMessage(
      announcement({ action, seqnum, kernel: device.properties, record: recordOf(device) }),
    )
    if (decoded === undefined) throw new Error('libudev would not take it')
    return decoded
  }

  it('says what the kernel and the rules say, in the order of systemd 252', () => {
    expect([...read('add')]).toEqual([
      ['UDEV_DATABASE_VERSION', '1'],
      ['ACTION', 'add'],
      ['DEVPATH', '/devices/virtual/input/input23/event7'],
      ['SUBSYSTEM', 'input'],
      ['DEVNAME', '/dev/input/event7'],
      ['SEQNUM', '4711'],
      ['USEC_INITIALIZED', '101000'],
      ['MAJOR', '13'],
      ['MINOR', '71'],
      ['ID_INPUT', '1'],
      ['ID_INPUT_JOYSTICK', '1'],
      ['.INPUT_CLASS', 'joystick'],
      ['ID_SERIAL', 'noserial'],
      ['TAGS', ':uaccess:seat:'],
      ['CURRENT_TAGS', ':uaccess:seat:'],
      ['LIBINPUT_DEVICE_GROUP', '3/54c/ce6:test'],
    ])
  })

  it('of a removal carries what the record has, and then links and tags', () => {
    const { ACTION: added, '.INPUT_CLASS': kind, ...add } = Object.fromEntries(read('add'))
    const remove = read('remove')
    expect([added, kind, remove.get('ACTION')]).toEqual(['add', 'joystick', 'remove'])
    expect(Object.fromEntries(remove)).toEqual({ ...add, ACTION: 'remove' })
    expect([...remove.keys()].slice(-3)).toEqual(['LIBINPUT_DEVICE_GROUP', 'TAGS', 'CURRENT_TAGS'])
  })

  it('of a removal leaves out what has an empty value: the database reads none back', () => {
    const { record, ...add } = addOf(event)
    const emptied = { ...record, properties: new Map([...record.properties, ['XKB_FIXED_VARIANT', '']]) }
    expect(decodeMessage(announcement({ ...add, record: emptied }))?.get('XKB_FIXED_VARIANT')).toBe('')
    const removal = decodeMessage(announcement({ ...add, action: 'remove', record: emptied }))
    expect(removal?.has('XKB_FIXED_VARIANT')).toBe(false)
  })

  it('carries the same properties as the record', () => {
    for (const device of [pad, event, hidrawDevice(hidDevice()), hidDevice()]) {
      const record = recordOf(device)
      const lines = (recordText(record) ?? '').split('\n')
      const message = read('add', device)
      const inRecord = lines.filter((line) => line.startsWith('E:')).map((line) => line.slice(2))
      expect(inRecord).toEqual(
        [...record.properties.keys()]
          .filter((key) => !key.startsWith('.'))
          .map((key) => `${key}=${message.get(key) ?? 'missing'}`),
      )
    }
  })

  it('of an inputN keeps the kernel’s own words', () => {
    const message = read('add', pad)
    expect(message.get('NAME')).toBe('"Test Pad"')
    expect(message.get('PRODUCT')).toBe('3/54c/ce6/110')
    expect(message.has('DEVNAME')).toBe(false)
  })

  it('of a device without tags has none in the header either', () => {
    const bytes = announcement(addOf(hidDevice()))
    expect(bytes.toString('hex', 24, 40)).toBe('7088c98a000000000000000000000000')
    expect(decodeMessage(bytes)?.has('TAGS')).toBe(false)
  })
})
