import { describe, expect, it } from 'vitest'
import type { Destination } from '../../../src/attach/destination.js'
import type { MonitoredEvent } from '../../../src/cli/monitor-line.js'
import { banner, eventJson, eventText } from '../../../src/cli/monitor-line.js'

const EVENT: MonitoredEvent = {
  source: 'KERNEL',
  at: 831_053_980,
  action: 'add',
  devpath: '/devices/virtual/input/input9/event9',
  subsystem: 'input',
  seqnum: 9635,
  properties: new Map([
    ['ACTION', 'add'],
    ['DEVNAME', '/dev/input/event9'],
  ]),
}
const ROUTE = { kind: 'route', route: 'player-one', selector: 'label a=b' } as const

describe("udevadm's layout", () => {
  // Verbatim from udevadm monitor of systemd 252.
  it('begins with what is monitored', () => {
    expect(banner(['UDEV', 'KERNEL'])).toBe(
      'monitor will print the received events for:\nUDEV - the event which udev sends out after rule processing\nKERNEL - the kernel uevent\n\n',
    )
    expect(banner(['KERNEL'])).toBe(
      'monitor will print the received events for:\nKERNEL - the kernel uevent\n\n',
    )
    expect(banner(['UDEV'])).toBe(
      'monitor will print the received events for:\nUDEV - the event which udev sends out after rule processing\n\n',
    )
  })

  it('has a line for each event', () => {
    expect(eventText(EVENT, false)).toBe(
      'KERNEL[831.053980] add      /devices/virtual/input/input9/event9 (input)\n',
    )
    expect(eventText({ ...EVENT, source: 'UDEV', at: 5_000_007, action: 'remove' }, false)).toBe(
      'UDEV  [5.000007] remove   /devices/virtual/input/input9/event9 (input)\n',
    )
  })

  it('has the properties below it, and an empty line', () => {
    expect(eventText(EVENT, true)).toBe(
      'KERNEL[831.053980] add      /devices/virtual/input/input9/event9 (input)\nACTION=add\nDEVNAME=/dev/input/event9\n\n',
    )
  })

  it('lets no control character of a device reach a terminal', () => {
    const properties = new Map([['NAME', '"\x1b]0;Pad\x07\x9b1m"']])
    expect(eventText({ ...EVENT, properties }, true)).toContain('\nNAME="\ufffd]0;Pad\ufffd\ufffd1m"\n')
  })
})

it('shows a byte that is no text escaped, in text and in JSON', () => {
  const properties = new Map([['NAME', '"caf\udce9"']])
  expect(eventText({ ...EVENT, properties }, true)).toContain('\nNAME="caf\\xe9"\n')
  expect(JSON.parse(eventJson({ ...EVENT, properties }))).toMatchObject({
    properties: { NAME: '"caf\\xe9"' },
  })
})

describe('the route of an event', () => {
  it.each<[string, Destination]>([
    ['-> not decided yet', { kind: 'undecided', reason: 'why' }],
    ['-> no route', { kind: 'none' }],
    ['-> no route (a keyboard, which player-one does not name)', { kind: 'none', withheld: 'player-one' }],
    ['-> player-one (retroarch-1)', { ...ROUTE, state: 'served', container: 'retroarch-1' }],
    ['-> player-one (retroarch-1, not running)', { ...ROUTE, state: 'absent', container: 'retroarch-1' }],
    ['-> player-one (retroarch-1, refused)', { ...ROUTE, state: 'refused', container: 'retroarch-1' }],
    ['-> player-one (label a=b, not running)', { ...ROUTE, state: 'absent' }],
    ['-> player-one (label a=b)', { ...ROUTE, state: 'unknown' }],
  ])('is told as %s', (text, destination) => {
    const line = 'KERNEL[831.053980] add      /devices/virtual/input/input9/event9 (input)'
    expect(eventText({ ...EVENT, destination }, false)).toBe(`${line} ${text}\n`)
    expect(
      eventText({ ...EVENT, destination }, true)
        .split('\n')
        .slice(0, 3),
    ).toEqual([line, text, 'ACTION=add'])
  })
})

describe('JSON', () => {
  it('is one object a line', () => {
    const properties = new Map([
      ['NAME', '"two\nlines"'],
      ['__proto__', 'x'],
    ])
    const text = eventJson({
      ...EVENT,
      properties,
      destination: { ...ROUTE, state: 'served', container: 'retroarch-1' },
    })
    expect(text).toMatch(/^[^\n]+\n$/)
    expect(text).toBe(
      '{"source":"kernel","time":831.05398,"action":"add","devpath":"/devices/virtual/input/input9/event9","subsystem":"input",' +
        '"properties":{"NAME":"\\"two\\nlines\\"","__proto__":"x"},"route":"player-one","container":"retroarch-1"}\n',
    )
  })

  it('has neither route nor container where no route takes the event', () => {
    for (const destination of [
      undefined,
      { kind: 'none' } as const,
      { kind: 'undecided', reason: 'why' } as const,
    ]) {
      expect(Object.keys(JSON.parse(eventJson({ ...EVENT, destination })) as object)).toEqual([
        'source',
        'time',
        'action',
        'devpath',
        'subsystem',
        'properties',
      ])
    }
  })
})
