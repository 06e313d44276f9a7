// Writes what was done into the ledgers, off the way of the announcements that are still to come.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { isBug } from '../errors.js'
import type { Log } from '../service/log.js'
import { stageReason } from './no-space.js'
import type { Applied } from './plan.js'
import type { Stage } from './stage.js'

/** How long after the fact the ledger is written, in milliseconds. */
const DELAY = 20
/** When it is tried again after it could not be written. */
const AGAIN = 5000

export class LedgerWriter {
  private readonly unnoted = new Map<Applied, Stage>()
  /** Attachments with a step that runs: nobody can say of them how far they are. */
  private readonly running = new Set<Applied>()
  /** Stages of which something could not be written: told of once, until it can be again. */
  private readonly failing = new Set<Stage>()
  private due: Subscription | undefined
  private again: Subscription | undefined

  /** `root` is where the stages are. */
  constructor(
    private readonly log: Log,
    private readonly root: string,
    private readonly onBug: (error: unknown) => void,
  ) {}

  /** A step of the attachment is about to be undone. */
  begin(stage: Stage, applied: Applied): void {
    try {
      stage.ledger.begin(applied, stage.session?.run)
    } catch (error) {
      this.tell(stage, applied, error)
    }
  }

  /** Attachments of which the ledger has yet to hear. */
  get unwritten(): number {
    return this.unnoted.size
  }

  /** Keeps the attachment from being noted until the step has ended. */
  async during(applied: Applied, step: Promise<void>): Promise<void> {
    this.running.add(applied)
    try {
      await step
    } finally {
      this.running.delete(applied)
    }
  }

  /** These attachments have changed; the ledger has them a moment later. */
  note(stage: Stage, changed: ReadonlySet<Applied>): void {
    for (const applied of changed) this.unnoted.set(applied, stage)
    if (changed.size > 0) this.due ??= timer(DELAY).subscribe(() => this.flush())
  }

  /** Writes what was not written yet. */
  flush(): void {
    this.due?.unsubscribe()
    this.due = undefined
    const failed = new Map<Stage, Applied[]>()
    for (const [applied, stage] of this.unnoted) {
      if (this.running.has(applied)) continue
      this.unnoted.delete(applied)
      if (stage.isRemoved) continue
      try {
        if (applied.done.size > 0) stage.ledger.write(applied, stage.session?.run)
        else stage.ledger.forget(applied)
        stage.showKnown(applied)
        // What is removed alone does not need room.
        if (applied.done.size > 0 && !failed.has(stage)) this.works(stage)
      } catch (error) {
        this.tell(stage, applied, error)
        failed.set(stage, [...(failed.get(stage) ?? []), applied])
      }
    }
    for (const [stage, all] of failed) for (const applied of all) this.unnoted.set(applied, stage)
    for (const stage of this.failing) if (stage.isRemoved) this.failing.delete(stage)
    this.again?.unsubscribe()
    this.again = failed.size > 0 ? timer(AGAIN).subscribe(() => this.flush()) : undefined
  }

  /** Nothing is written any more. */
  stop(): void {
    this.due?.unsubscribe()
    this.again?.unsubscribe()
  }

  private works(stage: Stage): void {
    if (!this.failing.delete(stage)) return
    const { name } = stage
    this.log.info(`notes on the devices in ${name} can be written again`, { container: name, action: 'note' })
  }

  /** The device works; only a daemon after this one may attach it once more. */
  private tell(stage: Stage, { attachment: { device, route } }: Applied, error: unknown): void {
    if (isBug(error)) {
      this.onBug(error)
      return
    }
    const { name } = stage
    const isNews = !this.failing.has(stage)
    this.failing.add(stage)
    this.log[isNews ? 'warn' : 'debug'](
      `udev-proxy could not write down that ${device.sysname} is in ${name}: ${stageReason(error, this.root)}; it works there, but may be announced once more after a restart of udev-proxy`,
      {
        container: name,
        device: device.node?.name ?? device.sysname,
        route,
        action: 'note',
      },
    )
  }
}
