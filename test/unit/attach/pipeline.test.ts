import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { resolveEarlier } from '../../../src/attach/earlier.js'
import { Pipeline } from '../../../src/attach/pipeline.js'
import { Stages } from '../../../src/attach/stages.js'
import type { Trace } from '../../../src/attach/trace.js'
import { addDevice, createWorld, removeDevice, setContainer } from '../../../src/attach/world.js'
import { Session } from '../../../src/container/session.js'
import type { Device } from '../../../src/kernel/index.js'
import { native } from '../../../src/native.js'
import type { UdevEvent } from '../../../src/udev/event.js'
import type { StoredRecord } from '../../../src/udev/record.js'
import type { UdevSource } from '../../../src/udev/source.js'
import { recordingLog } from '../log.js'
import { compiled, container } from '../routes.js'
import { addOf } from '../records.js'
import { childDevice, inputDevice } from '../uevents.js'
import { eachWithStageRoot } from './stage-root.js'

const pad = inputDevice({ name: 'Pad' })
const event = childDevice(pad, 'event7', 71)

describe('the pipeline, on a stage whose container does not run', () => {
  let root: string
  eachWithStageRoot((path) => (root = path))
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date', 'performance'],
    })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** What udev says of what is above a unit. */
  const NONE: StoredRecord[] = []
  const parents = new Map<string, StoredRecord[]>()
  afterEach(() => parents.clear())

  /** With what udev says of a device, if it is not what the builtin rules do. */
  function benchOf(addOf: UdevSource['addOf'], ...selectors: string[]) {
    const routes = selectors.map((selector, index) => compiled(`r${index}`, { vendor: ['045e'] }, selector))
    const world = { ...createWorld(routes, '4:host'), containersKnown: true }
    const stages = new Stages(root, native)
    const { log, lines } = recordingLog()
    const traces: Trace[] = []
    const hooks: { traced?: (trace: Trace) => void } = {}
    const parentsOf: UdevSource['parentsOf'] = ({ unit }) => parents.get(unit) ?? NONE
    const pipeline = new Pipeline({
      world,
      stages,
      log,
      udev: { auto: 'builtin', addOf, parentsOf },
      trace: (trace) => {
        traces.push(trace)
        hooks.traced?.(trace)
      },
      seqnum: () => 1,
      serve: () => undefined,
      remake: () => false,
    })
    const ended = pipeline.start()
    const plug = (): void => {
      for (const device of [pad, event]) addDevice(world, device)
      pipeline.touchUnit(pad.unit)
    }
    const unplug = (): void => {
      for (const device of [event, pad]) removeDevice(world, device.unit, device.devpath)
      pipeline.touchUnit(pad.unit)
    }
    const inputOf = (name: string): string[] => readdirSync(join(root, name, 'input'))
    const dataOf = (name: string): string[] => readdirSync(join(root, name, 'udev/data')).sort()
    return { world, stages, pipeline, ended, lines, traces, hooks, plug, unplug, inputOf, dataOf }
  }

  const bench = (...selectors: string[]) => benchOf(addOf, ...selectors)

  /** With these links and tags of every node. */
  const saying =
    (links: string[], tags: string[] = []) =>
    (device: Device): UdevEvent => {
      const event = addOf(device)
      const { record } = event
      return { ...event, record: { ...record, links, tags: [...record.tags, ...tags] } }
    }

  it('attaches a device without the links and tags that no file can have the name of, and says so once', () => {
    const link = `input/by-id/usb-${'x'.repeat(240)}-event-mouse`
    const said = saying([link, 'input/by-path/pad-event'], ['a/b', 't'.repeat(256), 'mine'])
    const { plug, unplug, lines, inputOf, pipeline, stages } = benchOf(said, 'retro')
    plug()
    expect(inputOf('retro').sort()).toEqual(['by-path', 'event7'])
    const data = join(root, 'retro/udev/data')
    expect(readFileSync(join(data, 'c13:71'), 'utf8')).toContain(`S:${link}\n`)
    expect(readdirSync(join(root, 'retro/udev/tags')).sort()).toEqual(['mine', 'seat', 'uaccess'])
    expect(stages.get('retro').all.map(({ paused }) => paused)).toEqual([false, false])
    const warnings = lines.filter(({ level }) => level === 'warn')
    expect(warnings.filter(({ message }) => message.includes(link))).toEqual([
      expect.objectContaining({ container: 'retro', device: 'input/event7', route: 'r0', action: 'link' }),
    ])
    expect(warnings).toHaveLength(1 + 2 + 2)
    for (const applied of stages.get('retro').all)
      applied.updates.push({ ...said(applied.attachment.device), action: 'change' })
    pipeline.touchUnit(pad.unit)
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(warnings.length)
    unplug()
    expect(inputOf('retro')).toEqual([])
    expect(readdirSync(data)).toEqual([])
    for (const tag of ['mine', 'seat', 'uaccess'])
      expect(readdirSync(join(root, 'retro/udev/tags', tag))).toEqual([])
  })

  it.each([
    ['a node', undefined, 'char'],
    ['a link', 'node', 'scratch'],
    ['a record', 'link', 'udev/data'],
  ])('leaves nothing behind of a device that goes while %s of it fails half way', (_, after, directory) => {
    const links = ['input/a/first', 'input/b/second']
    const { plug, unplug, inputOf, stages, hooks } = benchOf(saying(links), 'retro')
    const stage = stages.get('retro')
    // Another leads there: the second link is replaced, by way of the scratch directory.
    stage.links.place('input/b/second', 'input/event1')
    const fail = (): void => rmSync(join(root, 'retro', directory), { recursive: true, force: true })
    hooks.traced = (trace) => {
      if (trace.kind === 'step' && trace.step === after && trace.device === event) fail()
    }
    if (after === undefined) fail()
    plug()
    expect(stage.all.some(({ failed }) => failed?.direction === 'apply')).toBe(true)
    unplug()
    stage.links.remove('input/b/second', 'input/event1')
    expect(stage.all).toEqual([])
    expect(inputOf('retro')).toEqual([])
    for (const tag of readdirSync(join(root, 'retro/udev/tags')))
      expect(readdirSync(join(root, 'retro/udev/tags', tag))).toEqual([])
  })

  it('makes nodes and records in the turn of the event loop in which it hears of a device', () => {
    const { plug, unplug, inputOf, traces } = bench('retro')
    plug()
    expect(inputOf('retro')).toEqual(['event7'])
    expect(readdirSync(join(root, 'retro/udev/data')).sort()).toEqual(['+input:input23', 'c13:71'])
    const steps = traces.flatMap((trace) =>
      trace.kind === 'step' ? [`${trace.step} ${trace.device.sysname}`] : [],
    )
    expect(steps).toEqual(
      ['input23', 'event7'].flatMap((name) => ['node', 'link', 'record'].map((step) => `${step} ${name}`)),
    )
    unplug()
    expect(inputOf('retro')).toEqual([])
    expect(readdirSync(join(root, 'retro/udev/data'))).toEqual([])
    expect(readdirSync(join(root, 'retro/ledger/entries'))).toEqual([])
  })

  it("makes all nodes before it asks what they are, where the container hears the host's udevd", async () => {
    const { plug, stages, traces, world } = bench('retro')
    setContainer(world, container('retro', 1))
    const handle = await native.openContainer(process.pid)
    const udevd = { hasOwnUdevd: false, hearsHost: true }
    const session = new Session('run', 'retro', false, udevd, { uid: 0, gid: 0 }, handle, () => true)
    stages.get('retro').session = session
    plug()
    vi.advanceTimersByTime(1)
    handle.close()
    const steps = traces.flatMap((trace) =>
      trace.kind === 'step' && ['node', 'record', 'announce'].includes(trace.step)
        ? [`${trace.step} ${trace.device.sysname}`]
        : [],
    )
    expect(steps).toEqual(['node input23', 'node event7', 'record input23', 'record event7'])
  })

  it('does nothing twice', () => {
    const { plug, pipeline, traces } = bench('retro')
    plug()
    const before = traces.length
    pipeline.touchUnit(pad.unit)
    expect(traces).toHaveLength(before)
  })

  it('takes a unit from one stage before another gets it', () => {
    const { plug, inputOf, world, pipeline, traces } = bench('retro-*')
    setContainer(world, container('retro-2', 20))
    plug()
    expect(inputOf('retro-2')).toEqual(['event7'])
    setContainer(world, container('retro-1', 10))
    pipeline.touchUnit(pad.unit)
    expect(inputOf('retro-2')).toEqual([])
    expect(inputOf('retro-1')).toEqual(['event7'])
    const moves = traces.flatMap((trace) =>
      trace.kind === 'step' && trace.step === 'node' ? [`${trace.direction} ${trace.stage}`] : [],
    )
    expect(moves.slice(2)).toEqual(['revert retro-2', 'revert retro-2', 'apply retro-1', 'apply retro-1'])
  })

  it('takes back a failed attachment, and tries it again until it works', () => {
    const { plug, inputOf, lines, stages } = bench('retro')
    stages.get('retro')
    rmSync(join(root, 'retro/udev/data'), { recursive: true })
    plug()
    expect(inputOf('retro')).toEqual([])
    mkdirSync(join(root, 'retro/udev/data'))
    vi.advanceTimersByTime(60)
    expect(inputOf('retro')).toEqual(['event7'])
    expect(readdirSync(join(root, 'retro/udev/data')).sort()).toEqual(['+input:input23', 'c13:71'])
    expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('keeps what failed, and when it is tried again, until it is done', () => {
    const { plug, stages, pipeline } = bench('retro')
    stages.get('retro')
    rmSync(join(root, 'retro/udev/data'), { recursive: true })
    plug()
    const failures = (): unknown[] => stages.get('retro').all.map(({ failed }) => failed)
    expect(failures()).toMatchObject([
      { step: 'record', direction: 'apply', reason: expect.stringContaining('ENOENT') as string },
      { step: 'record', retryAt: Date.now() + 50 },
    ])
    expect(pipeline.held).toEqual({ busyStages: 0, queue: 0, retries: 2, unnoted: 2 })
    mkdirSync(join(root, 'retro/udev/data'))
    vi.advanceTimersByTime(100)
    expect(failures()).toEqual([undefined, undefined])
    expect(pipeline.held).toMatchObject({ retries: 0, unnoted: 0 })
    expect(pipeline.tally).toMatchObject({ attaches: 2, detaches: 0, retries: 2 })
  })

  it('counts devices that were attached and detached', () => {
    const { plug, unplug, pipeline } = bench('retro')
    for (let times = 0; times < 3; times++) {
      plug()
      unplug()
    }
    expect(pipeline.tally).toMatchObject({ attaches: 6, detaches: 6, retries: 0 })
  })

  it('reports a step that goes on failing once, with device, container and reason, and leaves the rest attached', () => {
    const { plug, lines, stages } = bench('retro')
    stages.get('retro')
    rmSync(join(root, 'retro/input'), { recursive: true })
    plug()
    vi.advanceTimersByTime(60_000)
    const errors = lines.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ container: 'retro', device: 'input/event7', route: 'r0' })
    expect(errors[0]?.message).toMatch(
      /^input\/event7 could not be attached to retro: its node: ENOENT: .*; tried 5 times, and tried again every 30 s from now on/,
    )
    expect(readdirSync(join(root, 'retro/udev/data'))).toEqual(['+input:input23'])
    mkdirSync(join(root, 'retro/input'))
    vi.advanceTimersByTime(30_000)
    expect(readdirSync(join(root, 'retro/udev/data')).sort()).toEqual(['+input:input23', 'c13:71'])
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  it('tries again to take away what it could not, and gives it to nobody else until then', () => {
    const { plug, lines, stages, world, pipeline, inputOf } = bench('retro-*')
    setContainer(world, container('retro-2', 20))
    plug()
    const node = join(root, 'retro-2/input/event7')
    // A directory can't be unlinked.
    rmSync(node)
    mkdirSync(node)
    setContainer(world, container('retro-1', 10))
    pipeline.touchUnit(pad.unit)
    vi.advanceTimersByTime(60_000)
    expect(stages.get('retro-1').all).toEqual([])
    const errors = lines.filter(({ level }) => level === 'error')
    expect(errors.map(({ container: name, device, action }) => [name, device, action])).toEqual([
      ['retro-2', 'input/event7', 'detach'],
    ])
    expect(errors[0]?.message).toMatch(/^input\/event7 could not be detached from retro-2: its node: /)
    rmSync(node, { recursive: true })
    vi.advanceTimersByTime(30_000)
    expect(inputOf('retro-2')).toEqual([])
    expect(inputOf('retro-1')).toEqual(['event7'])
  })

  it('lets a device wait whose number is still that of another', () => {
    const { plug, stages, world, pipeline, traces } = bench('retro')
    plug()
    const stage = stages.get('retro')
    for (const device of [event, pad]) removeDevice(world, device.unit, device.devpath)
    const next = inputDevice({ name: 'Other', number: 24 })
    const nextEvent = childDevice(next, 'event7', 71)
    for (const device of [next, nextEvent]) addDevice(world, device)
    pipeline.touchUnit(next.unit)
    expect(stage.holds(pad.unit)).toBe(true)
    pipeline.touchUnit(pad.unit)
    const nodes = traces.flatMap((trace) =>
      trace.kind === 'step' && trace.step === 'node' && trace.device.node !== undefined
        ? [`${trace.direction} ${trace.device.devpath}`]
        : [],
    )
    expect(nodes).toEqual([`apply ${event.devpath}`, `revert ${event.devpath}`, `apply ${nextEvent.devpath}`])
    expect(stage.holds(pad.unit)).toBe(false)
    expect(readdirSync(join(root, 'retro/udev/data')).sort()).toEqual(['+input:input24', 'c13:71'])
  })

  it('undoes once what may have been done by a daemon that was killed, and does it anew', () => {
    const first = bench('retro')
    first.plug()
    for (const applied of first.stages.get('retro').all)
      first.stages.get('retro').ledger.begin(applied, 'run')
    const next = bench('retro')
    for (const device of [pad, event]) addDevice(next.world, device)
    for (const applied of next.stages.get('retro').all) resolveEarlier(applied)
    next.pipeline.touchUnit(pad.unit)
    const steps = next.traces.flatMap((trace) =>
      trace.kind === 'step' && trace.step === 'record' ? [`${trace.direction} ${trace.device.sysname}`] : [],
    )
    expect(steps).toEqual(['revert event7', 'revert input23', 'apply input23', 'apply event7'])
    expect(next.inputOf('retro')).toEqual(['event7'])
  })

  it('leaves what an earlier daemon has attached until it is known which containers there are', () => {
    const first = bench('retro-*')
    setContainer(first.world, container('retro-1', 10))
    first.plug()
    first.pipeline.stop()
    first.pipeline.flush()
    const next = bench('retro-*')
    next.world.containersKnown = false
    for (const device of [pad, event]) addDevice(next.world, device)
    next.pipeline.touchUnit(pad.unit)
    expect(next.inputOf('retro-1')).toEqual(['event7'])
    next.world.containersKnown = true
    for (const applied of next.stages.get('retro-1').all) resolveEarlier(applied)
    next.pipeline.touchUnit(pad.unit)
    expect(next.inputOf('retro-1')).toEqual([])
  })

  describe('of a unit that is a part of a USB device', () => {
    const usb = (text: string, ...tags: string[]): StoredRecord => ({
      id: 'c189:4',
      tags,
      text: `${text}\nV:1\n`,
    })
    const above = [
      usb('I:7\nE:ID_BUS=usb', 'seat'),
      { id: '+usb:1-1:1.0', tags: [], text: 'I:8\nE:A=b\nV:1\n' },
    ]
    const other = inputDevice({ name: 'Other', number: 24 }, 200)
    const own = ['+input:input23', 'c13:71']
    const tagged = (name: string, tag: string): string[] =>
      readdirSync(join(root, name, 'udev/tags', tag)).sort()

    it('writes the records of that before its own, and removes them after', () => {
      const { plug, unplug, dataOf, hooks } = bench('retro')
      parents.set(pad.unit, above)
      const seen: string[][] = []
      hooks.traced = (trace) => {
        if (trace.kind === 'step' && trace.step === 'record') seen.push(dataOf('retro'))
      }
      plug()
      expect(seen[0]).toEqual(['+input:input23', '+usb:1-1:1.0', 'c189:4'])
      expect(readFileSync(join(root, 'retro/udev/data/c189:4'), 'utf8')).toBe('I:7\nE:ID_BUS=usb\nV:1\n')
      expect(tagged('retro', 'seat')).toContain('c189:4')
      seen.length = 0
      unplug()
      expect(seen).toEqual([['+input:input23', '+usb:1-1:1.0', 'c189:4'], []])
      expect(tagged('retro', 'seat')).toEqual([])
    })

    it('keeps them while another unit of the container is a part of the same', () => {
      const { plug, unplug, dataOf, world, pipeline, stages } = bench('retro')
      parents.set(pad.unit, above).set(other.unit, [usb('I:9\nE:ID_BUS=usb', 'seat')])
      plug()
      addDevice(world, other)
      pipeline.touchUnit(other.unit)
      unplug()
      expect(dataOf('retro')).toEqual(['+input:input24', 'c189:4'])
      // When it was seen first is no news.
      expect(readFileSync(join(root, 'retro/udev/data/c189:4'), 'utf8')).toMatch(/^I:7\n/)
      expect(stages.get('retro').parents.size).toBe(1)
      removeDevice(world, other.unit, other.devpath)
      pipeline.touchUnit(other.unit)
      expect(dataOf('retro')).toEqual([])
      expect(stages.get('retro').parents.size).toBe(0)
    })

    it('takes them along to another container', () => {
      const { plug, dataOf, world, pipeline } = bench('retro-*')
      parents.set(pad.unit, above)
      setContainer(world, container('retro-2', 20))
      plug()
      setContainer(world, container('retro-1', 10))
      pipeline.touchUnit(pad.unit)
      expect(dataOf('retro-2')).toEqual([])
      expect(dataOf('retro-1')).toEqual([...own, '+usb:1-1:1.0', 'c189:4'].sort())
    })

    it('writes what is said of that later, and nothing is announced anew for it', () => {
      const { plug, unplug, dataOf, pipeline, traces } = bench('retro')
      parents.set(pad.unit, above)
      plug()
      parents.set(pad.unit, [usb('I:7\nE:ID_BUS=usb\nE:NEW=1', 'mine')])
      const before = traces.length
      pipeline.touchUnit(pad.unit)
      expect(dataOf('retro')).toEqual([...own, 'c189:4'].sort())
      expect(readFileSync(join(root, 'retro/udev/data/c189:4'), 'utf8')).toContain('E:NEW=1\n')
      expect(tagged('retro', 'mine')).toEqual(['c189:4'])
      expect(tagged('retro', 'seat')).not.toContain('c189:4')
      const steps = traces.slice(before).flatMap((trace) => (trace.kind === 'step' ? [trace.step] : []))
      expect(steps).toEqual(['record', 'record'])
      pipeline.touchUnit(pad.unit)
      expect(traces.filter(({ kind }) => kind === 'step')).toHaveLength(before - 1 + steps.length)
      unplug()
      expect(dataOf('retro')).toEqual([])
    })

    it('is taken up by the next daemon with them, and they go with it', () => {
      const first = bench('retro')
      parents.set(pad.unit, above)
      first.plug()
      first.pipeline.stop()
      first.pipeline.flush()
      const next = bench('retro')
      expect(next.dataOf('retro')).toEqual([...own, '+usb:1-1:1.0', 'c189:4'].sort())
      parents.set(pad.unit, [...above])
      for (const device of [pad, event]) addDevice(next.world, device)
      for (const applied of next.stages.get('retro').all) resolveEarlier(applied)
      next.pipeline.touchUnit(pad.unit)
      expect(next.traces.filter(({ kind }) => kind === 'step')).toEqual([])
      next.unplug()
      expect(next.dataOf('retro')).toEqual([])
      expect(tagged('retro', 'seat')).toEqual([])
    })

    it('leaves none of a daemon that was killed before it has noted them', () => {
      const first = bench('retro')
      parents.set(pad.unit, above)
      first.plug()
      expect(bench('retro').dataOf('retro')).toEqual([])
      expect(tagged('retro', 'seat')).toEqual([])
    })

    it('writes them for what a daemon has attached that knew nothing of them', () => {
      const first = bench('retro')
      first.plug()
      first.pipeline.stop()
      first.pipeline.flush()
      const next = bench('retro')
      parents.set(pad.unit, above)
      for (const device of [pad, event]) addDevice(next.world, device)
      for (const applied of next.stages.get('retro').all) resolveEarlier(applied)
      next.pipeline.touchUnit(pad.unit)
      expect(next.dataOf('retro')).toEqual([...own, '+usb:1-1:1.0', 'c189:4'].sort())
    })
  })

  it('ends when it was stopped, and takes no more work', async () => {
    const { plug, pipeline, ended, stages } = bench('retro')
    pipeline.stop()
    await ended
    plug()
    expect(stages.get('retro').all).toEqual([])
  })
})
