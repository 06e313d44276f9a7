// Whatever happens in whatever order: every container ends with exactly the devices that it should have, each told of once.
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ContainerHandle } from '../../src/native.js'
import type { Kind, Routes } from './model/bench.js'
import { Bench, KINDS, NAMES } from './model/bench.js'
import type { Containers } from './model/container.js'
import { MemoryContainers } from './model/memory.js'
import { NamespaceContainers } from './model/namespaces.js'

/** The same histories each time, so that a change is what makes the difference; MODEL_SEED=$RANDOM looks for others. */
const SEED = Number(process.env['MODEL_SEED'] ?? 1)
const RUNS = Number(process.env['MODEL_RUNS'] ?? 2000)
const NAMESPACE_RUNS = Math.ceil(RUNS / 20)

/** One thing that happens; a command that makes no sense at the moment does nothing. */
type Command =
  | { do: 'plug'; slot: number; kind: Kind }
  | { do: 'unplug'; slot: number }
  /** The driver lets go, and takes it again at once. */
  | { do: 'rebind'; slot: number }
  | { do: 'move'; slot: number }
  | { do: 'start' | 'stop' | 'restart'; container: number }
  | { do: 'rename'; container: number; name: string }
  | { do: 'reload'; routes: Routes }
  | { do: 'kill'; after: number }
  | { do: 'stop daemon' | 'start daemon' }
  | { do: 'wait'; milliseconds: number }

const slot = fc.nat({ max: 3 })
const container = fc.nat({ max: 2 })
const kind = fc.constantFrom(...KINDS)
const routes: fc.Arbitrary<Routes> = fc
  .uniqueArray(fc.tuple(kind, fc.constantFrom(...NAMES, 'm-[xy]', 'm-*', 'nobody')), {
    maxLength: 4,
    selector: ([key]) => key,
  })
  .map((entries) => Object.fromEntries(entries))

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('plug' as const), slot, kind }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unplug' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rebind' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), slot }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('start' as const, 'stop' as const, 'restart' as const),
      container,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rename' as const), container, name: fc.constantFrom(...NAMES) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reload' as const), routes }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), after: fc.nat({ max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('stop daemon' as const, 'start daemon' as const, 'start daemon' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.constantFrom(0, 5, 25, 300) }),
  },
)

async function apply(bench: Bench, step: Command): Promise<void> {
  switch (step.do) {
    case 'plug':
      if (!bench.plugged.has(step.slot) && !(step.kind === 'd' && bench.has('d')))
        bench.plug(step.slot, step.kind)
      break
    case 'unplug':
      bench.unplug(step.slot)
      break
    case 'rebind': {
      const plugged = bench.plugged.get(step.slot)
      if (plugged === undefined) break
      bench.unplug(step.slot)
      bench.plug(step.slot, plugged.kind, plugged.pad)
      break
    }
    case 'move':
      bench.move(step.slot)
      break
    case 'start':
    case 'stop':
    case 'restart': {
      const one = bench.containers.all[step.container]
      if (one === undefined) break
      if (step.do !== 'start') await bench.containers.stop(one)
      if (step.do !== 'stop' && one.run === undefined) await bench.containers.start(one)
      break
    }
    case 'rename': {
      const one = bench.containers.all[step.container]
      if (one !== undefined && bench.containers.all.every(({ name }) => name !== step.name))
        bench.containers.rename(one, step.name)
      break
    }
    case 'reload':
      bench.reload(step.routes)
      break
    case 'kill':
      bench.killAfter(step.after)
      break
    case 'stop daemon':
      await bench.stop()
      break
    case 'start daemon':
      if (!bench.isRunning) bench.start()
      break
    case 'wait':
      await bench.settle(step.milliseconds)
  }
}

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date', 'performance'],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Lets a history happen to containers, and looks at what became of them. */
async function play(containers: Containers, first: Routes, steps: readonly Command[]): Promise<void> {
  const bench = new Bench(containers, first)
  try {
    bench.start()
    for (const step of steps) await apply(bench, step)
    bench.killAfter(Number.POSITIVE_INFINITY)
    if (!bench.isRunning) bench.start()
    await bench.rest()
    expect(bench.differences()).toEqual([])
  } finally {
    await bench.end()
  }
}

/** Lets as many histories happen as there are runs. */
async function check(runs: number, make: (names: readonly string[]) => Containers): Promise<void> {
  const history = fc.array(command, { minLength: 4, maxLength: 24, size: 'max' })
  await fc.assert(
    fc.asyncProperty(routes, history, async (first, steps) => {
      await play(make(NAMES.slice(0, 3)), first, steps)
    }),
    { numRuns: runs, seed: SEED },
  )
}

/** The kernel takes its time to open a container, as it does on a machine that has much to do. */
class SlowContainers extends MemoryContainers {
  override async open(pid: number): Promise<ContainerHandle> {
    await sleep(300)
    return super.open(pid)
  }
}

test('a history is looked at when the daemon has finished, however long the kernel takes', async () => {
  await play(new SlowContainers(NAMES.slice(0, 3)), { d: 'm-*' }, [
    { do: 'start', container: 1 },
    { do: 'plug', slot: 0, kind: 'd' },
  ])
})

test(`${RUNS} histories on containers in memory end right`, async () => {
  await check(RUNS, (names) => new MemoryContainers(names))
}, 600_000)

test(`${NAMESPACE_RUNS} histories on containers that are namespaces of the kernel end right`, async () => {
  await check(NAMESPACE_RUNS, (names) => new NamespaceContainers(names))
}, 600_000)
