// The composition root: sources -> world -> plan -> sessions -> teardown.
import { statSync } from 'node:fs'
import { Subject, Subscription, from, map, race, firstValueFrom, timer } from 'rxjs'
import { Narrator } from './attach/narrator.js'
import { Notices } from './attach/notices.js'
import { Pipeline } from './attach/pipeline.js'
import { Sessions } from './attach/sessions.js'
import { Stages } from './attach/stages.js'
import type { Trace } from './attach/trace.js'
import type { World } from './attach/world.js'
import {
  addDevice,
  createWorld,
  markBound,
  ownerOf,
  removeContainer,
  removeDevice,
  setContainer,
} from './attach/world.js'
import type { Config } from './config/index.js'
import type { ContainerEngine, EngineSignal } from './container/engine.js'
import type { Device, KernelMonitor, Surroundings, Uevent } from './kernel/index.js'
import {
  deviceFrom,
  enumerate,
  handledUnit,
  inputFacts,
  hidFacts,
  kernelMonitor,
  monotonicMicroseconds,
  readCapabilities,
  readProperties,
  readSeqnum,
  sameDevice,
} from './kernel/index.js'
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
          if (signal.kind === 'overrun') this.resync()
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
    if (action === 'add') this.take(deviceFrom({ properties, seqnum, at }, this.surroundings))
    else if (action === 'bind') markBound(this.world, unit)
    else if (action === 'remove') {
      removeDevice(this.world, unit, devpath)
      for (const stage of this.stages.holdersOf(unit)) stage.noteRemoval(unit, devpath, seqnum)
    } else return
    this.settle(unit)
  }

  /** Adds a device to the world; one that is there already, and is told of again, stays as it is. */
  private take(device: Device | undefined): void {
    if (device === undefined) return
    const known = this.world.units.get(device.unit)?.members.get(device.devpath)?.device
    if (known === undefined || !sameDevice(known, device)) addDevice(this.world, device)
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

  /** Makes sysfs the truth: what it does not have is gone. At the start, after an overrun, it is the same. */
  private resync(): void {
    this.seqnum = Math.max(this.seqnum, readSeqnum())
    const at = monotonicMicroseconds()
    const found = new Set<string>()
    const earlier = new Map(
      this.stages
        .all()
        .flatMap(({ all }) => all.map(({ attachment: { device } }) => [device.devpath, device] as const)),
    )
    const touched = new Set([
      ...this.world.units.keys(),
      ...this.stages.all().flatMap(({ heldUnits }) => heldUnits),
    ])
    for (const properties of enumerate()) {
      const device = deviceFrom({ properties, seqnum: this.seqnum, at }, this.surroundings)
      if (device === undefined) continue
      const before = earlier.get(device.devpath)
      // What an earlier daemon has attached keeps its SEQNUM and its time, and is the same attachment.
      this.take(
        before !== undefined && sameDevice(before, device)
          ? { ...device, seqnum: before.seqnum, initializedAt: before.initializedAt }
          : device,
      )
      found.add(device.devpath)
      touched.add(device.unit)
    }
    for (const unit of [...this.world.units.values()]) {
      for (const devpath of [...unit.members.keys()]) {
        if (!found.has(devpath)) removeDevice(this.world, unit.key, devpath)
      }
      markBound(this.world, unit.key)
    }
    for (const unit of touched) this.settle(unit)
  }

  private follow(signal: EngineSignal): void {
    const { world, options, pipeline } = this
    const touched = new Set<string>()
    const forget = (id: string): void => {
      const name = world.containers.get(id)?.name
      if (name !== undefined) touched.add(name)
      removeContainer(world, id)
    }
    switch (signal.kind) {
      case 'unreachable':
        if (this.engineState !== 'unreachable')
          options.log.warn(`${signal.error.message}; devices wait, trying again`)
        this.engineState = 'unreachable'
        return
      case 'gone':
        forget(signal.id)
        break
      case 'container': {
        const before = world.containers.get(signal.container.id)?.name
        if (before !== undefined) touched.add(before)
        setContainer(world, signal.container)
        touched.add(signal.container.name)
        break
      }
      case 'containers': {
        if (this.engineState === 'unreachable') options.log.info(`${options.engine.name} is reached`)
        this.engineState = 'reached'
        world.containersKnown = true
        const ids = new Set(signal.containers.map(({ id }) => id))
        for (const id of [...world.containers.keys()]) if (!ids.has(id)) forget(id)
        for (const container of signal.containers) {
          setContainer(world, container)
          touched.add(container.name)
        }
        break
      }
    }
    // A container that has come or gone may change who else can be served: those it shares a network namespace with.
    for (const { name } of this.stages.all()) touched.add(name)
    for (const name of this.meantOrHeld(touched)) pipeline.touchContainer({ name })
    const units = new Set([...world.units.keys(), ...this.stages.all().flatMap(({ heldUnits }) => heldUnits)])
    for (const unit of units) this.settle(unit)
  }

  /** Names that concern us: a container that no route means gets no stage. */
  private meantOrHeld(names: ReadonlySet<string>): string[] {
    const { containers, routes } = this.world
    const meant = new Set(
      [...containers.values()]
        .filter((container) => routes.some(({ selects }) => selects(container)))
        .map(({ name }) => name),
    )
    return [...names].filter((name) => meant.has(name) || this.stages.has(name))
  }

  private readonly surroundings: Surroundings = {
    capabilities: (devpath) => readCapabilities(devpath),
    facts: (devpath, unit) => {
      const known = this.world.units.get(unit)?.members.get(devpath)
      if (known !== undefined) return known.device.facts
      const properties = readProperties(devpath)
      if (properties === undefined) return undefined
      if (properties.get('SUBSYSTEM') === 'hid') return hidFacts(properties)
      const capabilities = readCapabilities(devpath)
      return { ...inputFacts(properties), ...(capabilities && { capabilities }) }
    },
  }
}

function netnsOfThisProcess(): string {
  const { dev, ino } = statSync('/proc/self/ns/net', { bigint: true })
  return `${dev}:${ino}`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
