import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Applied } from '../../../src/attach/plan.js'
import { attachmentsOf, planSteps, sameAttachment } from '../../../src/attach/plan.js'
import type { StepName } from '../../../src/attach/step-name.js'
import { STEP_NAMES } from '../../../src/attach/step-name.js'
import type { World } from '../../../src/attach/world.js'
import {
  addDevice,
  createWorld,
  removeContainer,
  removeDevice,
  setContainer,
} from '../../../src/attach/world.js'
import type { Device } from '../../../src/kernel/index.js'
import { compiled, container } from '../routes.js'
import { addOf } from '../records.js'
import { childDevice, inputDevice } from '../uevents.js'
import { OWNER, applied } from './attachments.js'

const ROUTES = [compiled('a', { name: ['Pad 1'] }, 'alpha'), compiled('b', { vendor: ['045e'] }, 'beta-*')]

const padDevices = (number: number, seqnum: number): Device[] => {
  const pad = inputDevice({ number, name: `Pad ${number}` }, seqnum)
  return [
    pad,
    childDevice(pad, `event${number}`, 64 + number, seqnum + 1),
    childDevice(pad, `js${number}`, number, seqnum + 2),
  ]
}

const LIVE = { isLive: true, hasOwnUdevd: false, hearsHost: false }
const STOPPED = { isLive: false, hasOwnUdevd: false, hearsHost: false }

const newApplied = (device: Device, done: StepName[] = []): Applied =>
  applied(device, { done: new Set(done) })

const told = (is: readonly Applied[], should: readonly Applied[], reach = LIVE): string[] =>
  planSteps(new Set(should), is, reach).map(
    ({ applied, step, direction }) =>
      `${direction === 'apply' ? '+' : '-'}${step} ${applied.attachment.device.sysname}`,
  )

describe('planSteps', () => {
  const [pad, event] = padDevices(1, 10).map((device) => newApplied(device))
  const [oldPad, oldEvent] = padDevices(1, 10).map((device) => newApplied(device, [...STEP_NAMES]))
  if (pad === undefined || event === undefined || oldPad === undefined || oldEvent === undefined)
    throw new Error('no devices')

  it('grants, makes the node, writes the record, then announces; parents before children', () => {
    expect(told([pad, event], [pad, event])).toEqual(
      ['input1', 'event1'].flatMap((name) =>
        ['+grant', '+node', '+bind', '+link', '+linkInside', '+record', '+announce'].map(
          (step) => `${step} ${name}`,
        ),
      ),
    )
  })

  it('undoes in the opposite order, and tells last, as udevd does; children before parents', () => {
    expect(told([oldPad, oldEvent], [])).toEqual(
      ['event1', 'input1'].flatMap((name) =>
        ['-record', '-linkInside', '-link', '-bind', '-node', '-grant', '-announce'].map(
          (step) => `${step} ${name}`,
        ),
      ),
    )
  })

  it('keeps the stage of a container that does not run, and leaves the rest for its start', () => {
    expect(told([event], [event], STOPPED)).toEqual(['+node event1', '+link event1', '+record event1'])
    const staged = newApplied(event.attachment.device, ['node', 'link', 'record'])
    expect(told([staged], [staged])).toEqual([
      '+grant event1',
      '+bind event1',
      '+linkInside event1',
      '+announce event1',
    ])
  })

  it('makes the node at once, and leaves what udev says of it until it is said', () => {
    const silent = { ...newApplied(event.attachment.device), event: undefined }
    expect(told([silent], [silent])).toEqual(['+grant event1', '+node event1', '+bind event1'])
  })

  it('leaves links, record and announcement to a udevd of the container', () => {
    const reach = { isLive: true, hasOwnUdevd: true, hearsHost: false }
    expect(told([event], [event], reach)).toEqual(['+grant event1', '+node event1', '+bind event1'])
    // What is known of the device goes on with its events: they are not to pile up.
    const updates = [{ ...addOf(event.attachment.device), action: 'change' as const }]
    const changed = { ...newApplied(event.attachment.device, ['grant', 'node', 'bind']), updates }
    expect(told([changed], [changed], reach)).toEqual(['+update event1'])
  })

  it("leaves the announcement to the host's udevd where the container hears that", () => {
    const reach = { ...LIVE, hearsHost: true }
    const steps = ['grant', 'node', 'bind', 'link', 'linkInside', 'record'].map((step) => `+${step} event1`)
    expect(told([event], [event], reach)).toEqual(steps)
    // libudev-zero does not hear a udevd.
    const zero = { ...event, attachment: { ...event.attachment, libudevZero: true } }
    expect(told([zero], [zero], reach)).toEqual([...steps, '+announce event1'])
    const attached = newApplied(event.attachment.device, ['grant', 'node', 'record'])
    expect(told([attached], [], reach)).toEqual(['-record event1', '-node event1', '-grant event1'])
  })

  it('takes everything back at once, but waits for what the host says of a removal before it tells of it', () => {
    const removal = { seqnum: 50, kernel: new Map<string, string>(), isAwaited: true }
    const awaited = { ...newApplied(oldEvent.attachment.device, [...STEP_NAMES]), removal }
    expect(told([awaited], [])).not.toContain('-announce event1')
    expect(told([awaited], [])).toContain('-node event1')
    const left = {
      ...newApplied(oldEvent.attachment.device, ['announce']),
      removal: { ...removal, isAwaited: false },
    }
    expect(told([left], [])).toEqual(['-announce event1'])
  })

  it('tells of later events, in their order, after the device itself was told', () => {
    const updates = [11, 12].map((seqnum) => ({
      ...addOf(event.attachment.device),
      action: 'change' as const,
      seqnum,
    }))
    const changed = { ...newApplied(event.attachment.device, [...STEP_NAMES]), updates }
    expect(told([changed], [changed])).toEqual(['+update event1', '+update event1'])
    const silent = { ...newApplied(event.attachment.device), event: undefined, updates }
    expect(told([silent], [silent])).not.toContain('+update event1')
  })

  it('tells of a move before anything is said of what is below', () => {
    const moved = newApplied(pad.attachment.device, [...STEP_NAMES])
    moved.updates = ['change' as const, 'move' as const].map((action) => ({
      ...addOf(moved.attachment.device),
      action,
    }))
    const below = newApplied(event.attachment.device, ['record', 'announce'])
    expect(told([moved, below], [moved])).toEqual([
      '+update input1',
      '+update input1',
      '-record event1',
      '-announce event1',
    ])
    expect(told([moved, event], [moved, event]).slice(0, 3)).toEqual([
      '+update input1',
      '+update input1',
      '+grant event1',
    ])
    const unheard = { ...newApplied(pad.attachment.device), updates: moved.updates }
    expect(told([unheard], [unheard]).slice(-3)).toEqual([
      '+announce input1',
      '+update input1',
      '+update input1',
    ])
  })

  it('makes a node anew where only its options have changed', () => {
    const again = newApplied(
      event.attachment.device,
      STEP_NAMES.filter((step) => step !== 'node'),
    )
    expect(told([again], [again])).toEqual(['+node event1'])
  })

  it('undoes what was before it makes what shall be', () => {
    const again = newApplied({ ...event.attachment.device, seqnum: 99 })
    expect(
      told([oldEvent, again], [again])
        .map((step) => step[0])
        .join(''),
    ).toBe('-------+++++++')
  })

  it('takes back the steps of an attachment that is paused, and tries none', () => {
    const failed = { ...newApplied(event.attachment.device, ['grant', 'node']), paused: true }
    expect(told([failed], [failed])).toEqual(['-node event1', '-grant event1'])
  })
})

/** Executes plans in memory. */
class Executor {
  private readonly stages = new Map<string, Applied[]>()

  constructor(private readonly world: World) {}

  /** Brings one unit of one stage to the plan; returns how many steps that took. */
  run(stage: string, unit: string): number {
    const elsewhere = [...this.stages].some(
      ([name, held]) => name !== stage && held.some((a) => a.attachment.device.unit === unit),
    )
    const should = elsewhere
      ? []
      : attachmentsOf(this.world, this.world.units.get(unit), stage, OWNER, 'builtin')
    const held = this.stages.get(stage) ?? []
    const keep = should.map((wanted) => {
      const known = held.find((one) => sameAttachment(one.attachment, wanted))
      const kept = known ?? { ...newApplied(wanted.device), attachment: wanted }
      if (known === undefined) held.push(kept)
      return kept
    })
    const ofUnit = held.filter((applied) => applied.attachment.device.unit === unit)
    const steps = planSteps(new Set(keep), ofUnit, LIVE)
    for (const { applied, step, direction } of steps) {
      if (step === 'update') throw new Error('no event of these devices is told twice')
      if (direction === 'apply') applied.done.add(step)
      else applied.done.delete(step)
    }
    this.stages.set(
      stage,
      held.filter((applied) => applied.done.size > 0),
    )
    return steps.length
  }

  /** What every stage has, complete attachments only. */
  state(): string[] {
    return [...this.stages]
      .flatMap(([stage, held]) =>
        held
          .filter(({ done }) => done.size === STEP_NAMES.length)
          .map(({ attachment }) => `${stage} ${attachment.device.devpath} ${attachment.device.seqnum}`),
      )
      .sort()
  }
}

describe('attachmentsOf', () => {
  it('gives nodes the mode that udevd gives them, and the owner that the container has', () => {
    const world = createWorld([compiled('a', { name: ['Pad 1'] }, 'alpha')], 'host')
    for (const device of padDevices(1, 10)) addDevice(world, device)
    const [unit] = world.units.values()
    const nodes = attachmentsOf(world, unit, 'alpha', { uid: 100000, gid: 100996 }, 'builtin')
    expect(
      nodes.map(({ device, node }) => [device.sysname, node.mode.toString(8), node.uid, node.gid]),
    ).toEqual([
      ['input1', '660', 100000, 100996],
      ['event1', '660', 100000, 100996],
      ['js1', '664', 100000, 100996],
    ])
  })

  it('lets the route say otherwise, each for itself', () => {
    const world = createWorld([compiled('a', { name: ['Pad 1'] }, 'alpha', { uid: 1000 })], 'host')
    for (const device of padDevices(1, 10)) addDevice(world, device)
    const [, , js] = attachmentsOf(
      world,
      [...world.units.values()][0],
      'alpha',
      { uid: 0, gid: 996 },
      'builtin',
    )
    expect(js?.node).toEqual({ mode: 0o664, uid: 1000, gid: 996 })
  })

  it("gives the route's own links to one event node of the unit", () => {
    const linked = compiled('a', { name: ['Pad 1'] }, 'alpha')
    linked.route.links.push('input/player1')
    const world = createWorld([linked], 'host')
    for (const device of padDevices(1, 10)) addDevice(world, device)
    const found = attachmentsOf(world, [...world.units.values()][0], 'alpha', OWNER, 'builtin')
    expect(found.map(({ device, links }) => [device.sysname, ...links])).toEqual([
      ['input1'],
      ['event1', 'input/player1'],
      ['js1'],
    ])
  })
})

describe('the plan', () => {
  const stageNames = ['alpha', 'beta-1', 'beta-2']
  const unitKeys = [1, 2, 3].map((number) => inputDevice({ number }).unit)
  type Op =
    | { kind: 'plug' | 'unplug'; pad: number }
    | { kind: 'start' | 'stop' | 'remove'; stage: string }
    | { kind: 'run'; stage: string; pad: number }
  const pad = fc.integer({ min: 1, max: 3 })
  const stage = fc.constantFrom(...stageNames)
  const op: fc.Arbitrary<Op> = fc.oneof(
    fc.record({ kind: fc.constantFrom('plug' as const, 'unplug' as const), pad }),
    fc.record({ kind: fc.constantFrom('start' as const, 'stop' as const, 'remove' as const), stage }),
    fc.record({ kind: fc.constant('run' as const), stage, pad }),
  )

  const change = (world: World, given: Op, time: number): void => {
    switch (given.kind) {
      case 'plug':
        for (const device of padDevices(given.pad, time * 10)) {
          const known = world.units.get(device.unit)?.members.has(device.devpath) === true
          if (!known) addDevice(world, device)
        }
        return
      case 'unplug':
        for (const device of padDevices(given.pad, 0).reverse())
          removeDevice(world, device.unit, device.devpath)
        return
      case 'start':
        setContainer(world, container(given.stage, time))
        return
      case 'stop':
        setContainer(world, container(given.stage))
        return
      case 'remove':
        removeContainer(world, container(given.stage).id)
        return
      case 'run':
        return
    }
  }

  // Twice: a unit that moves is let go of in the first round.
  const settle = (executor: Executor): number =>
    [...stageNames, ...stageNames]
      .flatMap((name) => unitKeys.map((unit) => executor.run(name, unit)))
      .reduce((sum, steps) => sum + steps)

  const settledAfter = (ops: readonly Op[], runInBetween: boolean): { world: World; executor: Executor } => {
    const world = createWorld(ROUTES, 'host')
    const executor = new Executor(world)
    ops.forEach((given, index) => {
      if (given.kind !== 'run') change(world, given, index + 1)
      else if (runInBetween) executor.run(given.stage, unitKeys[given.pad - 1] ?? '')
    })
    settle(executor)
    return { world, executor }
  }

  it('has nothing left to do when it has been done', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 40 }), (ops) => settle(settledAfter(ops, true).executor) === 0),
    )
  })

  it('ends the same however late and however often it is carried out', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 40 }), (ops) => {
        expect(settledAfter(ops, true).executor.state()).toEqual(settledAfter(ops, false).executor.state())
      }),
    )
  })

  it('never leaves a unit in two containers, or in part', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 40 }), (ops) => {
        const { world, executor } = settledAfter(ops, true)
        for (const key of unitKeys) {
          const holders = stageNames.map(
            (name) => executor.state().filter((line) => line.startsWith(`${name} ${key}`)).length,
          )
          const counts = holders.filter((count) => count > 0)
          expect(counts.length).toBeLessThanOrEqual(1)
          if (counts.length === 1) expect(counts[0]).toBe(world.units.get(key)?.members.size)
        }
      }),
    )
  })
})
