// Steps that have failed: told once, and tried again.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { RefusedError } from '../errors.js'
import type { Log } from '../service/log.js'
import { stageReason } from './no-space.js'
import type { Applied, PlannedStep } from './plan.js'
import type { Stage } from './stage.js'

/** What each step is about, for people. */
const WHAT: Readonly<Record<PlannedStep['step'], string>> = {
  grant: 'the right to open it',
  node: 'its node',
  bind: 'its node in /dev',
  link: 'its links in /dev/input',
  linkInside: 'its links in /dev',
  record: 'its record in the udev database',
  announce: 'its announcement',
  update: 'what udev says of it now',
}
/** Delays before a failed step is tried again, in milliseconds. */
const DELAYS = [50, 200, 1000, 5000]
/** After those it is told, and tried at this interval: whatever is in the way may go. */
const LAST_DELAY = 30_000

export class Retries {
  private readonly due = new Map<Applied, Subscription>()

  /** `root` is where the stages are; `again` is called when something of the attachment may be tried again. */
  constructor(
    private readonly log: Log,
    private readonly root: string,
    private readonly again: (stage: Stage, applied: Applied) => void,
  ) {}

  get size(): number {
    return this.due.size
  }

  /** The step has failed: its attachment is paused, which reverts the steps before it, or, when it could not be reverted, left as it is for a while. */
  failed(stage: Stage, { applied, step, direction }: PlannedStep, error: unknown): void {
    const isRevert = direction === 'revert' && step !== 'update'
    // What the container has in the way is not gone in a moment.
    const isRefused = error instanceof RefusedError
    const delay = (isRefused ? undefined : DELAYS[applied.failures]) ?? LAST_DELAY
    const reason = stageReason(error, this.root)
    const isNews = applied.failed?.reason !== reason
    applied.failures++
    if (isRevert) applied.stuck = true
    else applied.paused = true
    applied.failed = { step, direction, reason, retryAt: Date.now() + delay }
    if (isRefused) this.tellRefused(stage, applied, error, isNews)
    else this.tell(stage, applied, isRevert ? 'detach' : 'attach', `${WHAT[step]}: ${reason}`, delay)

    this.due.get(applied)?.unsubscribe()
    const retry = timer(delay).subscribe(() => {
      this.due.delete(applied)
      applied.paused = false
      applied.stuck = false
      this.again(stage, applied)
    })
    this.due.set(applied, retry)
  }

  /** The attachment is no more. */
  forget(applied: Applied): void {
    this.due.get(applied)?.unsubscribe()
    this.due.delete(applied)
  }

  stop(): void {
    for (const retry of this.due.values()) retry.unsubscribe()
  }

  private tellRefused(
    { name }: Stage,
    { attachment: { device, route } }: Applied,
    { message }: RefusedError,
    isNews: boolean,
  ): void {
    const title = device.node?.name ?? device.sysname
    const fields = { container: name, device: title, route, action: 'attach' }
    this.log[isNews ? 'warn' : 'debug'](`${title} is not attached to ${name}: ${message}`, fields)
  }

  /** Once: the log of a fault that lasts must not bury everything else. */
  private tell(
    { name }: Stage,
    { attachment: { device, route }, failures }: Applied,
    action: 'attach' | 'detach',
    reason: string,
    delay: number,
  ): void {
    const title = device.node?.name ?? device.sysname
    const fields = { container: name, device: title, route, action }
    const what = `${title} could not be ${action === 'attach' ? 'attached to' : 'detached from'} ${name}: ${reason}`
    if (failures !== DELAYS.length + 1) {
      this.log.debug(`${what}; trying again in ${delay} ms`, fields)
      return
    }
    this.log.error(
      `${what}; tried ${failures} times, and tried again every ${LAST_DELAY / 1000} s from now on`,
      fields,
    )
  }
}
