// Gives every running container that a route means its session, and takes it away when the container ends.
import { statSync } from 'node:fs'
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import type { Container } from '../container/engine.js'
import { runOf } from '../container/engine.js'
import type { Session } from '../container/session.js'
import { openSession } from '../container/session.js'
import { GoneError, RefusedError, messageOf } from '../errors.js'
import type { Native } from '../native.js'
import { literalName } from '../route/select.js'
import type { Log } from '../service/log.js'
import { isSessionStep } from './step-name.js'
import type { Pipeline } from './pipeline.js'
import type { Stage } from './stage.js'
import { isBound } from './stage.js'
import type { Stages } from './stages.js'
import type { World } from './world.js'
import { endRun, ownerOf, refusalOf, refuseContainer, servedContainer } from './world.js'

export interface SessionsOptions {
  world: World
  stages: Stages
  addon: Native
  log: Log
  pipeline: () => Pipeline
  onEnded: (stage: Stage) => void
  /** A container can't be served: the units that it would have had are to be looked at again. */
  onRefused: () => void
}

/** How long after its container a stage is removed, in milliseconds. */
const DROP_DELAY = 60_000
const RETRY_DELAYS = [200, 1000, 5000, 30_000]

export class Sessions {
  private readonly failures = new Map<string, number>()
  private readonly dropping = new Set<Stage>()
  private readonly due = new Set<Subscription>()
  private readonly hostDevices = hostDevices()

  constructor(private readonly options: SessionsOptions) {}

  /** Opens or closes the session of `stage` as its container wants it. Undefined when there is nothing to wait for. */
  serve(stage: Stage): Promise<void> | undefined {
    const { world } = this.options
    const container = servedContainer(world, stage.name)
    const refusal = container && refusalOf(world, container)
    if (container !== undefined && refusal !== undefined) {
      return stage.session === undefined && stage.heldUnits.length === 0
        ? undefined
        : this.refuse(stage, refusal)
    }
    if (stage.session !== undefined && stage.session.run !== (container && runOf(container)))
      this.close(stage, stage.session)
    if (container !== undefined && stage.session === undefined) return this.open(stage, container)
    this.dropStage(stage)
    return undefined
  }

  /** Closes every session; what is on the stages stays. */
  stop(): void {
    for (const due of this.due) due.unsubscribe()
    for (const { session } of this.options.stages.all()) session?.close()
  }

  private async open(stage: Stage, container: Container): Promise<void> {
    const { world, addon, log } = this.options
    let session: Session
    try {
      session = await openSession(
        container,
        stage.mounts,
        stage.ledger.mountedInto(),
        this.hostDevices,
        addon,
      )
    } catch (error) {
      return this.failOpen(stage, container, error)
    }
    this.failures.delete(stage.name)
    stage.session = session
    if (!session.wasGiven) stage.ledger.noteMounted(session.run)
    session.onExit(() => this.exited(stage, session))
    log.debug(`${stage.name} is served${session.wasGiven ? ', it has its stage as a volume' : ''}`, {
      container: stage.name,
      action: 'serve',
    })

    for (const applied of stage.all) {
      applied.failures = 0
      applied.paused = false
      // What a container could see from its first instruction, or has heard of from a daemon before this one, is no news to it.
      const { node } = applied.attachment.device
      const isVisible = session.wasGiven && !(node !== undefined && isBound(node))
      const wasSeen = isVisible && applied.appliedAt < session.startedAt
      if (stage.ledger.wasAnnounced(applied, session.run)) applied.done.add('bind').add('announce')
      else if (wasSeen && applied.done.has('node')) applied.done.add('announce')
    }
    const owned = [...world.units.values()].filter((unit) => ownerOf(world, unit) === stage.name)
    for (const unit of new Set([...stage.heldUnits, ...owned.map(({ key }) => key)])) {
      await this.options.pipeline().reconcile(stage, unit)
    }
  }

  private async failOpen(stage: Stage, container: Container, error: unknown): Promise<void> {
    const { world, log, pipeline } = this.options
    const fields = { container: stage.name, action: 'serve' }
    if (error instanceof GoneError) {
      log.debug(error.message, fields)
      return
    }
    if (error instanceof RefusedError) {
      refuseContainer(world, container.id, error.message)
      await this.refuse(stage, error.message)
      return
    }
    const failures = this.failures.get(stage.name) ?? 0
    this.failures.set(stage.name, failures + 1)
    const delay = RETRY_DELAYS[Math.min(failures, RETRY_DELAYS.length - 1)] ?? 0
    log.warn(
      `container ${stage.name} can't be served: ${messageOf(error)}; trying again in ${delay} ms`,
      fields,
    )
    this.later(delay, () => pipeline().touchContainer(stage))
  }

  /** Takes back what the container has, and leaves it alone for the rest of its run. */
  private async refuse(stage: Stage, reason: string): Promise<void> {
    const { log, pipeline, onRefused } = this.options
    log.debug(`${stage.name} is not served: ${reason}`, { container: stage.name, action: 'refuse' })
    for (const unit of stage.heldUnits) await pipeline().reconcile(stage, unit)
    if (stage.session !== undefined) this.close(stage, stage.session)
    onRefused()
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
    for (const { done } of stage.all) {
      for (const step of done) if (isSessionStep(step)) done.delete(step)
    }
  }

  /**
   * A stage is kept for as long as its container exists, or a route names it. It goes a while after: a container that is made anew under the same name
   * may have its directories as volumes before the engine has told of it.
   */
  private dropStage(stage: Stage): void {
    if (this.isNeeded(stage) || this.dropping.has(stage)) return
    this.dropping.add(stage)
    this.later(DROP_DELAY, () => {
      this.dropping.delete(stage)
      if (!this.isNeeded(stage)) this.options.stages.remove(stage)
    })
  }

  private isNeeded(stage: Stage): boolean {
    const { containers, routes } = this.options.world
    return (
      stage.heldUnits.length > 0 ||
      [...containers.values()].some(({ name }) => name === stage.name) ||
      routes.some(({ route }) => literalName(route.container) === stage.name)
    )
  }

  private later(ms: number, action: () => void): void {
    const due = timer(ms).subscribe(() => {
      this.due.delete(due)
      action()
    })
    this.due.add(due)
  }
}

/** st_dev of the host's /dev and /dev/input. */
function hostDevices(): ReadonlySet<string> {
  return new Set(
    ['/dev', '/dev/input'].flatMap((path) => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
      return stat === undefined ? [] : [String(stat.dev)]
    }),
  )
}
