import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Pipeline } from '../../../src/attach/pipeline.js'
import { Stages } from '../../../src/attach/stages.js'
import type { Trace } from '../../../src/attach/trace.js'
import { addDevice, createWorld, removeDevice, setContainer } from '../../../src/attach/world.js'
import { native } from '../../../src/native.js'
import { recordingLog } from '../log.js'
import { compiled, container } from '../routes.js'
import { childDevice, inputDevice } from '../uevents.js'

const pad = inputDevice({ name: 'Pad' })
const event = childDevice(pad, 'event7', 71)

describe('the pipeline, on a stage whose container does not run', () => {
  let directory: string
  let root: string
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date'] })
    directory = mkdtempSync('/run/udev-proxy-test-')
    root = join(directory, 'stage')
  })
  afterEach(() => {
    vi.useRealTimers()
    native.unmount(root)
    rmSync(directory, { recursive: true })
  })

  function bench(...selectors: string[]) {
    const routes = selectors.map((selector, index) => compiled(`r${index}`, { vendor: ['045e'] }, selector))
    const world = { ...createWorld(routes, '4:host'), containersKnown: true }
    const stages = new Stages(root, native)
    const { log, lines } = recordingLog()
    const traces: Trace[] = []
    const pipeline = new Pipeline({
      world,
      stages,
      log,
      trace: (trace) => void traces.push(trace),
      seqnum: () => 1,
      serve: () => undefined,
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
    return { world, stages, pipeline, ended, lines, traces, plug, unplug, inputOf }
  }

  it('makes nodes and records in the turn of the event loop in which it hears of a device', () => {
    const { plug, unplug, inputOf, traces } = bench('retro')
    plug()
    expect(inputOf('retro')).toEqual(['event7'])
    expect(readdirSync(join(root, 'retro/udev/data')).sort()).toEqual(['+input:input23', 'c13:71'])
    const steps = traces.flatMap((trace) =>
      trace.kind === 'step' ? [`${trace.step} ${trace.device.sysname}`] : [],
    )
    expect(steps).toEqual(['node input23', 'record input23', 'node event7', 'record event7'])
    unplug()
    expect(inputOf('retro')).toEqual([])
    expect(readdirSync(join(root, 'retro/udev/data'))).toEqual([])
    expect(readdirSync(join(root, 'retro/ledger'))).toEqual([])
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
      /^input\/event7 could not be attached to retro: node: ENOENT: .*; tried 5 times, given up/,
    )
    expect(readdirSync(join(root, 'retro/udev/data'))).toEqual(['+input:input23'])
  })

  it('leaves what an earlier daemon has attached until it is known which containers there are', () => {
    const first = bench('retro-*')
    setContainer(first.world, container('retro-1', 10))
    first.plug()
    first.pipeline.stop()
    const next = bench('retro-*')
    next.world.containersKnown = false
    for (const device of [pad, event]) addDevice(next.world, device)
    next.pipeline.touchUnit(pad.unit)
    expect(next.inputOf('retro-1')).toEqual(['event7'])
    next.world.containersKnown = true
    next.pipeline.touchUnit(pad.unit)
    expect(next.inputOf('retro-1')).toEqual([])
  })

  it('ends when it was stopped, and takes no more work', async () => {
    const { plug, pipeline, ended, stages } = bench('retro')
    pipeline.stop()
    await ended
    plug()
    expect(stages.get('retro').all).toEqual([])
  })
})
