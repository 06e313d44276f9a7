import { describe, expect, it } from 'vitest'
import { encodeMessage } from '../../../src/udev/message.js'
import { receivedEvent } from '../../../src/udev/received.js'

const uevent = (...strings: string[]): Buffer =>
  Buffer.from(['add@/devices/x', 'ACTION=add', 'DEVPATH=/devices/x', ...strings, ''].join('\0'))

const announced = (properties: Record<string, string>): Buffer =>
  encodeMessage({ subsystem: 'input', tags: [] }, Object.entries(properties))

const COMPLETE = { ACTION: 'add', DEVPATH: '/devices/x', SUBSYSTEM: 'input', SEQNUM: '7' }

describe('receivedEvent', () => {
  // As systemd 252's udevadm monitor --property printed this uevent.
  it("has a kernel's uevent with an absolute devnode, and the device number at the end", () => {
    const event = receivedEvent(
      uevent('SUBSYSTEM=input', 'MAJOR=13', 'MINOR=73', 'DEVNAME=input/event9', 'FOO=bar', 'SEQNUM=9635'),
    )
    expect(typeof event === 'object' && [...event.properties]).toEqual([
      ['ACTION', 'add'],
      ['DEVPATH', '/devices/x'],
      ['SUBSYSTEM', 'input'],
      ['DEVNAME', '/dev/input/event9'],
      ['FOO', 'bar'],
      ['SEQNUM', '9635'],
      ['MAJOR', '13'],
      ['MINOR', '73'],
    ])
  })

  it("has udev's message without the version of its database, and its lists at the end", () => {
    const event = receivedEvent(
      announced({
        UDEV_DATABASE_VERSION: '1',
        TAGS: ':a:',
        CURRENT_TAGS: ':a:',
        DEVLINKS: '/dev/l',
        ...COMPLETE,
      }),
    )
    expect(typeof event === 'object' && [...event.properties.keys()]).toEqual([
      ...Object.keys(COMPLETE),
      'DEVLINKS',
      'TAGS',
      'CURRENT_TAGS',
    ])
    expect(event).toMatchObject({ action: 'add', devpath: '/devices/x', subsystem: 'input', seqnum: 7 })
  })

  it('ends a value at a newline', () => {
    const event = receivedEvent(announced({ ...COMPLETE, NAME: 'Pad\nACTION=remove' }))
    expect(typeof event === 'object' && event.properties.get('NAME')).toBe('Pad')
    const kernels = receivedEvent(uevent('SUBSYSTEM=input', 'NAME="Pad\nB"', 'SEQNUM=7'))
    expect(typeof kernels === 'object' && kernels.properties.get('NAME')).toBe('"Pad')
    expect(typeof kernels === 'object' && kernels.whole?.get('NAME')).toBe('"Pad\nB"')
  })

  it.each(Object.keys(COMPLETE))('refuses a message without %s', (key) => {
    const rest = Object.entries(COMPLETE).filter(([name]) => name !== key)
    expect(receivedEvent(announced({ ...Object.fromEntries(rest), FILL: 'long enough for libudev' }))).toBe(
      'incomplete',
    )
  })

  it('refuses an action that nobody knows, and what is neither form', () => {
    expect(receivedEvent(announced({ ...COMPLETE, ACTION: 'plug' }))).toBe('incomplete')
    expect(receivedEvent(announced(COMPLETE).subarray(0, 60))).toBe('broken')
    expect(receivedEvent(Buffer.from('hello\0'))).toBe('no header')
  })
})
