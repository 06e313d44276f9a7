// Brings every stage to what the plan says: serial per container, side by side across containers.
import type { Observable } from 'rxjs'
import { Subject, lastValueFrom } from 'rxjs'
import type { Container } from '../container/engine.js'
import { isBug, isSystemError } from '../errors.js'
import { monotonicMicroseconds, unitsAbove } from '../kernel/index.js'
import { concatMapByKey } from '../rx.js'
import type { Log } from '../service/log.js'
import type { UdevSource } from '../udev/source.js'
import { appliedFor } from './applied.js'
import { unitsBelow } from './below.js'
import { LedgerWriter } from './ledger-writer.js'
import type { Moved } from './move.js'
import { Retries } from './retries.js'
import type { Applied, PlannedStep, Reach } from './plan.js'
import { attachmentsOf, planSteps } from './plan.js'
import type { Stages } from './stages.js'
import type { Stage } from './stage.js'
import type { StepName } from './step-name.js'
import { isSessionStep } from './step-name.js'
import { STEPS, tellUpdate } from './steps.js'
import { Tally } from './tally.js'
import { Timers } from './timers.js'
import type { Trace } from './trace.js'
import type { World } from './world.js'
import { ownerOf } from './world.js'

/** A unit of a stage, or, without one, the stage's container. */
export interface Work {
  stage: Stage
  unit?: string
}

/** How long the nodes of a unit may take to come before its records are made, in milliseconds: the kernel tells of them one after the other. */
const AFTER_NODES = 1

export interface PipelineOptions {
  world: World
  stages: Stages
  log: Log
  udev: Pick<UdevSource, 'addOf' | 'auto' | 'parentsOf'>
  trace: (trace: Trace) => void
  /** The SEQNUM of the kernel's last event. */
  seqnum: () => number
  /** Brings the session of a stage in line with its container. */
  serve: (stage: Stage) => Promise<void> | undefined
  /** Makes a stage anew of which something has gone; false when that can't be. */
  remake: (stage: Stage) => boolean
}

export class Pipeline {
  readonly tally: Tally
  private readonly queue = new Subject<Work>()
  private readonly waiting = new Map<unknown, Map<string, Work>>()
  private readonly retries: Retries
  private readonly timers = new Timers()
  private readonly runs: Observable<never>
  private readonly ledgers: LedgerWriter
  private isStopped = false

  constructor(private readonly options: PipelineOptions) {
    this.tally = new Tally(options.stages.all().flatMap(({ all }) => all))
    this.ledgers = new LedgerWriter(options.log, options.stages.root, (error) => this.queue.error(error))
    this.retries = new Retries(options.log, options.stages.root, (stage, { attachment }) => {
      this.tally.retries++
      this.queue.next({ stage, unit: attachment.device.unit })
    })
    this.runs = this.queue.pipe(
      concatMapByKey(
        ({ stage }) => stage,
        ({ unit }) => unit ?? '',
        (work) => this.run(work),
        this.waiting,
      ),
    )
  }

  /** How much it has in hand. */
  get held(): Readonly<Record<string, number>> {
    const queues = [...this.waiting.values()]
    return {
      busyStages: queues.length,
      queue: queues.reduce((sum, { size }) => sum + size, 0),
      retries: this.retries.size,
      unnoted: this.ledgers.unwritten,
    }
  }

  /** Starts to work; the returned promise ends when the pipeline was stopped and all work is done, and rejects on a bug. */
  start(): Promise<void> {
    return lastValueFrom(this.runs, { defaultValue: undefined })
  }

  /** Takes no more work. What runs is finished. */
  stop(): void {
    this.isStopped = true
    this.retries.stop()
    this.timers.stop()
    this.queue.complete()
  }

  /** The ledgers have all that was done when it returns; it is the last thing that is done. */
  flush(): void {
    this.ledgers.flush()
    this.ledgers.stop()
  }

  /**
   * The unit may have changed its place: whoever holds it lets go first. What an earlier daemon has attached stays until it is known which containers
   * there are.
   */
  touchUnit(key: string): void {
    const { world, stages } = this.options
    const holders = stages.holdersOf(key)
    const unit = world.units.get(key)
    const owner = unit && ownerOf(world, unit)
    if (this.isStopped || (!world.containersKnown && holders.some(({ name }) => name !== owner))) return
    const wanting = owner === undefined ? undefined : stages.find(owner)
    if (wanting !== undefined && holders.every((holder) => holder === wanting)) this.wanted(wanting, key)
    for (const stage of holders) this.queue.next({ stage, unit: key })
    if (wanting !== undefined && !holders.includes(wanting)) this.queue.next({ stage: wanting, unit: key })
  }

  /** The container of that name, or its state, may have changed. */
  touchContainer({ name }: Pick<Container, 'name'>): void {
    const stage = this.isStopped ? undefined : this.options.stages.find(name)
    if (stage !== undefined) this.queue.next({ stage })
  }

  /** The devices of these attachments have other devpaths; the ledgers have them when it returns. */
  noteMoved(moved: Moved['silent']): void {
    for (const { stage, applied } of moved) this.ledgers.note(stage, new Set([applied]))
    if (moved.length > 0) this.ledgers.flush()
  }

  /** Applies and reverts steps until the unit is on the stage as planned. */
  reconcile(stage: Stage, unitKey: string): Promise<void> | undefined {
    if (stage.session?.lookForHostUdevd() === true) followHostUdevd(stage)
    const heldElsewhere = this.options.stages.holdersOf(unitKey).some((other) => other !== stage)
    const should = new Set(heldElsewhere ? [] : this.wanted(stage, unitKey))
    if (this.mustWait(stage, unitKey, should) || this.isHeardAbove(stage, unitKey)) return undefined
    const changed = new Set<Applied>()
    for (const planned of planSteps(should, stage.of(unitKey), reachOf(stage))) {
      // What could not be taken away yet is not told as gone.
      if (planned.applied.stuck && planned.step === 'announce') continue
      for (const one of isMove(planned) ? stage.of(unitKey) : [planned.applied]) changed.add(one)
      const running = this.execute(stage, planned)
      if (running !== undefined) {
        return running.then(() => {
          this.ledgers.note(stage, changed)
          return this.reconcile(stage, unitKey)
        })
      }
      if (planned.applied.paused && planned.direction === 'apply') {
        this.ledgers.note(stage, changed)
        return this.reconcile(stage, unitKey)
      }
    }
    this.ledgers.note(stage, changed)
    this.settle(stage, unitKey, should, changed)
    // Who hears the host's udevd has all nodes, also those whose uevents are still to be read, before it is thought about what they are.
    const isUnsaid = [...should].some(({ event, done }) => event === undefined && done.has('node'))
    if (isUnsaid && stage.session?.hearsHost === true)
      this.timers.later(AFTER_NODES, () => this.queue.next({ stage, unit: unitKey }))
    return undefined
  }

  /**
   * What the stage should have of the unit. It is noted as soon as the unit is touched, also while the stage's work waits: later events of its devices
   * are told after what was said first.
   */
  private wanted(stage: Stage, unitKey: string): Applied[] {
    const { world, udev, log } = this.options
    const unit = world.units.get(unitKey)
    // What a container has stays while it is open what udev says of it.
    if (unit?.awaits !== undefined && unit.found === undefined)
      return stage.of(unitKey).filter(({ attachment: { device } }) => unit.decided.has(device.devpath))
    return attachmentsOf(world, unit, stage.name, stage.owner, udev.auto).map((attachment) =>
      appliedFor(stage, attachment, udev, log),
    )
  }

  /**
   * Whether it isn't known yet what a daemon before this one has done, or another device has the number of one of these until it is taken away: udevd, too,
   * lets the events of one device number wait for each other (event_is_blocked).
   */
  private mustWait(stage: Stage, unit: string, should: ReadonlySet<Applied>): boolean {
    if (stage.of(unit).some(({ earlier }) => earlier !== undefined)) return true
    stage.blocked.delete(unit)
    const rivals = [...should].flatMap((applied) => stage.rivalsOf(applied))
    const isBlocked = rivals.some((rival) => !this.isWanted(stage, rival))
    if (isBlocked) stage.blocked.add(unit)
    return isBlocked
  }

  /** Whether a container that is to let go of a unit above this one still has it, and would hear what this one says: nothing of it is given before. */
  private isHeardAbove(stage: Stage, unitKey: string): boolean {
    if (stage.of(unitKey).some(({ done }) => done.size > 0)) return false
    const { stages } = this.options
    return unitsAbove(unitKey).some((above) =>
      stages.holdersOf(above).some((holder) => !this.isWanted(holder, above)),
    )
  }

  private isWanted(stage: Stage, unitKey: string): boolean {
    const { world } = this.options
    const unit = world.units.get(unitKey)
    return unit !== undefined && ownerOf(world, unit) === stage.name
  }

  private run({ stage, unit }: Work): Promise<void> | undefined {
    // It may have been removed, or another put in its place, while the work waited.
    if (!this.options.stages.has(stage)) return undefined
    const isGone = unit === undefined ? stage.isBroken : stage.isLost
    if (isGone && !this.options.remake(stage)) return undefined
    return unit === undefined ? this.options.serve(stage) : this.reconcile(stage, unit)
  }

  private execute(stage: Stage, planned: PlannedStep): Promise<void> | undefined {
    const { applied, step, direction } = planned
    const context = { stage, session: stage.session, seqnum: this.options.seqnum(), log: this.options.log }
    const at = monotonicMicroseconds()
    if (direction === 'revert') this.ledgers.begin(stage, applied)
    try {
      let running: Promise<void> | undefined
      if (step === 'update') running = tellUpdate(applied, context)
      else running = STEPS[step][direction](applied, context)
      if (running === undefined) {
        this.finish(stage, planned, at)
        return undefined
      }
      // A container that has ended meanwhile took what its session's steps did with it.
      const isOver = (): boolean =>
        (step === 'update' || isSessionStep(step)) && stage.session !== context.session
      return this.ledgers.during(applied, running).then(
        () => {
          if (!isOver()) this.finish(stage, planned, at)
        },
        (error: unknown) => {
          if (!isOver()) this.fail(stage, planned, error)
        },
      )
    } catch (error) {
      this.fail(stage, planned, error)
      return undefined
    }
  }

  private finish(stage: Stage, { applied, step, direction }: PlannedStep, at: number): void {
    if (step === 'update') applied.updates.shift()
    else if (direction === 'apply') applied.done.add(step)
    else applied.done.delete(step)
    if (step !== 'update') applied.stale?.delete(step)
    if (step === 'announce' && direction === 'revert') applied.isVisible = false
    if (applied.failed?.step === step && applied.failed.direction === direction) delete applied.failed
    const last = stage.session?.hearsHost === true ? 'record' : 'announce'
    if (step === last && direction === 'apply') applied.failures = 0
    const { device } = applied.attachment
    this.options.trace({
      kind: 'step',
      at,
      stage: stage.name,
      device,
      step,
      direction,
    })
  }

  private fail(stage: Stage, planned: PlannedStep, error: unknown): void {
    if (isBug(error)) throw error
    if (isSystemError(error, 'ENOENT', 'ENOTDIR') && stage.isBroken) this.queue.next({ stage })
    // Some of it may have been done: all of it is taken back.
    const { applied, step, direction } = planned
    if (direction === 'apply' && step !== 'update' && isPartly(step)) applied.done.add(step)
    this.retries.failed(stage, planned, error)
  }

  private settle(
    stage: Stage,
    unit: string,
    should: ReadonlySet<Applied>,
    changed: ReadonlySet<Applied>,
  ): void {
    const { world, trace } = this.options
    this.tally.settled(stage.of(unit), should)
    const gone = stage
      .of(unit)
      .filter((applied) => isOver(applied) && (applied.isDoubtful || !should.has(applied)))
    for (const applied of gone) this.drop(stage, applied)
    // What was doubted comes anew; another may have waited for the device's number.
    if (gone.length > 0 && should.size > 0) this.queue.next({ stage, unit })
    if (gone.length > 0) for (const blocked of stage.blocked) this.queue.next({ stage, unit: blocked })
    const [first] = changed
    if (first !== undefined) {
      const devices = stage.of(unit).flatMap(({ attachment, paused }) => (paused ? [] : [attachment.device]))
      const { route } = first.attachment
      const live = stage.session !== undefined
      trace({ kind: 'settled', at: monotonicMicroseconds(), stage: stage.name, unit, route, devices, live })
    }
    // Let go of: whoever should have it now has waited for that.
    if (gone.length > 0 && !stage.holds(unit) && world.units.has(unit) && !this.isWanted(stage, unit))
      this.touchUnit(unit)
    if (gone.length > 0 && !stage.holds(unit))
      for (const { key } of unitsBelow(world, unit)) this.touchUnit(key)
  }

  private drop(stage: Stage, applied: Applied): void {
    stage.delete(applied)
    this.retries.forget(applied)
  }
}

/** Whether the step does several things, of which some may be done when one fails; the addon takes back what it has done of the others. */
function isPartly(step: StepName): boolean {
  return step === 'linkInside' || !isSessionStep(step)
}

/** The host's udevd announces there from now on, or does so no more: what it has announced already is not announced anew. */
function followHostUdevd({ session, all }: Stage): void {
  if (session?.hearsHost === true) return
  for (const { done, isProvisional } of all)
    if (done.has('record') && isProvisional !== true) done.add('announce')
}

function reachOf({ session }: Stage): Reach {
  return {
    isLive: session !== undefined,
    hasOwnUdevd: session?.hasOwnUdevd === true,
    hearsHost: session?.hearsHost === true,
  }
}

/** Whether nothing of it is left, nor anything to be told. */
function isOver({ done, isVisible }: Applied): boolean {
  return done.size === 0 && !isVisible
}

/** Whether what is told is that a device was moved, and all that is below it moved along. */
function isMove({ applied, step }: PlannedStep): boolean {
  return step === 'update' && applied.updates[0]?.action === 'move'
}
