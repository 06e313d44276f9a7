// Brings every stage to what the plan says: serial per container, side by side across containers.
import type { Observable, Subscription } from 'rxjs'
import { Subject, lastValueFrom, timer } from 'rxjs'
import type { Container } from '../container/engine.js'
import { InvariantError, StepError } from '../errors.js'
import { monotonicMicroseconds } from '../kernel/index.js'
import { concatMapByKey } from '../rx.js'
import type { Log } from '../service/log.js'
import { applyRules } from '../udev/rules.js'
import { LedgerWriter } from './ledger-writer.js'
import type { Applied, Attachment, PlannedStep } from './plan.js'
import { attachmentsOf, planSteps } from './plan.js'
import type { Stages } from './stages.js'
import type { Stage } from './stage.js'
import { isSessionStep } from './step-name.js'
import { STEPS } from './steps.js'
import type { Trace } from './trace.js'
import type { World } from './world.js'
import { ownerOf } from './world.js'

/** A unit of a stage, or, without one, the stage's container. */
export interface Work {
  stage: string
  unit?: string
}

export interface PipelineOptions {
  world: World
  stages: Stages
  log: Log
  trace: (trace: Trace) => void
  /** The SEQNUM of the kernel's last event. */
  seqnum: () => number
  /** Brings the session of a stage in line with its container. */
  serve: (stage: Stage) => Promise<void> | undefined
}

/** Delays before a failed step is tried again, in milliseconds; after the last it is reported and left. */
const RETRY_DELAYS = [50, 200, 1000, 5000]

export class Pipeline {
  private readonly queue = new Subject<Work>()
  private readonly retries = new Set<Subscription>()
  private readonly runs: Observable<never>
  private readonly ledgers: LedgerWriter

  constructor(private readonly options: PipelineOptions) {
    this.ledgers = new LedgerWriter(options.log)
    this.runs = this.queue.pipe(
      concatMapByKey(
        ({ stage }) => stage,
        ({ unit }) => unit ?? '',
        (work) => this.run(work),
      ),
    )
  }

  /** Starts to work; the returned promise ends when the pipeline was stopped and all work is done, and rejects on a bug. */
  start(): Promise<void> {
    return lastValueFrom(this.runs, { defaultValue: undefined })
  }

  /** Takes no more work. What runs is finished. */
  stop(): void {
    this.ledgers.flush()
    for (const retry of this.retries) retry.unsubscribe()
    this.queue.complete()
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
    if (!world.containersKnown && holders.some(({ name }) => name !== owner)) return
    for (const stage of holders) this.queue.next({ stage: stage.name, unit: key })
    if (owner !== undefined && !holders.some(({ name }) => name === owner))
      this.queue.next({ stage: owner, unit: key })
  }

  /** The container of that name, or its state, may have changed. */
  touchContainer({ name }: Pick<Container, 'name'>): void {
    this.queue.next({ stage: name })
  }

  /** Applies and reverts steps until the unit is on the stage as planned. */
  reconcile(stage: Stage, unitKey: string): Promise<void> | undefined {
    const { world, stages } = this.options
    const heldElsewhere = stages.holdersOf(unitKey).some((other) => other !== stage)
    const wanted = heldElsewhere ? [] : attachmentsOf(world, world.units.get(unitKey), stage.name)
    const should = new Set(wanted.map((attachment) => stage.find(attachment) ?? addTo(stage, attachment)))
    const changed = new Set<Applied>()
    for (const planned of planSteps(should, stage.of(unitKey), stage.session !== undefined)) {
      changed.add(planned.applied)
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
    return undefined
  }

  private run({ stage: name, unit }: Work): Promise<void> | undefined {
    const stage = this.options.stages.get(name)
    return unit === undefined ? this.options.serve(stage) : this.reconcile(stage, unit)
  }

  private execute(stage: Stage, planned: PlannedStep): Promise<void> | undefined {
    const { applied, step, direction } = planned
    const context = { stage, session: stage.session, seqnum: this.options.seqnum() }
    const at = monotonicMicroseconds()
    try {
      const running = STEPS[step][direction](applied, context)
      if (running === undefined) {
        this.finish(stage, planned, at)
        return undefined
      }
      // A container that has ended meanwhile took what its session's steps did with it.
      const isOver = (): boolean => isSessionStep(step) && stage.session !== context.session
      return running.then(
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
    if (direction === 'apply') applied.done.add(step)
    else applied.done.delete(step)
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

  /** A failed step pauses its attachment, which reverts the steps before it; what can't be undone counts as undone. */
  private fail(stage: Stage, planned: PlannedStep, error: unknown): void {
    if (error instanceof InvariantError) throw error
    const { applied, step, direction } = planned
    const { device, route } = applied.attachment
    const fields = {
      container: stage.name,
      device: device.node?.name ?? device.sysname,
      route,
      action: direction,
    }
    const { log } = this.options
    if (direction === 'revert') {
      applied.done.delete(step)
      log.warn(
        `could not undo ${step} of ${fields.device} in ${stage.name}: ${new StepError(step, error).message}`,
        fields,
      )
      return
    }
    const delay = RETRY_DELAYS[applied.failures]
    applied.failures++
    applied.paused = true
    const what = `${fields.device} could not be attached to ${stage.name}: ${new StepError(step, error).message}`
    if (delay === undefined) {
      log.error(
        `${what}; tried ${applied.failures} times, given up until the device or the container comes anew`,
        fields,
      )
      return
    }
    log.debug(`${what}; trying again in ${delay} ms`, fields)
    const retry = timer(delay).subscribe(() => {
      this.retries.delete(retry)
      applied.paused = false
      this.queue.next({ stage: stage.name, unit: device.unit })
    })
    this.retries.add(retry)
  }

  private settle(
    stage: Stage,
    unit: string,
    should: ReadonlySet<Applied>,
    changed: ReadonlySet<Applied>,
  ): void {
    const { world, trace } = this.options
    for (const applied of stage.of(unit)) {
      if (!should.has(applied) && applied.done.size === 0) stage.delete(applied)
    }
    const [first] = changed
    if (first === undefined) return
    const devices = stage.of(unit).flatMap(({ attachment, paused }) => (paused ? [] : [attachment.device]))
    const { route } = first.attachment
    const live = stage.session !== undefined
    trace({ kind: 'settled', at: monotonicMicroseconds(), stage: stage.name, unit, route, devices, live })
    // Let go of: whoever should have it now has waited for that.
    const moved = world.units.get(unit)
    if (devices.length === 0 && moved !== undefined && ownerOf(world, moved) !== stage.name)
      this.touchUnit(unit)
  }
}

function addTo(stage: Stage, attachment: Attachment): Applied {
  const applied: Applied = {
    attachment,
    record: applyRules(attachment.device),
    done: new Set(),
    appliedAt: monotonicMicroseconds(),
    failures: 0,
    paused: false,
  }
  stage.add(applied)
  return applied
}
