import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Narrator } from '../../../src/attach/narrator.js'
import { movedDevice } from '../../../src/kernel/index.js'
import { recordingLog } from '../log.js'
import { childDevice, hidDevice, inputDevice } from '../uevents.js'

const pad = inputDevice({ name: 'Test Pad' })
const event = childDevice(pad, 'event7', 71)
const js = childDevice(pad, 'js0', 0)

const settled = (devices: (typeof pad)[], live = true) => ({
  kind: 'settled' as const,
  at: 0,
  stage: 'retro',
  unit: pad.unit,
  route: 'r',
  devices,
  live,
})

describe('Narrator', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('tells one line for a unit, however many devices it has', () => {
    const { log, lines } = recordingLog()
    const narrator = new Narrator(log)
    narrator.settled(settled([pad]))
    narrator.settled(settled([pad, js]))
    narrator.settled(settled([pad, js, event]))
    expect(lines).toEqual([])
    vi.advanceTimersByTime(200)
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'attached "Test Pad" (045e:028e) to retro: js0, event7 (route r)',
        container: 'retro',
        device: '"Test Pad" (045e:028e)',
        route: 'r',
        action: 'attach',
      },
    ])
  })

  it('tells the end with the devices that it had, and the beginning before it', () => {
    const { log, lines } = recordingLog()
    const narrator = new Narrator(log)
    narrator.settled(settled([pad, event]))
    narrator.settled(settled([]))
    vi.advanceTimersByTime(200)
    expect(lines.map(({ message }) => message)).toEqual([
      'attached "Test Pad" (045e:028e) to retro: event7 (route r)',
      'detached "Test Pad" (045e:028e) from retro: event7',
    ])
    vi.advanceTimersByTime(200)
    expect(lines).toHaveLength(2)
  })

  it('tells one line for the end of a unit whose devices go one by one', () => {
    const { log, lines } = recordingLog()
    const narrator = new Narrator(log)
    narrator.settled(settled([pad, js, event]))
    vi.advanceTimersByTime(200)
    for (const left of [[pad, event], [pad], []]) {
      narrator.settled(settled(left))
      vi.advanceTimersByTime(200)
    }
    expect(lines.map(({ message }) => message)).toEqual([
      'attached "Test Pad" (045e:028e) to retro: js0, event7 (route r)',
      'detached "Test Pad" (045e:028e) from retro: js0, event7',
    ])
  })

  it('is silent about a stage whose container does not run, and about what has not changed', () => {
    const { log, lines } = recordingLog()
    const narrator = new Narrator(log)
    narrator.settled(settled([pad, event], false))
    vi.advanceTimersByTime(200)
    narrator.settled(settled([]))
    vi.advanceTimersByTime(200)
    expect(lines).toEqual([])
    narrator.settled(settled([pad]))
    vi.advanceTimersByTime(200)
    narrator.settled(settled([pad]))
    vi.advanceTimersByTime(200)
    expect(lines).toHaveLength(1)
  })

  describe('when the driver of a HID device is bound anew', () => {
    const hid = { ...hidDevice(), facts: pad.facts }
    const before = [hid, { ...pad, unit: hid.unit }, { ...event, unit: hid.unit }]
    const after = [
      hid,
      { ...pad, sysname: 'input24', seqnum: 40, unit: hid.unit },
      { ...childDevice(pad, 'event8', 72), seqnum: 41, unit: hid.unit },
    ]
    const ofHid = (devices: (typeof pad)[]) => ({ ...settled(devices), unit: hid.unit })
    const detached = 'detached "Test Pad" (045e:028e) from retro: event7'
    const attached = (node: string) => `attached "Test Pad" (045e:028e) to retro: ${node} (route r)`

    it.each([
      ['with what it had in between', [[hid]]],
      ['with what is still on its way out', [[...before, ...after.slice(1)]]],
      ['at once', []],
    ])('tells that it was detached, and attached again: %s', (_, between) => {
      const { log, lines } = recordingLog()
      const narrator = new Narrator(log)
      narrator.settled(ofHid(before))
      vi.advanceTimersByTime(200)
      for (const devices of between) narrator.settled(ofHid(devices))
      narrator.settled(ofHid(after))
      vi.advanceTimersByTime(200)
      expect(lines.map(({ message }) => message)).toEqual([attached('event7'), detached, attached('event8')])
      narrator.settled(ofHid([]))
      vi.advanceTimersByTime(200)
      expect(lines.at(-1)?.message).toBe('detached "Test Pad" (045e:028e) from retro: event8')
      expect(narrator.size).toBe(0)
    })

    it('tells the end once when no driver is bound again', () => {
      const { log, lines } = recordingLog()
      const narrator = new Narrator(log)
      narrator.settled(ofHid(before))
      vi.advanceTimersByTime(200)
      for (const devices of [[hid], [hid], []]) {
        narrator.settled(ofHid(devices))
        vi.advanceTimersByTime(200)
      }
      expect(lines.map(({ message }) => message)).toEqual([attached('event7'), detached])
      expect(narrator.size).toBe(0)
    })
  })

  it('tells what comes to a unit later, and no more than that', () => {
    const { log, lines } = recordingLog()
    const narrator = new Narrator(log)
    for (const devices of [[pad, event], [pad, event, js], []]) {
      narrator.settled(settled(devices))
      vi.advanceTimersByTime(200)
    }
    expect(lines.map(({ message }) => message)).toEqual([
      'attached "Test Pad" (045e:028e) to retro: event7 (route r)',
      'attached more of "Test Pad" (045e:028e) to retro: js0 (route r)',
      'detached "Test Pad" (045e:028e) from retro: event7, js0',
    ])
  })

  it('is silent about a move, and tells the end of what was moved', () => {
    const { log, lines } = recordingLog()
    const narrator = new Narrator(log)
    narrator.settled(settled([pad, event]))
    vi.advanceTimersByTime(200)
    const to = '/devices/elsewhere/input23'
    narrator.moved(pad.unit, to)
    const move = { from: pad.devpath, to }
    const settledThere = (devices: (typeof pad)[]) => ({ ...settled(devices), unit: to })
    narrator.settled(settledThere([movedDevice(move, pad), movedDevice(move, event)]))
    vi.advanceTimersByTime(200)
    expect(lines).toHaveLength(1)
    narrator.settled(settledThere([]))
    vi.advanceTimersByTime(200)
    expect(lines.at(-1)?.message).toBe('detached "Test Pad" (045e:028e) from retro: event7')
    expect(narrator.size).toBe(0)
  })

  it('tells of the attachment again after the container was started anew', () => {
    const { log, lines } = recordingLog()
    const narrator = new Narrator(log)
    narrator.settled(settled([pad]))
    vi.advanceTimersByTime(200)
    narrator.ended('retro')
    narrator.settled(settled([pad]))
    vi.advanceTimersByTime(200)
    expect(lines).toHaveLength(2)
  })
})
