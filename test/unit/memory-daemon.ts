// A daemon in memory for the unit tests: real stages, containers that only listen, and uevents as a test says them. Timers are the test's.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, vi } from 'vitest'
import { parseConfig } from '../../src/config/index.js'
import { Daemon } from '../../src/daemon.js'
import { GROUP_KERNEL, GROUP_UDEV } from '../../src/groups.js'
import type { ContainerHandle, MonitorListener } from '../../src/native.js'
import { native } from '../../src/native.js'
import { decodeMessage, encodeMessage } from '../../src/udev/message.js'
import type { Pad, Uevent } from '../integration/harness/pad.js'
import { movedTo } from '../integration/harness/pad.js'
import { guardedNative } from '../torture/model/addon.js'
import { MemoryContainers } from '../torture/model/memory.js'
import { recordingLog } from './log.js'

export type Said = Partial<Record<string, string>>

export const HOST_TIMEOUT = 500
/** Far above any SEQNUM of the machine. */
let seqnum = 2e12

class Overheard extends MemoryContainers {
  readonly heard: Said[] = []

  override async open(pid: number): Promise<ContainerHandle> {
    const handle = await super.open(pid)
    const send = (message: Buffer, group: number): void => {
      if (group === GROUP_UDEV) this.heard.push(Object.fromEntries(decodeMessage(message) ?? []))
      handle.send(message, group)
    }
    return { ...handle, send }
  }
}

export type MemoryDaemon = Awaited<ReturnType<typeof start>>

let directory: string
let stage: string
const daemons: Daemon[] = []

/** Each test of the suite may start daemons, with timers that go by `vi`. */
export function eachWithMemoryDaemons(): typeof start {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date', 'performance'],
    })
    directory = mkdtempSync('/run/udev-proxy-test-')
    stage = join(directory, 'stage')
    mkdirSync(stage)
  })
  afterEach(async () => {
    const stopped = daemons.splice(0).map(async (daemon) => daemon.stop())
    await vi.advanceTimersByTimeAsync(100)
    await Promise.all(stopped)
    vi.useRealTimers()
    native.unmount(stage)
    rmSync(directory, { recursive: true })
  })
  return start
}

/** A daemon with these routes (YAML, a list) that serves a container `game`, and all that is said there. */
async function start(routes: string, properties = 'builtin') {
  const containers = new Overheard(['game'])
  const { heard } = containers
  const [game] = containers.all
  if (game === undefined) throw new Error('no container')
  await containers.start(game)
  const listeners = new Map<number, MonitorListener>()
  const { addon } = guardedNative(
    containers,
    () => undefined,
    () => true,
  )
  const openMonitor = (group: number, _size: number, listener: MonitorListener) => {
    listeners.set(group, listener)
    return { close: () => undefined, dropped: () => ({ foreign: 0, truncated: 0 }), receiveBuffer: 0 }
  }
  const { log, lines } = recordingLog()
  const text = (list: string) =>
    `version: 1\nstage: ${stage}\nproperties: ${properties}\nhostTimeout: ${HOST_TIMEOUT}\nroutes:\n${list}\n`
  const daemon = new Daemon({
    config: parseConfig(text(routes), 'config.yaml'),
    engine: containers.engine,
    log: { ...log, setLevel: () => undefined },
    addon: { ...addon, openMonitor },
  })
  daemons.push(daemon)
  await vi.advanceTimersByTimeAsync(100)

  /** All of them arrive in one turn of the event loop. */
  const tell = (uevents: readonly Uevent[]): number[] =>
    uevents.map((uevent) => {
      seqnum++
      listeners.get(GROUP_KERNEL)?.onMessages([datagram(uevent, seqnum)])
      return seqnum
    })
  const udevdSays = ({ action, devpath, properties: kernel }: Uevent, number: number, said: Said): void => {
    const pairs = { ACTION: action, DEVPATH: devpath, ...kernel, SEQNUM: String(number), ...said }
    const tags = (said['TAGS'] ?? '').split(':').filter((tag) => tag !== '')
    const message = encodeMessage({ subsystem: kernel['SUBSYSTEM'] ?? '', tags }, Object.entries(pairs))
    listeners.get(GROUP_UDEV)?.onMessages([message])
  }
  return {
    daemon,
    heard,
    lines,
    tell,
    udevdSays,
    /** Lets this many milliseconds go by. */
    pass: async (milliseconds = 5) => vi.advanceTimersByTimeAsync(milliseconds),
    reload: (list: string) => daemon.reload(parseConfig(text(list), 'config.yaml')),
    /** For instance `add event24000`. */
    summary: () => heard.map(({ ACTION, DEVPATH = '' }) => `${ACTION ?? ''} ${sysname(DEVPATH)}`),
    /** Names of nodes in the container. */
    nodes: () => [...containers.inputOf(game), ...containers.boundOf(game)],
    waiting: () => daemon.report().waiting.map(({ reason }) => reason),
    messages: (action: string) =>
      lines.filter((line) => line.action === action).map(({ message }) => message),
  }
}

/** The uevents of the inputs of `other`, as a further part of the HID device of `one`. */
export function inputsBelow(one: Pad, other: Pad): Uevent[] {
  const { add } = movedTo(other, hidOf(other), hidOf(one))
  return add.filter(({ properties }) => properties['SUBSYSTEM'] === 'input')
}

export function hidOf({ add }: Pad): string {
  const [hid] = add
  if (hid === undefined) throw new Error('the pad has no devices')
  return hid.devpath
}

function sysname(devpath: string): string {
  return devpath.slice(devpath.lastIndexOf('/') + 1)
}

function datagram({ action, devpath, properties }: Uevent, number: number): Buffer {
  const pairs = Object.entries({ ACTION: action, DEVPATH: devpath, ...properties, SEQNUM: String(number) })
  const strings = [`${action}@${devpath}`, ...pairs.map(([key, value]) => `${key}=${value}`)]
  return Buffer.from(strings.map((string) => `${string}\0`).join(''))
}
