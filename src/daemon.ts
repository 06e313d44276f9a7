// The composition root: sources -> world -> plan -> sessions -> teardown.
import { Subject, Subscription, from, map, race, firstValueFrom, timer } from 'rxjs'
import { Access } from './attach/access.js'
import { Follower } from './attach/follower.js'
import { Hearing } from './attach/hearing.js'
import { heldIn } from './attach/held.js'
import { Narrator } from './attach/narrator.js'
import { MissingStages } from './attach/missing-stages.js'
import { Neighbours } from './attach/neighbours.js'
import { Overtaken } from './attach/overtaken.js'
import { Notices } from './attach/notices.js'
import { Pipeline } from './attach/pipeline.js'
import { attachReport } from './attach/report.js'
import { Sessions } from './attach/sessions.js'
import type { Stage } from './attach/stage.js'
import { Stages } from './attach/stages.js'
import type { Counters, DaemonReport } from './attach/status-report.js'
import type { Trace } from './attach/trace.js'
import type { World } from './attach/world.js'
import {
  createWorld,
  decideAnew,
  meantContainers,
  ownerOf,
  removeContainer,
  setContainer,
  setContainers,
  setRoutes,
} from './attach/world.js'
import type { Config } from './config/index.js'
import type { ContainerEngine, EngineSignal } from './container/engine.js'
import { netnsOfThisProcess } from './container/netns.js'
import type { Device, KernelMonitor } from './kernel/index.js'
import {
  driverAbove,
  handledUnit,
  kernelMonitor,
  monotonicMicroseconds,
  reportsLetters,
  unitsAbove,
} from './kernel/index.js'
import type { Native } from './native.js'
import { compileRoute } from './route/match.js'
import { labelsRead, literalNames } from './route/select.js'
import type { AdjustableLog } from './service/log.js'
import type { AbsInfoReader } from './udev/builtin.js'
import { BuiltinRules } from './udev/builtin.js'
import { HostHwdb } from './udev/host-hwdb.js'
import type { UdevSettings } from './udev/source.js'
import { UdevSource } from './udev/source.js'

export interface DaemonOptions {
  config: Config
  engine: ContainerEngine
  log: AdjustableLog
  addon: Native
}

/** How long work that runs may take to end after a stop, in milliseconds. */
const STOP_TIMEOUT = 5000

export class Daemon {
  /** Everything that happens to devices. */
  readonly trace = new Subject<Trace>()
  /** Rejects when the daemon can't go on; pending as long as it runs. */
  readonly failed: Promise<never>

  /** What holds now. */
  config: Config

  private readonly world: World
  private readonly stages: Stages
  private readonly missing: MissingStages
  private readonly monitor: KernelMonitor
  private readonly hwdb: HostHwdb
  private rules: BuiltinRules
  private readonly udev: UdevSource
  private readonly follower: Follower
  private readonly hearing: Hearing
  private readonly pipeline: Pipeline
  private readonly sessions: Sessions
  private readonly notices: Notices
  private readonly narrator: Narrator
  private readonly neighbours: Neighbours
  private readonly overtaken: Overtaken
  private readonly access: Access
  private readonly sources = new Subscription()
  private readonly working: Promise<void>
  private fail: (error: unknown) => void = () => undefined
  private hasFailed = false
  /** While sysfs is looked at for the first time: what it has was not plugged just now. */
  private isColdplug = false
  private readonly startedAt = new Date()
  private readonly startedAtMonotonic = monotonicMicroseconds()
  private engineState: 'unknown' | 'reached' | 'unreachable' = 'unknown'

  /** Mounts the stage, opens the kernel's socket, attaches what is there already, and follows kernel and engine from then on. */
  constructor(private readonly options: DaemonOptions) {
    const { config, log, addon, engine } = options
    this.config = config
    this.failed = new Promise((_, reject) => (this.fail = reject))
    this.failed.catch(() => (this.hasFailed = true))
    this.missing = new MissingStages(log, config.stage, (name) => this.makeStage(name))
    this.stages = new Stages(
      config.stage,
      addon,
      (name, error) => this.missing.failed(name, error),
      (message) => log.warn(message, { action: 'load' }),
      (error) => this.fail(error),
    )
    this.world = createWorld(config.routes.map(compileRoute), netnsOfThisProcess(), {
      said: (device, source) => this.udev.recordOf(device, source),
      driverOf: ({ devpath }) => driverAbove(devpath),
      reportsLetters: ({ devpath }) => reportsLetters(devpath),
    })
    this.monitor = kernelMonitor(addon, log)
    this.notices = new Notices(this.world, log)
    this.narrator = new Narrator(log)
    this.neighbours = new Neighbours(log)
    this.overtaken = new Overtaken(log)
    this.access = new Access(this.world, log)
    const { world, stages } = this
    this.sessions = new Sessions({
      world,
      stages,
      addon,
      log,
      pipeline: () => this.pipeline,
      onEnded: (stage) => {
        this.narrator.ended(stage.name)
        this.overtaken.ended(stage.name)
        this.access.forgetEnded()
      },
      onChanged: () => {
        for (const unit of world.units.keys()) this.settle(unit)
      },
    })
    this.hwdb = new HostHwdb(log)
    this.rules = this.rulesOf(config)
    this.udev = new UdevSource(
      {
        addon,
        log,
        onTold: (uevent, said) => {
          const unit = handledUnit(uevent.subsystem, uevent.devpath)
          if (unit !== undefined) decideAnew(world, unit)
          this.follower.told(uevent, said)
        },
        onLate: (uevent) => {
          const unit = handledUnit(uevent.subsystem, uevent.devpath)
          if (unit !== undefined) decideAnew(world, unit)
          this.follower.toldLate(uevent)
        },
        onLearned: (unit) => {
          decideAnew(world, unit)
          this.settle(unit)
        },
        onError: this.fail,
      },
      this.udevSettings(config),
    )
    this.follower = new Follower({
      world,
      stages,
      udev: this.udev,
      settle: (unit) => {
        this.settle(unit)
        // The host's udevd may be given up on after the unit has gone, and the builtin rules be asked instead.
        if (!world.units.has(unit)) this.udev.forget(unit)
      },
    })
    this.hearing = new Hearing({
      world,
      stages,
      log,
      udev: this.udev,
      follower: this.follower,
      trace: this.trace,
      settle: (unit) => this.settle(unit),
      onMoved: ({ units, silent }) => {
        this.pipeline.noteMoved(silent)
        for (const [key, to] of units) {
          this.notices.moved(key, to)
          this.narrator.moved(key, to)
          this.overtaken.moved(key, to)
        }
      },
    })
    this.pipeline = new Pipeline({
      world,
      stages,
      log,
      udev: this.udev,
      seqnum: () => this.hearing.seqnum,
      serve: (stage) => this.sessions.serve(stage),
      remake: (stage) => this.remakeStage(stage),
      trace: (trace) => this.observe(trace),
    })
    this.working = this.pipeline.start()
    this.working.catch(this.fail)

    engine.prefer?.((container) => world.routes.some(({ selects }) => selects(container)))
    this.makeStages()
    // The socket is open before the enumeration: what comes in between is heard afterwards.
    this.sources.add(
      this.monitor.signals.subscribe({ next: (signal) => this.hearing.hear(signal), error: this.fail }),
    )
    this.isColdplug = true
    this.hearing.resync()
    this.isColdplug = false
    this.follower.refresh()
    this.sources.add(engine.signals.subscribe({ next: (signal) => this.follow(signal), error: this.fail }))
  }

  /**
   * From now on this config holds: only what it makes different is done, and a unit that changes its owner is taken from one container before the other gets it.
   * Returns the keys that can't change while the daemon runs, and have not.
   */
  reload(config: Config): string[] {
    const { docker, stage, control, log } = this.options.config
    const fixed = [
      ...(config.docker.socket === docker.socket ? [] : ['docker.socket']),
      ...(config.stage === stage ? [] : ['stage']),
      ...(config.control === control ? [] : ['control']),
      ...(config.log.format === log.format ? [] : ['log.format']),
    ]
    this.config = { ...config, docker, stage, control, log: { ...config.log, format: log.format } }
    this.options.log.setLevel(config.log.level)
    setRoutes(this.world, config.routes.map(compileRoute))
    this.options.engine.readLabels?.(labelsRead(config.routes.map(({ container }) => container)))
    this.udev.configure(this.udevSettings(config))
    decideAnew(this.world)
    this.makeStages()
    if (this.world.containersKnown) this.notices.lookAtRoutes()
    this.touchAll()
    this.follower.refresh()
    return fixed
  }

  /** One line for people: what is served now. */
  get status(): string {
    const { world } = this
    const attached = [...world.units.keys()].filter((key) => this.stages.holdersOf(key).length > 0).length
    const served = this.stages.all().filter(({ session }) => session !== undefined).length
    const engine = this.engineState === 'unreachable' ? `; waiting for ${this.options.engine.name}` : ''
    return `${count(attached, 'device')} attached, ${count(served, 'container')} served, ${count(world.routes.length, 'route')}${engine}`
  }

  /** All that is known and held now. */
  report(): DaemonReport {
    const { world, stages, pipeline, sessions, udev, options } = this
    // Nothing else may happen for long that would show it.
    for (const stage of stages.all()) if (stage.isLost) pipeline.touchContainer(stage)
    return {
      startedAt: this.startedAt.toISOString(),
      uptime: Math.floor((monotonicMicroseconds() - this.startedAtMonotonic) / 1e6),
      engine: {
        name: options.engine.name,
        state: this.engineState,
        unanswered: [...world.containers.values()].flatMap(({ name, unanswered }) =>
          unanswered === undefined ? [] : [{ container: name, reason: unanswered }],
        ),
      },
      ...attachReport(
        world,
        stages.all(),
        (stage) => sessions.problemOf(stage) ?? this.missing.problemOf(stage),
        (stage) => this.access.problemsOf(stage),
      ),
      counters: this.counters(),
      held: {
        ...heldIn(world, stages.all()),
        ...pipeline.held,
        ...sessions.held,
        ...udev.held,
        probing: this.hearing.probing,
        builtinUnits: this.rules.size,
        missingStages: this.missing.size,
        noticed: this.notices.size,
        narrated: this.narrator.size,
        access: this.access.size,
      },
    }
  }

  /** Whether uevents are still heard and work is still done: what the watchdog is told. */
  get isAlive(): boolean {
    return !this.sources.closed && !this.hasFailed
  }

  /** Stops listening, finishes what runs, and leaves the stages as they are. */
  async stop(): Promise<void> {
    this.sources.unsubscribe()
    this.hearing.stop()
    this.pipeline.stop()
    const finished = from(this.working).pipe(map(() => true))
    const late = timer(STOP_TIMEOUT).pipe(map(() => false))
    const wasFinished = await firstValueFrom(race(finished, late))
    if (!wasFinished)
      this.options.log.warn(
        'stopped without waiting for work that had not ended after 5 s; the next start takes it up',
      )
    this.pipeline.flush()
    this.stages.close()
    this.udev.stop()
    this.hwdb.close()
    this.missing.stop()
    this.sessions.stop()
    this.narrator.stop()
    this.access.stop()
    this.notices.stop()
    this.trace.complete()
  }

  private udevSettings(config: Config): UdevSettings {
    if (this.rules.udevVersion !== config.udevVersion) this.rules = this.rulesOf(config)
    return { rules: this.rules, asksHost: asksHost(config), hostTimeout: config.hostTimeout }
  }

  private rulesOf({ udevVersion }: Config): BuiltinRules {
    const { addon } = this.options
    const absInfo: AbsInfoReader = (node, axes) => addon.readAbsInfo(node, axes)
    return new BuiltinRules({ hwdb: this.hwdb, udevVersion, absInfo })
  }

  /** Stages of containers that a route spells out are there before their containers are. */
  private makeStages(): void {
    for (const { route } of this.world.routes) {
      for (const name of literalNames(route.container)) this.stages.find(name)
    }
  }

  /** A stage that could not be made before. */
  private makeStage(name: string): void {
    if (this.stages.makeAgain(name) === undefined) return
    this.missing.made(name)
    this.options.log.info(`container ${name} can be served now: its stage is made`, {
      container: name,
      action: 'serve',
    })
    this.touchAll()
  }

  /** Others may have gone with it: all are looked at. */
  private remakeStage(stage: Stage): boolean {
    this.sessions.reopen(stage)
    const isMade = this.stages.remake(stage)
    if (isMade) for (const other of this.stages.all()) this.pipeline.touchContainer(other)
    return isMade
  }

  private counters(): Counters {
    const { uevents, overruns, foreign, malformed } = this.monitor.counters()
    const { attaches, detaches, retries } = this.pipeline.tally
    const dropped = { foreign, ...malformed }
    return { uevents, dropped, overruns, resyncs: this.hearing.resyncs, attaches, detaches, retries }
  }

  private observe(trace: Trace): void {
    if (trace.kind === 'settled') {
      this.narrator.settled(trace)
      if (trace.live && trace.devices.length > 0) this.tellNeighbours(trace.stage)
      this.access.settled(trace)
      this.overtaken.settled(trace)
    } else if (trace.kind === 'step' && trace.step === 'node' && trace.direction === 'apply')
      this.noteOvertaken(trace.stage, trace.device)
    if (this.trace.observed) this.trace.next(trace)
  }

  private noteOvertaken(stage: string, device: Device): void {
    if (device.node === undefined || this.stages.find(stage)?.session?.hearsHost !== true) return
    if (this.udev.hasAnnounced(device)) this.overtaken.note(stage, device)
  }

  private tellNeighbours(stage: string): void {
    const all = this.stages.all()
    const own = all.find(({ name }) => name === stage)
    if (own !== undefined) this.neighbours.look(own, all)
  }

  /** What is above it goes first: it may have to be withdrawn before a keyboard below it is given to anybody. */
  private settle(unitKey: string): void {
    for (const above of unitsAbove(unitKey)) if (this.world.units.has(above)) this.settleAlone(above)
    this.settleAlone(unitKey)
  }

  private settleAlone(unitKey: string): void {
    const unit = this.world.units.get(unitKey)
    if (this.trace.observed && unit?.found !== undefined && !('withheld' in unit.found)) {
      const stage = ownerOf(this.world, unit)
      const match = unit.found
      if (stage !== undefined)
        this.trace.next({ kind: 'routed', at: monotonicMicroseconds(), unit: unitKey, match, stage })
    }
    const isWithheld = unit?.found !== undefined && 'withheld' in unit.found
    const from = isWithheld ? this.stages.holdersOf(unitKey).map(({ name }) => name) : []
    this.pipeline.touchUnit(unitKey)
    if (this.isColdplug) this.notices.passOver([unitKey])
    this.notices.look(unitKey, from)
  }

  private follow(signal: EngineSignal): void {
    const { world, options } = this
    if (signal.kind === 'unreachable') {
      const { message } = signal.error
      if (this.engineState !== 'unreachable')
        options.log.warn(
          `${message}; udev-proxy goes on with the containers that it knows of, and tries again`,
        )
      this.engineState = 'unreachable'
      return
    }
    if (signal.kind === 'problem') {
      this.tellProblem(signal)
      return
    }
    if (this.engineState === 'unreachable') options.log.info(`${options.engine.name} answers again`)
    this.engineState = 'reached'
    if (signal.kind === 'containers') setContainers(world, signal.containers)
    else if (signal.kind === 'container') setContainer(world, signal.container)
    else removeContainer(world, signal.id)
    if (signal.kind === 'containers') this.notices.lookAtRoutes()
    this.sessions.followNames()
    this.touchAll()
  }

  /** Only who may be meant by a route is worth a warning; of one without a known name nobody knows. */
  private tellProblem({ id, name, message }: EngineSignal & { kind: 'problem' }): void {
    const { log, engine } = this.options
    const isMeant = name === undefined || meantContainers(this.world).includes(name)
    const what = `container ${name ?? id.slice(0, 12)} is not served as it is now, because ${engine.name} gives no usable answer about it`
    log[isMeant ? 'warn' : 'debug'](`${what}: ${message}; udev-proxy goes on asking`, {
      ...(name !== undefined && { container: name }),
      action: 'inspect',
    })
  }

  /** All, not one alone: containers may share a network namespace, or be meant by the routes of others' units. */
  private touchAll(): void {
    const { world, stages, pipeline } = this
    const names = new Set([...meantContainers(world), ...stages.all().map(({ name }) => name)])
    for (const name of names) pipeline.touchContainer({ name })
    const units = new Set([...world.units.keys(), ...stages.all().flatMap(({ heldUnits }) => heldUnits)])
    for (const unit of units) this.settle(unit)
  }
}

function asksHost({ routes }: Config): 'always' | 'auto' | 'never' {
  if (routes.some(({ properties }) => properties === 'host')) return 'always'
  return routes.some(({ properties }) => properties === 'auto') ? 'auto' : 'never'
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
