// Devices that are moved while a container has them: what it hears, and what the daemon keeps.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Stages } from '../../src/attach/stages.js'
import { parseConfig } from '../../src/config/index.js'
import { Daemon } from '../../src/daemon.js'
import { GROUP_KERNEL, GROUP_UDEV } from '../../src/groups.js'
import type { ContainerHandle, MonitorListener } from '../../src/native.js'
import { native } from '../../src/native.js'
import { decodeMessage, encodeMessage } from '../../src/udev/message.js'
import type { Pad, Uevent } from '../integration/harness/pad.js'
import { moveUevent, movedTo, pad } from '../integration/harness/pad.js'
import { hidrawMajor } from '../integration/harness/rig.js'
import { guardedNative } from '../torture/model/addon.js'
import { MemoryContainers } from '../torture/model/memory.js'
import { recordingLog } from './log.js'

type Said = Partial<Record<string, string>>

const HIDRAW_MAJOR = hidrawMajor()
const HOST_TIMEOUT = 500
const GONE = '/devices/0003:F00D:0CE6.5DC0'
/** Far above any SEQNUM of the machine. */
let seqnum = 1e12

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

describe('a device that is moved', () => {
  let directory: string
  let stage: string
  const daemons: Daemon[] = []
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

  /** A daemon that serves a container, and everything that is said there. */
  async function bench(properties = 'builtin', match = 'name: "Pad*"', containers = new Overheard(['game'])) {
    const { heard } = containers
    const [game] = containers.all
    if (game === undefined) throw new Error('no container')
    if (game.run === undefined) await containers.start(game)
    const listeners = new Map<number, MonitorListener>()
    const addon = {
      ...guardedNative(
        containers,
        () => undefined,
        () => true,
      ).addon,
      openMonitor: (group: number, _size: number, listener: MonitorListener) => {
        listeners.set(group, listener)
        return { close: () => undefined, dropped: () => ({ foreign: 0, truncated: 0 }), receiveBuffer: 0 }
      },
    }
    const { log, lines } = recordingLog()
    const daemon = new Daemon({
      config: parseConfig(
        `version: 1\nstage: ${stage}\nproperties: ${properties}\nhostTimeout: ${HOST_TIMEOUT}\nroutes:\n  - { name: r, match: { ${match} }, container: game }\n`,
        'config.yaml',
      ),
      engine: containers.engine,
      log: { ...log, setLevel: () => undefined },
      addon,
    })
    daemons.push(daemon)
    await vi.advanceTimersByTimeAsync(100)

    /** All of them arrive in one turn of the event loop. */
    const tell = (uevents: Uevent[]): number[] =>
      uevents.map((uevent) => {
        seqnum++
        listeners.get(GROUP_KERNEL)?.onMessages([datagram(uevent, seqnum)])
        return seqnum
      })
    const udevdSays = ({ action, devpath, properties: kernel }: Uevent, number: number, said: Said): void => {
      const pairs = { ACTION: action, DEVPATH: devpath, ...kernel, SEQNUM: String(number), ...said }
      const message = encodeMessage({ subsystem: kernel['SUBSYSTEM'] ?? '', tags: [] }, Object.entries(pairs))
      listeners.get(GROUP_UDEV)?.onMessages([message])
    }
    const turn = async () => vi.advanceTimersByTimeAsync(5)
    // Looks for a udevd in the container end by themselves.
    const held = () =>
      Object.entries(daemon.report().held).filter(([kind, size]) => size > 0 && kind !== 'sessionTimers')
    const summary = (): string[] => heard.map(({ ACTION, DEVPATH }) => `${ACTION ?? ''} ${DEVPATH ?? ''}`)
    const noted = (): string[] =>
      new Stages(stage, native)
        .get('game')
        .all.map(
          ({ attachment: { device }, isDoubtful }) => `${device.devpath}${isDoubtful ? ' in doubt' : ''}`,
        )
    return { containers, game, daemon, heard, lines, tell, udevdSays, turn, held, summary, noted }
  }

  const plugged = (name = 'Pad') => pad(24_000, { name, hidrawMajor: HIDRAW_MAJOR })

  it('is told of once, and known under its new devpath from then on, with all that is below it', async () => {
    const { containers, game, heard, lines, tell, turn, held, summary } = await bench()
    const before = held()
    const first = plugged()
    tell(first.add)
    await turn()
    const added = heard.find(({ DEVPATH }) => DEVPATH === hidOf(first))
    expect(containers.inputOf(game)).toEqual(['event24000', 'js24000'])
    heard.length = 0

    const after = movedTo(first, hidOf(first), GONE)
    const [number] = tell([moveUevent(first, after)])
    await turn()
    expect(heard).toHaveLength(1)
    expect(heard[0]).toEqual({
      ...added,
      ACTION: 'move',
      DEVPATH: GONE,
      DEVPATH_OLD: hidOf(first),
      SEQNUM: String(number),
      // It is bound by now.
      DRIVER: 'hid-generic',
      MODALIAS: heard[0]?.['MODALIAS'],
    })
    expect([...(game.run?.client ?? [])].toSorted()).toEqual(devpaths(after))

    heard.length = 0
    const change = after.add.filter(({ devpath }) => devpath === after.event)
    tell([...change.map((add) => ({ ...add, action: 'change' })), ...after.remove])
    await turn()
    expect(summary()).toEqual([
      `change ${after.event}`,
      ...after.remove.map(({ action, devpath }) => `${action} ${devpath}`),
    ])
    for (const one of heard) if (one['ACTION'] !== 'move') expect(one).not.toHaveProperty('DEVPATH_OLD')
    expect(containers.violations).toEqual([])
    expect(game.run?.client.size).toBe(0)
    await vi.advanceTimersByTimeAsync(500)
    expect(held()).toEqual(before)
    // People are told of a device that came and went, and of nothing between.
    const told = lines.filter(({ action }) => action === 'attach' || action === 'detach')
    expect(told.map(({ action }) => action)).toEqual(['attach', 'detach'])
  })

  it('keeps its node, and its record but for what its new place makes of it', async () => {
    const { tell, turn } = await bench()
    const first = plugged()
    tell(first.add)
    await turn()
    const files = (): string[] =>
      ['input', 'udev/data', 'dev'].flatMap((name) => readdirSync(join(stage, 'game', name)))
    const inodes = (): bigint[] =>
      ['input/event24000', 'input/js24000', 'dev/hidraw24000'].map(
        (name) => statSync(join(stage, 'game', name), { bigint: true }).ino,
      )
    const before = [files(), inodes()]
    tell([moveUevent(first, movedTo(first, hidOf(first), GONE))])
    await turn()
    expect([files(), inodes()]).toEqual(before)
  })

  it('is an inputN as well', async () => {
    const { game, heard, tell, turn, summary, held } = await bench()
    const before = held()
    const first = pad(24_001, { name: 'Pad' })
    const after = movedTo(first, first.input, '/devices/platform/elsewhere/input24001')
    tell(first.add)
    await turn()
    const added = heard.find(({ DEVPATH }) => DEVPATH === first.input)
    heard.length = 0
    tell([moveUevent(first, after)])
    await turn()
    expect(summary()).toEqual([`move ${after.input}`])
    expect(heard[0]).toMatchObject({
      DEVPATH_OLD: first.input,
      USEC_INITIALIZED: added?.['USEC_INITIALIZED'],
      ID_INPUT_JOYSTICK: '1',
      NAME: '"Pad"',
    })
    tell(after.remove)
    await turn()
    expect(summary().slice(1)).toEqual(after.remove.map(({ devpath }) => `remove ${devpath}`))
    expect(game.run?.client.size).toBe(0)
    await vi.advanceTimersByTimeAsync(500)
    expect(held()).toEqual(before)
  })

  it('may be moved while a step of it runs, or anything waits', async () => {
    const { containers, game, tell, turn, held } = await bench()
    const before = held()
    const first = plugged()
    const after = movedTo(first, hidOf(first), GONE)
    for (let cut = 1; cut <= first.add.length; cut++) {
      // The hidraw node is bound by a thread, and its announcement waits for that.
      tell([...first.add.slice(0, cut), moveUevent(first, after), ...after.add.slice(cut)])
      await turn()
      expect([...(game.run?.client ?? [])].toSorted(), `moved after ${cut}`).toEqual(devpaths(after))
      expect(containers.boundOf(game)).toEqual([after.hidrawNode])
      tell(after.remove.slice(0, 2))
      tell([moveUevent(after, first), ...first.remove.slice(2)])
      await turn()
      expect([...(game.run?.client ?? [])]).toEqual([])
      expect(containers.boundOf(game)).toEqual([])
      await vi.advanceTimersByTimeAsync(500)
      expect(held()).toEqual(before)
    }
    expect(containers.violations).toEqual([])
  })

  it('is told of nothing when something above it was moved', async () => {
    const { game, heard, tell, turn, summary, held } = await bench()
    const before = held()
    const first = plugged()
    const [from, to] = ['/devices/virtual/misc/uhid', '/devices/virtual/misc/other']
    const after = movedTo(first, from, to)
    tell(first.add)
    await turn()
    heard.length = 0
    tell([{ action: 'move', devpath: to, properties: { DEVPATH_OLD: from, SUBSYSTEM: 'misc' } }])
    await turn()
    expect(heard).toEqual([])
    const change = after.add.filter(({ devpath }) => devpath === after.event)
    tell([...change.map((add) => ({ ...add, action: 'change' })), ...after.remove])
    await turn()
    expect(summary()).toEqual([
      `change ${after.event}`,
      ...after.remove.map(({ action, devpath }) => `${action} ${devpath}`),
    ])
    game.run?.client.clear()
    await vi.advanceTimersByTimeAsync(500)
    expect(held()).toEqual(before)
  })

  it.each([
    ['that no route takes', 'Other', 'name: "Pad*"'],
    ['that waits for its container', 'Pad', 'name: "Pad*"'],
  ])('%s is only known under its new devpath', async (what, name, match) => {
    const { containers, game, heard, tell, turn, held, daemon } = await bench('host', match)
    if (what.includes('waits')) await containers.stop(game)
    await turn()
    const before = held()
    const first = plugged(name)
    const after = movedTo(first, hidOf(first), GONE)
    tell([...first.add, moveUevent(first, after)])
    await turn()
    expect(heard).toEqual([])
    const report = daemon.report()
    if (name === 'Pad') {
      expect(report.waiting.map(({ unit }) => unit)).toEqual([GONE])
      expect(report.containers.flatMap(({ units }) => units.map(({ unit }) => unit))).toEqual([GONE])
    } else expect(report.unrouted).toBe(1)
    tell(after.remove)
    await vi.advanceTimersByTimeAsync(2 * HOST_TIMEOUT)
    expect(held()).toEqual(before)
  })

  it('before it could be announced is announced where it is then', async () => {
    const { game, heard, tell, turn } = await bench()
    const first = plugged()
    const after = movedTo(first, hidOf(first), GONE)
    // The node of its hidraw is bound while the others are told of.
    const before = pad(24_001, { name: 'Pad', hidrawMajor: HIDRAW_MAJOR })
    tell([...before.add, ...first.add, moveUevent(first, after)])
    await turn()
    const ofIt = heard.filter(({ DEVPATH = '' }) => !before.add.some(({ devpath }) => devpath === DEVPATH))
    expect(ofIt.filter(({ DEVPATH = '' }) => !DEVPATH.startsWith(GONE))).toEqual([])
    expect(ofIt.filter(({ DEVPATH }) => DEVPATH === GONE).map(({ ACTION }) => ACTION)).toEqual([
      'add',
      'bind',
      'change',
    ])
    expect(ofIt.filter((said) => 'DEVPATH_OLD' in said)).toEqual([])
    const both = [...devpaths(before), ...devpaths(after)].toSorted()
    expect([...(game.run?.client ?? [])].toSorted()).toEqual(both)
  })

  it('without saying from where, on the word of a person, is told of like a change', async () => {
    const { heard, tell, turn, summary } = await bench()
    const first = plugged()
    tell(first.add)
    await turn()
    heard.length = 0
    const event = first.add.filter(({ devpath }) => devpath === first.event)
    tell(event.map((add) => ({ ...add, action: 'move', properties: { ...add.properties, SYNTH_UUID: '0' } })))
    await turn()
    expect(summary()).toEqual([`move ${first.event}`])
    expect(heard[0]?.['SYNTH_UUID']).toBe('0')
  })

  it('into another unit is looked for in sysfs', async () => {
    const { game, tell, turn, summary, held } = await bench()
    const before = held()
    const first = plugged()
    tell(first.add)
    await turn()
    tell([moveUevent(first, movedTo(first, first.input, '/devices/virtual/input/input24000'), first.input)])
    await turn()
    // There is nothing of it.
    expect(game.run?.client.size).toBe(0)
    expect(summary().filter((line) => line.startsWith('move'))).toEqual([])
    await vi.advanceTimersByTimeAsync(500)
    expect(held()).toEqual(before)
  })

  describe('is noted', () => {
    async function moved(properties: string, milliseconds: number) {
      const { tell, udevdSays, turn, noted } = await bench(properties)
      const first = plugged()
      const after = movedTo(first, hidOf(first), GONE)
      tell(first.add).forEach((number, index) => {
        const uevent = first.add[index]
        if (uevent !== undefined) udevdSays(uevent, number, {})
      })
      await vi.advanceTimersByTimeAsync(100)
      tell([moveUevent(first, after)])
      await turn()
      await vi.advanceTimersByTimeAsync(milliseconds)
      return { first, after, noted: noted().toSorted() }
    }

    it('under its new devpath before it is told of, in doubt of all that is below it', async () => {
      const { after, noted } = await moved('builtin', 0)
      expect(noted).toEqual(devpaths(after).map((devpath) => `${devpath} in doubt`))
    })

    it('so that a daemon that follows one that was killed has it removed under both: one of them is known', async () => {
      const first = await bench()
      const before = plugged()
      const after = movedTo(before, hidOf(before), GONE)
      first.tell(before.add)
      await vi.advanceTimersByTimeAsync(100)
      first.tell([moveUevent(before, after)])
      first.heard.length = 0
      // It is never stopped; sysfs has nothing of the device.
      daemons.length = 0
      vi.clearAllTimers()
      const next = await bench('builtin', 'name: "Pad*"', first.containers)
      expect(next.summary().toSorted()).toEqual(
        [...devpaths(before), ...devpaths(after)].map((devpath) => `remove ${devpath}`).toSorted(),
      )
      expect(next.game.run?.client.size).toBe(0)
    })

    it('without doubt a moment later', async () => {
      const { after, noted } = await moved('builtin', 100)
      expect(noted).toEqual(devpaths(after))
    })

    it("not at all while the host's udevd has not told of it: the container knows nothing of its new devpath", async () => {
      const { first, noted } = await moved('host', 100)
      expect(noted).toEqual(devpaths(first))
    })
  })

  describe("and whose properties come from the host's udevd", () => {
    it('is told of when udevd has told of it, with what it said', async () => {
      const { heard, tell, udevdSays, turn, summary, held } = await bench('host')
      const before = held()
      const first = pad(24_002, { name: 'Pad' })
      const after = movedTo(first, first.input, '/devices/platform/elsewhere/input24002')
      const said = { USEC_INITIALIZED: '4711', ID_INPUT: '1', MINE: 'first' }
      tell(first.add).forEach((number, index) =>
        udevdSays(first.add[index] ?? moveUevent(first, after), number, said),
      )
      await turn()
      expect(summary()).toHaveLength(3)
      heard.length = 0
      const move = moveUevent(first, after)
      const [number = 0] = tell([move])
      await turn()
      expect(heard).toEqual([])
      udevdSays(move, number, { ...said, MINE: 'then' })
      await turn()
      expect(heard).toEqual([
        expect.objectContaining({
          ACTION: 'move',
          DEVPATH: after.input,
          DEVPATH_OLD: first.input,
          SEQNUM: String(number),
          USEC_INITIALIZED: '4711',
          MINE: 'then',
        }),
      ])
      heard.length = 0
      tell(after.remove).forEach((each, index) => udevdSays(after.remove[index] ?? move, each, said))
      await turn()
      expect(summary()).toEqual(after.remove.map(({ devpath }) => `remove ${devpath}`))
      await vi.advanceTimersByTimeAsync(2 * HOST_TIMEOUT)
      expect(held()).toEqual(before)
    })

    it('and removed at once is told of as moved before it is told as removed; udevd may be silent', async () => {
      const { heard, tell, udevdSays, turn, summary, held } = await bench('host')
      const before = held()
      const first = pad(24_003, { name: 'Pad' })
      const after = movedTo(first, first.input, '/devices/platform/elsewhere/input24003')
      tell(first.add).forEach((number, index) =>
        udevdSays(first.add[index] ?? moveUevent(first, after), number, {}),
      )
      await turn()
      heard.length = 0
      tell([moveUevent(first, after), ...after.remove])
      await vi.advanceTimersByTimeAsync(2 * HOST_TIMEOUT)
      expect(summary().toSorted()).toEqual(
        [`move ${after.input}`, ...after.remove.map(({ devpath }) => `remove ${devpath}`)].toSorted(),
      )
      const own = summary().filter((line) => line.endsWith(after.input))
      expect(own).toEqual([`move ${after.input}`, `remove ${after.input}`])
      await vi.advanceTimersByTimeAsync(500)
      expect(held()).toEqual(before)
    })

    it('is found by what udevd says later of the time before', async () => {
      const { game, heard, tell, udevdSays, turn, summary, held } = await bench('host')
      const before = held()
      const first = pad(24_004, { name: 'Pad' })
      const after = movedTo(first, first.input, '/devices/platform/elsewhere/input24004')
      const move = moveUevent(first, after)
      const numbers = tell([...first.add, move])
      await turn()
      expect(heard).toEqual([])
      const uevents = [...first.add, move]
      numbers.forEach((number, index) => udevdSays(uevents[index] ?? move, number, { MINE: '1' }))
      await turn()
      // Nobody has heard of it before: it comes where it is now.
      expect(summary()).toEqual([...after.add.map(({ devpath }) => `add ${devpath}`), `move ${after.input}`])
      expect([...(game.run?.client ?? [])].toSorted()).toEqual(devpaths(after))
      tell(after.remove)
      await vi.advanceTimersByTimeAsync(3 * HOST_TIMEOUT)
      expect(game.run?.client.size).toBe(0)
      expect(held()).toEqual(before)
    })
  })
})

function hidOf({ add }: Pad): string {
  return add[0]?.devpath ?? ''
}

function devpaths({ add }: Pad): string[] {
  return [...new Set(add.map(({ devpath }) => devpath))].toSorted()
}

function datagram({ action, devpath, properties }: Uevent, number: number): Buffer {
  const pairs = { ACTION: action, DEVPATH: devpath, ...properties, SEQNUM: String(number) }
  const lines = [`${action}@${devpath}`, ...Object.entries(pairs).map(([key, value]) => `${key}=${value}`)]
  return Buffer.from(`${lines.join('\0')}\0`)
}
