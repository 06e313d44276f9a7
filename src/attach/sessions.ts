// Gives every running container that a route means its session, and takes it away when the container ends.
import type { Container } from '../container/engine.js'
import { runOf } from '../container/engine.js'
import type { Mountable, Session } from '../container/session.js'
import { hostDevices, openSession } from '../container/session.js'
import { GoneError, RefusedError, isBug } from '../errors.js'
import type { Native } from '../native.js'
import type { Log } from '../service/log.js'
import { resolveEarlier } from './earlier.js'
import { LeftoverStages } from './leftover.js'
import { newNames } from './names.js'
import { watchForUdevd } from './own-udevd.js'
import { redo } from './plan.js'
import { isSessionStep } from './step-name.js'
import { stageReason } from './no-space.js'
import type { Pipeline } from './pipeline.js'
import type { Stage } from './stage.js'
import { isBound } from './stage.js'
import { knownTo } from './succession.js'
import type { Stages } from './stages.js'
import { Timers } from './timers.js'
import type { World } from './world.js'
import {
  allowContainer,
  containerOf,
  endRun,
  isUnanswered,
  ownerOf,
  recognise,
  refusalOf,
  refuseContainer,
  servedContainer,
} from './world.js'

export interface SessionsOptions {
  world: World
  stages: Stages
  addon: Native
  log: Log
  pipeline: () => Pipeline
  onEnded: (stage: Stage) => void
  /** A container can't be served, or has another stage: the units that it would have had are to be looked at again. */
  onChanged: () => void
}

/** When a session is to end that has something left to be taken back, in milliseconds. */
const LET_GO_AGAIN = 1000
const RETRY_DELAYS = [200, 1000, 5000, 30_000]
/** When a container that is refused for what it has is looked at again, in milliseconds. */
const LOOK_AGAIN = 10_000

export class Sessions {
  /** By stage, how often in a row its container could not be opened, and why the last time. */
  private readonly failures = new Map<string, { times: number; reason: string }>()
  /** Runs whose session is being opened. */
  private readonly opening = new Set<string>()
  /** Stages whose session is tried again in a while. */
  private readonly reopening = new Set<Stage>()
  private readonly timers = new Timers()
  private readonly leftover: LeftoverStages
  private readonly hostDevices = hostDevices()

  constructor(private readonly options: SessionsOptions) {
    this.leftover = new LeftoverStages(options.world, options.stages, this.timers, options.log)
  }

  /** Why the container of that stage could not be opened when that was tried last. */
  problemOf(stage: string): string | undefined {
    return this.failures.get(stage)?.reason
  }

  /** How much it has in hand. */
  get held(): Readonly<Record<string, number>> {
    return {
      sessions: this.options.stages.all().filter(({ session }) => session !== undefined).length,
      sessionFailures: this.failures.size,
      stagesToDrop: this.leftover.size,
      sessionTimers: this.timers.size,
    }
  }

  /** Opens or closes the session of `stage` as its container wants it. Undefined when there is nothing to wait for. */
  serve(stage: Stage): Promise<void> | undefined {
    const { world } = this.options
    // Nothing is over because nobody has told of it yet: all stages are served once the engine has.
    if (!world.containersKnown || isUnanswered(world, stage.name, stage.servedRun?.run)) return undefined
    const container = servedContainer(world, stage.name) ?? this.formerContainer(stage)
    // A network that no route goes to is not served: what it had of a former config is taken back in the session.
    const refusal = container && world.refused.get(container.id)
    if (container !== undefined && refusal !== undefined) {
      return stage.session === undefined && stage.heldUnits.length === 0
        ? undefined
        : this.refuse(stage, refusal)
    }
    const { session } = stage
    if (session !== undefined && session.run !== (container && runOf(container))) {
      if (containerOf(world, session.run) !== undefined) return this.letGo(stage)
      this.close(stage, session)
    }
    if (container !== undefined && stage.session === undefined) return this.openAlone(stage, container)
    if (container === undefined) {
      const isNews = stage.all.some(({ earlier }) => earlier !== undefined)
      this.resolve(stage)
      // They have waited for that, perhaps in vain.
      if (isNews) for (const unit of stage.heldUnits) this.options.pipeline().touchUnit(unit)
      this.failures.delete(stage.name)
    }
    this.leftover.drop(stage)
    return undefined
  }

  /** Stages are called as their containers are: each follows one that was renamed. What another has that waits under the new name is over. */
  followNames(): void {
    const { world, stages, log } = this.options
    const names = newNames(world, stages.all())
    for (const [stage, name] of names) {
      const message = `container ${stage.name} is called ${name} now`
      log.info(message, { container: name, action: 'rename' })
      const other = stages.all().find((one) => one.name === name && !names.has(one))
      if (other?.session !== undefined) this.close(other, other.session)
    }
    stages.rename(names)
    this.leftover.dropAside()
  }

  /** The stage is about to be made anew: its container is to get it in place of the one that it shows still. What its clients know is no news to them. */
  reopen(stage: Stage): void {
    const { session } = stage
    if (session === undefined) return
    for (const applied of stage.all) {
      const sessionSteps = [...applied.done].filter(isSessionStep)
      for (const step of sessionSteps) applied.done.delete(step)
      applied.isVisible = false
      applied.earlier = { run: session.run, isSettled: true, sessionSteps }
      // It goes with the mount that it was bound from.
      if (sessionSteps.includes('bind')) redo(applied, 'bind')
    }
    session.close()
    stage.session = undefined
  }

  /** Closes every session; what is on the stages stays. */
  stop(): void {
    this.timers.stop()
    for (const { session } of this.options.stages.all()) session?.close()
  }

  /** A container that is renamed while it is opened would be opened under both names, and have two stages. */
  private async openAlone(stage: Stage, container: Container): Promise<void> {
    const { world, stages, pipeline } = this.options
    const run = runOf(container)
    if (run === undefined || this.opening.has(run)) return
    if (stages.all().some(({ session }) => session?.run === run)) return
    this.opening.add(run)
    await this.open(stage, container)
    this.opening.delete(run)
    const now = containerOf(world, run)
    if (now !== undefined && now.name !== stage.name) pipeline().touchContainer(now)
  }

  private async open(stage: Stage, container: Container): Promise<void> {
    const { world, addon, log } = this.options
    let session: Session
    try {
      session = await openSession(container, this.mountable(stage), this.hostDevices, addon)
    } catch (error) {
      return this.failOpen(stage, container, error)
    }
    this.failures.delete(stage.name)
    const meant = servedContainer(world, stage.name) ?? this.formerContainer(stage)
    if (meant === undefined || runOf(meant) !== session.run) {
      // Renamed meanwhile, or ended: the stage that it has now is another's, or it has the name of another.
      session.close()
      this.followNames()
      this.options.pipeline().touchContainer(stage)
      this.options.onChanged()
      return
    }
    stage.session = session
    stage.owner = session.owner
    session.onExit(() => this.exited(stage, session))
    log.debug(`${stage.name} is served${session.wasGiven ? ', it has its stage as a volume' : ''}`, {
      container: stage.name,
      action: 'serve',
    })

    watchForUdevd(stage, session, log, this.timers)

    this.resolve(stage, session)
    for (const applied of stage.all) {
      applied.failures = 0
      applied.paused = false
      applied.stuck = false
      // What a container could see from its first instruction, or has heard of from a daemon before this one, is no news to it.
      const { node } = applied.attachment.device
      const isVisible = session.wasGiven && !(node !== undefined && isBound(node))
      const wasSeen = isVisible && applied.appliedAt < session.startedAt
      if (wasSeen && applied.done.has('node')) applied.done.add('announce')
      applied.isVisible = applied.done.has('record') && !session.hasOwnUdevd && !session.hearsHost
    }
    const owned = [...world.units.values()].filter((unit) => ownerOf(world, unit) === stage.name)
    // What a former stage had has gone before what has come is told.
    const former = stage.heldUnits.filter((unit) => !world.units.has(unit))
    for (const unit of new Set([...former, ...stage.heldUnits, ...owned.map(({ key }) => key)])) {
      await this.options.pipeline().reconcile(stage, unit)
    }
    if (servedContainer(world, stage.name) === undefined) this.options.pipeline().touchContainer(stage)
  }

  /** The stage, with what it takes over of one that is lost taken for proof as well that these devices were given away before. */
  private mountable(stage: Stage): Mountable {
    const { world, pipeline } = this.options
    return {
      mounts: stage.mounts,
      servedRun: stage.servedRun,
      noteRun: (run) => stage.noteRun(run),
      succeed: (former, run) => {
        for (const unit of recognise(world, stage.name, knownTo(former))) pipeline().touchUnit(unit)
        stage.succeed(former, run)
      },
    }
  }

  /** The container that no route means any more, and that a daemon before this one has given what it still has. */
  private formerContainer(stage: Stage): Container | undefined {
    const run = stage.servedRun?.run
    const isHeld = run !== undefined && stage.all.some(({ earlier }) => earlier?.run === run)
    return isHeld ? containerOf(this.options.world, run) : undefined
  }

  private async failOpen(stage: Stage, container: Container, error: unknown): Promise<void> {
    const { world, log, pipeline } = this.options
    const fields = { container: stage.name, action: 'serve' }
    if (isBug(error)) throw error
    if (error instanceof GoneError) {
      log.debug(error.message, fields)
      return
    }
    if (error instanceof RefusedError) {
      refuseContainer(world, container.id, error.message)
      this.lookAgain(stage, container)
      await this.refuse(stage, error.message)
      return
    }
    if (this.reopening.has(stage)) return
    const before = this.failures.get(stage.name)
    const failures = before?.times ?? 0
    const reason = stageReason(error, this.options.stages.root)
    this.failures.set(stage.name, { times: failures + 1, reason })
    const delay = RETRY_DELAYS[Math.min(failures, RETRY_DELAYS.length - 1)] ?? 0
    // The log of a fault that lasts must not bury everything else.
    log[before?.reason === reason ? 'debug' : 'warn'](
      `container ${stage.name} can't be served: ${reason}; udev-proxy goes on trying, the next time in ${delay} ms`,
      fields,
    )
    this.reopening.add(stage)
    this.timers.later(delay, () => {
      this.reopening.delete(stage)
      pipeline().touchContainer(stage)
    })
  }

  /** What is in the way may go while the container runs. */
  private lookAgain(stage: Stage, container: Container): void {
    const { world, addon, log, stages, pipeline, onChanged } = this.options
    const run = runOf(container)
    const isOver = (): boolean =>
      run === undefined ||
      containerOf(world, run) === undefined ||
      !world.refused.has(container.id) ||
      !stages.has(stage)
    const look = async (): Promise<void> => {
      if (isOver()) return
      try {
        const session = await openSession(container, stage, this.hostDevices, addon)
        session.close()
      } catch (error) {
        this.resolve(stage)
        if (!isOver()) this.lookAgain(stage, container)
        if (error instanceof RefusedError && !isOver()) refuseContainer(world, container.id, error.message)
        return
      }
      if (isOver()) return
      const message = `${stage.name} can be served now: what was in the way has gone`
      log.info(message, { container: stage.name, action: 'serve' })
      allowContainer(world, container.id)
      pipeline().touchContainer(stage)
      onChanged()
    }
    this.timers.later(LOOK_AGAIN, () => void look())
  }

  /** It is known now in which run the container is, if it can be served. */
  private resolve(stage: Stage, session?: Session): void {
    for (const applied of stage.all) {
      resolveEarlier(applied, session?.run, session?.hasOwnUdevd)
    }
  }

  /**
   * Takes back what a container has that goes on running, and hears of it. The session ends with that, unless something could not be taken back yet, or the
   * container is to be served again by then.
   */
  private async letGo(stage: Stage): Promise<void> {
    const { pipeline } = this.options
    for (const unit of stage.heldUnits) await pipeline().reconcile(stage, unit)
    const { session, all } = stage
    if (session === undefined || this.isServed(stage)) return
    if (all.some(({ done, isVisible }) => isVisible || [...done].some(isSessionStep))) {
      this.timers.later(LET_GO_AGAIN, () => pipeline().touchContainer(stage))
      return
    }
    this.close(stage, session)
    pipeline().touchContainer(stage)
  }

  private isServed({ name }: Stage): boolean {
    const container = servedContainer(this.options.world, name)
    return container !== undefined && refusalOf(this.options.world, container) === undefined
  }

  /** Takes back what the container has, and leaves it alone for the rest of its run. */
  private async refuse(stage: Stage, reason: string): Promise<void> {
    const { log, onChanged } = this.options
    log.debug(`${stage.name} is not served: ${reason}`, { container: stage.name, action: 'refuse' })
    this.resolve(stage, stage.session)
    await this.letGo(stage)
    onChanged()
  }

  private exited(stage: Stage, session: Session): void {
    const { world, pipeline } = this.options
    endRun(world, session.run)
    if (stage.session === session) this.close(stage, session)
    for (const unit of world.units.keys()) pipeline().touchUnit(unit)
  }

  private close(stage: Stage, session: Session): void {
    session.close()
    stage.session = undefined
    this.options.onEnded(stage)
    for (const applied of stage.all) {
      const { done } = applied
      applied.isVisible = false
      for (const step of done) if (isSessionStep(step)) done.delete(step)
    }
  }
}
