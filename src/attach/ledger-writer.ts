// Writes what was done into the ledgers, off the way of the announcements that are still to come.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { messageOf } from '../errors.js'
import type { Log } from '../service/log.js'
import type { Applied } from './plan.js'
import type { Stage } from './stage.js'

/** How long after the fact the ledger is written, in milliseconds. */
const DELAY = 20

export class LedgerWriter {
  private readonly unnoted = new Map<Applied, Stage>()
  private due: Subscription | undefined

  constructor(private readonly log: Log) {}

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
      try {
        if (applied.done.size > 0) stage.ledger.write(applied, stage.session?.run)
        else stage.ledger.forget(applied)
      } catch (error) {
        const { sysname } = applied.attachment.device
        // The device works; only a daemon after this one will attach it once more.
        this.log.warn(`could not note ${sysname} of ${stage.name} in the ledger: ${messageOf(error)}`)
      }
    }
    this.unnoted.clear()
  }
}
