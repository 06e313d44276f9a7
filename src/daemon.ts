// The composition root: sources -> world -> plan -> sessions -> teardown.
import { statSync } from 'node:fs'
import { Subject, Subscription, from, map, race, firstValueFrom, timer } from 'rxjs'
import { resync, takeDevice } from './attach/intake.js'
import { Narrator } from './attach/narrator.js'
import { Notices } from './attach/notices.js'
import { Pipeline } from './attach/pipeline.js'
import { Sessions } from './attach/sessions.js'
import { Stages } from './attach/stages.js'
import type { Trace } from './attach/trace.js'
import type { World } from './attach/world.js'
import {
  createWorld,
  markBound,
  meantContainers,
  ownerOf,
  removeContainer,
  removeDevice,
  setContainer,
  setContainers,
} from './attach/world.js'
import type { Config } from './config/index.js'
import type { ContainerEngine, EngineSignal } from './container/engine.js'
import type { KernelMonitor, Uevent } from './kernel/index.js'
import { handledUnit, kernelMonitor, monotonicMicroseconds, readSeqnum } from './kernel/index.js'
import type { Native } from './native.js'
import { compileRoute } from './route/match.js'
import { literalName } from './route/select.js'
import type { Log } from './service/log.js'

export interface DaemonOptions {
  config: Config
  engine: ContainerEngine
  log: Log
  addon: Native
}

/** How long work that runs may take to end after a stop, in milliseconds. */
const STOP_TIMEOUT = 5000

export class Daemon {
  /** Everything that happens to devices. */
  readonly trace = new Subject<Trace>()
  /** Rejects when the daemon can't go on; pending as long as it runs. */
  readonly failed: Promise<never>

  private readonly world: World
  private readonly stages: Stages
  private readonly monitor: KernelMonitor
  private readonly pipeline: Pipeline
  private readonly sessions: Sessions
  private readonly notices: Notices
  private readonly narrator: Narrator
  private readonly sources = new Subscription()
  private readonly working: Promise<void>
  private fail: (error: unknown) => void = () => undefined
  private hasFailed = false
  private seqnum = readSeqnum()
  private engineState: 'unknown' | 'reached' | 'unreachable' = 'unknown'

  /** Mounts the stage, opens the kernel's socket, attaches what is there already, and follows kernel and engine from then on. */
  constructor(private readonly options: DaemonOptions) {
    const { config, log, addon, engine } = options
    this.failed = new Promise((_, reject) => (this.fail = reject))
    this.failed.catch(() => (this.hasFailed = true))
    this.stages = new Stages(config.stage, addon)
    this.world = createWorld(config.routes.map(compileRoute), netnsOfThisProcess())
    this.monitor = kernelMonitor(addon)
    this.notices = new Notices(this.world, log)
    this.narrator = new Narrator(log)
    const { world, stages } = this
    this.sessions = new Sessions({
      world,
      stages,
      addon,
      log,
      pipeline: () => this.pipeline,
      onEnded: (stage) => this.narrator.ended(stage.name),
      onRefused: () => {
        for (const unit of world.units.keys()) this.settle(unit)
      },
    })
    this.pipeline = new Pipeline({
      world,
      stages,
      log,
      seqnum: () => this.seqnum,
      serve: (stage) => this.sessions.serve(stage),
      trace: (trace) => this.observe(trace),
    })
    this.working = this.pipeline.start()
    this.working.catch(this.fail)

    for (const { route } of world.routes) {
      const name = literalName(route.container)
      if (name !== undefined) stages.get(name)
    }
    // The socket is open before the enumeration: what comes in between is heard afterwards.
    this.sources.add(
      this.monitor.signals.subscribe({
        next: (signal) => {
          if (signal.kind === 'overrun') this.recover()
          else for (const uevent of signal.uevents) this.hear(uevent, signal.at)
        },
        error: this.fail,
      }),
    )
    this.resync()
    this.sources.add(engine.signals.subscribe({ next: (signal) => this.follow(signal), error: this.fail }))
  }

  /** One line for people: what is served now. */
  get status(): string {
    const { world } = this
    const attached = [...world.units.keys()].filter((key) => this.stages.holdersOf(key).length > 0).length
    const served = this.stages.all().filter(({ session }) => session !== undefined).length
    const engine = this.engineState === 'unreachable' ? `; waiting for ${this.options.engine.name}` : ''
    return `${count(attached, 'device')} attached, ${count(served, 'container')} served, ${count(world.routes.length, 'route')}${engine}`
  }

  /** Whether uevents are still heard and work is still done: what the watchdog is told. */
  get isAlive(): boolean {
    return !this.sources.closed && !this.hasFailed
  }

  /** Stops listening, finishes what runs, and leaves the stages as they are. */
  async stop(): Promise<void> {
    this.sources.unsubscribe()
    this.pipeline.stop()
    const finished = from(this.working).pipe(map(() => true))
    const late = timer(STOP_TIMEOUT).pipe(map(() => false))
    const wasFinished = await firstValueFrom(race(finished, late))
    if (!wasFinished) this.options.log.warn('work that was still running after 5 s was abandoned')
    this.sessions.stop()
    this.narrator.stop()
    this.trace.complete()
  }

  private observe(trace: Trace): void {
    if (trace.kind === 'settled') this.narrator.settled(trace)
    if (this.trace.observed) this.trace.next(trace)
  }

  private hear(uevent: Uevent, at: number): void {
    this.seqnum = Math.max(this.seqnum, uevent.seqnum)
    const { action, devpath, subsystem, seqnum, properties } = uevent
    const unit = handledUnit(subsystem, devpath)
    if (unit === undefined) return
    if (this.trace.observed) this.trace.next({ kind: 'uevent', at, uevent })
    if (action === 'add') takeDevice(this.world, { properties, seqnum, at })
    else if (action === 'bind') markBound(this.world, unit)
    else if (action === 'remove') {
      removeDevice(this.world, unit, devpath)
      for (const stage of this.stages.holdersOf(unit)) stage.noteRemoval(unit, devpath, seqnum)
    } else return
    this.settle(unit)
  }

  private settle(unitKey: string): void {
    const unit = this.world.units.get(unitKey)
    if (this.trace.observed && unit?.found !== undefined && !('withheld' in unit.found)) {
      const stage = ownerOf(this.world, unit)
      const match = unit.found
      if (stage !== undefined)
        this.trace.next({ kind: 'routed', at: monotonicMicroseconds(), unit: unitKey, match, stage })
    }
    this.pipeline.touchUnit(unitKey)
    this.notices.look(unitKey)
  }

  private recover(): void {
    this.options.log.warn(
      'the kernel has dropped uevents, more came than could be read; looking at sysfs for what is there now',
    )
    this.resync()
  }

  private resync(): void {
    this.seqnum = Math.max(this.seqnum, readSeqnum())
    for (const unit of resync(this.world, this.stages, this.seqnum)) this.settle(unit)
  }

  private follow(signal: EngineSignal): void {
    const { world, options, stages, pipeline } = this
    if (signal.kind === 'unreachable') {
      const { message } = signal.error
      if (this.engineState !== 'unreachable') options.log.warn(`${message}; devices wait, trying again`)
      this.engineState = 'unreachable'
      return
    }
    if (this.engineState === 'unreachable') options.log.info(`${options.engine.name} is reached`)
    this.engineState = 'reached'
    if (signal.kind === 'containers') setContainers(world, signal.containers)
    else if (signal.kind === 'container') setContainer(world, signal.container)
    else removeContainer(world, signal.id)

    // All, not this one alone: it may share its network namespace with others, or be meant by the routes of others' units.
    const names = new Set([...meantContainers(world), ...stages.all().map(({ name }) => name)])
    for (const name of names) pipeline.touchContainer({ name })
    const units = new Set([...world.units.keys(), ...stages.all().flatMap(({ heldUnits }) => heldUnits)])
    for (const unit of units) this.settle(unit)
  }
}

function netnsOfThisProcess(): string {
  const { dev, ino } = statSync('/proc/self/ns/net', { bigint: true })
  return `${dev}:${ino}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
