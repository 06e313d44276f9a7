// Tells, once for each run of a container and each major, that it may not open what it has been given.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { openRefusal } from '../container/device-access.js'
import { runOf } from '../container/engine.js'
import type { DeviceNode } from '../kernel/index.js'
import type { Log } from '../service/log.js'
import type { Trace } from './trace.js'
import type { World } from './world.js'
import { containerNamed, containerOf } from './world.js'

/** How long after the fact it is looked at: nothing that is attached waits for it. */
const DELAY = 100

export class Access {
  /** By run, what was found out of each major: why it can't be opened, or nothing. */
  private readonly found = new Map<string, Map<number, string | undefined>>()
  private readonly waiting = new Map<string, DeviceNode[]>()
  private due: Subscription | undefined

  constructor(
    private readonly world: World,
    private readonly log: Log,
  ) {}

  /** Stages whose devices are still to be looked at. */
  get size(): number {
    return this.waiting.size
  }

  /** Devices are on the stage as the trace says. */
  settled({ stage, live, devices }: Extract<Trace, { kind: 'settled' }>): void {
    if (!live || devices.length === 0) return
    const nodes = devices.flatMap(({ node }) => (node === undefined ? [] : [node]))
    this.waiting.set(stage, [...(this.waiting.get(stage) ?? []), ...nodes])
    this.due ??= timer(DELAY).subscribe(() => this.look())
  }

  /** What the container of that stage can't open, in words. */
  problemsOf(stage: string): string[] {
    const container = containerNamed(this.world, stage)
    const run = container && runOf(container)
    const found = run === undefined ? [] : [...(this.found.get(run)?.values() ?? [])]
    return found.filter((problem) => problem !== undefined)
  }

  /** Forgets what was found out of runs that have ended. */
  forgetEnded(): void {
    for (const run of this.found.keys())
      if (containerOf(this.world, run) === undefined) this.found.delete(run)
  }

  stop(): void {
    this.due?.unsubscribe()
  }

  private look(): void {
    this.due = undefined
    this.forgetEnded()
    for (const [stage, nodes] of this.waiting) for (const node of nodes) this.lookAt(stage, node)
    this.waiting.clear()
  }

  private lookAt(stage: string, node: DeviceNode): void {
    const container = containerNamed(this.world, stage)
    const run = container && runOf(container)
    if (container === undefined || run === undefined) return
    const found = this.found.get(run) ?? new Map<number, string | undefined>()
    this.found.set(run, found)
    if (found.has(node.major)) return
    const problem = openRefusal(container, node)
    found.set(node.major, problem)
    if (problem === undefined) return
    this.log.warn(`${stage} ${problem}`, { container: stage, device: node.name, action: 'attach' })
  }
}
