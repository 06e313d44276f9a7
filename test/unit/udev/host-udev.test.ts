import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Uevent } from '../../../src/kernel/index.js'
import type { MonitorListener } from '../../../src/native.js'
import { encodeMessage } from '../../../src/udev/message.js'
import { HostUdev } from '../../../src/udev/host-udev.js'

const TIMEOUT = 500
const DEVPATH = '/devices/virtual/input/input1/event1'

const uevent = (seqnum: number, devpath = DEVPATH): Uevent => ({
  action: 'add',
  devpath,
  subsystem: 'input',
  seqnum,
  properties: new Map(),
})

const message = (seqnum: number, devpath = DEVPATH, subsystem = 'input'): Buffer =>
  encodeMessage({ subsystem, tags: [] }, [
    ['ACTION', 'add'],
    ['DEVPATH', devpath],
    ['SUBSYSTEM', subsystem],
    ['SEQNUM', String(seqnum)],
    ['ID_INPUT', '1'],
  ])

describe("the host's udevd", () => {
  beforeEach(
    () =>
      void vi.useFakeTimers({
        toFake: ['setInterval', 'clearInterval', 'setTimeout', 'Date', 'performance'],
      }),
  )
  afterEach(() => void vi.useRealTimers())

  function listen() {
    let listener: MonitorListener | undefined
    const told: string[] = []
    const devpaths: string[] = []
    const late: number[] = []
    const parents: string[] = []
    const host = new HostUdev({
      addon: {
        openMonitor: (_group, receiveBuffer, given) => {
          listener = given
          return { close: () => undefined, dropped: () => ({ foreign: 0, truncated: 0 }), receiveBuffer }
        },
      },
      timeout: TIMEOUT,
      onTold: ({ seqnum, devpath }, said) => {
        told.push(`${seqnum} ${said?.get('ID_INPUT') ?? 'silence'}`)
        devpaths.push(devpath)
      },
      onLate: (seqnum) => void late.push(seqnum),
      onParent: (devpath) => void parents.push(devpath),
      onHeard: () => undefined,
      onError: (error) => {
        throw error
      },
    })
    const say = (...messages: Buffer[]): void => listener?.onMessages(messages)
    return { host, say, told, devpaths, late, parents }
  }

  it('is heard of what input devices hang on, whether it was expected or not', () => {
    const { say, told, parents } = listen()
    say(message(7, '/devices/usb1/1-2', 'usb'), message(8, '/devices/pci', 'pci'), message(9))
    expect(parents).toEqual(['/devices/usb1/1-2'])
    expect(told).toEqual([])
  })

  it('is heard of the event that was expected, once', () => {
    const { host, say, told } = listen()
    host.expect(uevent(7))
    say(message(7), message(7))
    vi.advanceTimersByTime(2 * TIMEOUT)
    expect(told).toEqual(['7 1'])
  })

  it('is waited for no longer when the clock is set back meanwhile', () => {
    const { host, told } = listen()
    host.expect(uevent(7))
    host.expect(uevent(8))
    vi.setSystemTime(Date.now() - 3_600_000)
    vi.advanceTimersByTime(TIMEOUT)
    expect(told).toEqual(['7 silence', '8 silence'])
  })

  it('is not believed about another device, another subsystem, or an event that the kernel did not tell of', () => {
    const { host, say, told } = listen()
    host.expect(uevent(7))
    host.pass(7)
    say(message(7, '/devices/virtual/input/input2/event2'), message(7, DEVPATH, 'block'), message(6))
    host.expect(uevent(8))
    expect(told).toEqual([])
  })

  it('may tell of a device that was moved since: its event is handed over as of where it is now', () => {
    const { host, say, devpaths } = listen()
    host.expect(uevent(7))
    host.expect({ ...uevent(8), action: 'remove' })
    host.move({ from: '/devices/virtual/input/input1', to: '/devices/other/input1' })
    host.expect(uevent(9))
    say(message(7), message(8), message(9))
    // What was removed before was not moved, nor what has come since.
    expect(devpaths).toEqual(['/devices/other/input1/event1', DEVPATH, DEVPATH])
  })

  it('may speak before the kernel’s own event has been read', () => {
    const { host, say, told } = listen()
    host.pass(6)
    say(message(7))
    host.expect(uevent(7))
    host.pass(7)
    expect(told).toEqual(['7 1'])
  })

  it('is waited for as long as was said, for each event from its own beginning', () => {
    const { host, say, told } = listen()
    host.expect(uevent(1))
    vi.advanceTimersByTime(300)
    host.expect(uevent(2, '/devices/b'))
    vi.advanceTimersByTime(201)
    expect(told).toEqual(['1 silence'])
    say(message(1))
    vi.advanceTimersByTime(300)
    expect(told).toEqual(['1 silence', '2 silence'])
  })

  it('may tell after its time is over', () => {
    const { host, say, told, late } = listen()
    host.expect(uevent(1))
    host.pass(1)
    vi.advanceTimersByTime(2 * TIMEOUT)
    say(message(2), message(1))
    expect(told).toEqual(['1 silence'])
    expect(late).toEqual([1])
  })

  it('says nothing any more after the end', () => {
    const { host, told } = listen()
    host.expect(uevent(1))
    host.stop()
    vi.advanceTimersByTime(2 * TIMEOUT)
    expect(told).toEqual([])
  })
})
