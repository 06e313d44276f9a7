import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Device, Uevent } from '../../../src/kernel/index.js'
import type { MonitorListener } from '../../../src/native.js'
import { encodeMessage } from '../../../src/udev/message.js'
import { UdevSource } from '../../../src/udev/source.js'
import { recordingLog } from '../log.js'
import { recordOf } from '../records.js'
import { inputDevice } from '../uevents.js'

const socket = { close: () => undefined, dropped: () => ({ foreign: 0, truncated: 0 }), receiveBuffer: 0 }

function added({ devpath, subsystem, seqnum, properties }: Device): Uevent {
  return { action: 'add', devpath, subsystem, seqnum, properties }
}

it('forgets a unit whose removal nobody has told it of', () => {
  const source = new UdevSource(
    {
      addon: { openMonitor: () => socket },
      log: recordingLog().log,
      onTold: () => undefined,
      onLate: () => undefined,
      onLearned: () => undefined,
      onError: () => undefined,
    },
    {
      rules: { recordOf, recordOfParent: recordOf, forget: () => undefined },
      asksHost: 'always',
      hostTimeout: 500,
    },
  )
  const [pad, other] = [inputDevice({ number: 7 }), inputDevice({ number: 8 }, 101)]
  for (const device of [pad, other]) source.follow(added(device), device)
  expect(source.held['asked']).toBe(2)

  // What a device is waits on where it is now, also when its unit has the key that it had.
  source.move({ from: pad.devpath, to: `${pad.unit}/elsewhere` }, [pad.unit])
  expect(source.held['asked']).toBe(2)

  source.forget(pad.unit)
  expect(source.held['asked']).toBe(1)
  source.stop()
})

describe("the host's udevd that tells late", () => {
  beforeEach(
    () =>
      void vi.useFakeTimers({
        toFake: ['setInterval', 'clearInterval', 'setTimeout', 'Date', 'performance'],
      }),
  )
  afterEach(() => void vi.useRealTimers())

  function silent(isUdevdRunning = false) {
    const { log, lines } = recordingLog()
    let listener: MonitorListener | undefined
    const late: string[] = []
    const source = new UdevSource(
      {
        addon: { openMonitor: (_group, _size, given) => ((listener = given), socket) },
        log,
        onTold: () => undefined,
        onLate: ({ devpath, seqnum }) => void late.push(`${seqnum} ${devpath}`),
        onLearned: () => undefined,
        onError: () => undefined,
        run: '/nowhere',
        isUdevdRunning: () => isUdevdRunning,
      },
      {
        rules: { recordOf, recordOfParent: recordOf, forget: () => undefined },
        asksHost: 'always',
        hostTimeout: 500,
      },
    )
    const pad = inputDevice({ number: 7 })
    source.follow(added(pad), pad)
    source.pass(pad.seqnum)
    vi.advanceTimersByTime(1000)
    const say = (seqnum = pad.seqnum, devpath = pad.devpath): void => {
      const said = { ACTION: 'add', DEVPATH: devpath, SUBSYSTEM: 'input', SEQNUM: String(seqnum), MINE: '1' }
      listener?.onMessages([encodeMessage({ subsystem: 'input', tags: [] }, Object.entries(said))])
    }
    return { source, pad, say, late, lines }
  }

  it.each([
    [
      true,
      (devpath: string) =>
        `the host's udevd has not announced ${devpath} within 500 ms: builtin properties are used until it does; if it is often that slow, a longer hostTimeout in the config gives it the time`,
    ],
    [
      false,
      (devpath: string) =>
        `no udevd runs on the host that could announce ${devpath}: builtin properties are used; start it (systemctl start systemd-udevd), or write properties: builtin in the config`,
    ],
  ])('is told of once, with what helps (it runs: %s)', (isRunning, sentence) => {
    const { source, pad, lines } = silent(isRunning)
    source.follow({ ...added(pad), action: 'change', seqnum: pad.seqnum + 1 })
    vi.advanceTimersByTime(1000)
    expect(lines.map(({ message }) => message)).toEqual([sentence(pad.devpath)])
    source.stop()
  })

  it('is listened to, once, and no longer than its event is the last of the device', () => {
    const { source, pad, say, late } = silent()
    expect(source.addOf(pad, 'host')?.record.properties.has('MINE')).toBe(false)
    say(pad.seqnum, '/devices/other')
    say()
    say()
    expect(late).toEqual([`${pad.seqnum} ${pad.devpath}`])
    expect(source.addOf(pad, 'host')?.record.properties.get('MINE')).toBe('1')
    source.stop()
  })

  it('is not listened to about a device that has gone or changed', () => {
    for (const action of ['remove', 'change'] as const) {
      const { source, pad, say, late } = silent()
      source.follow({ ...added(pad), action, seqnum: pad.seqnum + 1 })
      say()
      expect(late).toEqual([])
      source.stop()
    }
  })

  it('is listened to about a device that was moved meanwhile, as of where it is now', () => {
    const { source, pad, say, late } = silent()
    source.move({ from: pad.devpath, to: `${pad.devpath}1` }, [])
    say()
    expect(late).toEqual([`${pad.seqnum} ${pad.devpath}1`])
    source.stop()
  })
})
