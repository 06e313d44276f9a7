// Writes what was done into the ledgers, off the way of the announcements that are still to come.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import type { Log } from '../service/log.js'
import { stageReason } from './no-space.js'
import type { Applied } from './plan.js'
import type { Stage } from './stage.js'

/** How long after the fact the ledger is written, in milliseconds. */
const DELAY = 20

export class LedgerWriter {
  private readonly unnoted = new Map<Applied, Stage>()
  /** Attachments with a step that runs: nobody can say of them how far they are. */
  private readonly running = new Set<Applied>()
  private due: Subscription | undefined

  /** Stages of which it was told that nothing can be noted: that lasts, and each device is tried again. */
  private readonly told = new WeakSet<Stage>()

  /** `root` is where the stages are. */
  constructor(
    private readonly log: Log,
    private readonly root: string,
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
    for (const [applied, stage] of this.unnoted) {
      if (this.running.has(applied)) continue
      this.unnoted.delete(applied)
      if (stage.isRemoved) continue
      try {
        if (applied.done.size > 0) stage.ledger.write(applied, stage.session?.run)
        else stage.ledger.forget(applied)
        stage.showKnown(applied)
        if (applied.done.size > 0) this.told.delete(stage)
      } catch (error) {
        this.tell(stage, applied, error)
      }
    }
  }

  /** The device works; only a daemon after this one may attach it once more. */
  private tell(stage: Stage, { attachment: { device, route } }: Applied, error: unknown): void {
    const { name } = stage
    const level = this.told.has(stage) ? 'debug' : 'warn'
    this.told.add(stage)
    this.log[level](
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
