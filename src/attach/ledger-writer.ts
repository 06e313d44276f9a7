// Writes what was done into the ledgers, off the way of the announcements that are still to come.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { messageOf } from '../errors.js'
import type { Log } from '../service/log.js'
import type { Applied } from './plan.js'
import type { Stage } from './stage.js'

/** The ledger is written when nothing has changed for so long, in milliseconds, */
const NOTE_QUIET = 50
/** but after so many times as long at the latest. */
const NOTE_ROUNDS = 20

export class LedgerWriter {
  private readonly unnoted = new Map<Applied, Stage>()
  /** How often something was added to it. */
  private notes = 0
  private noting: Subscription | undefined

  constructor(private readonly log: Log) {}

  /** These attachments have changed; the ledger has them a moment later. */
  note(stage: Stage, changed: ReadonlySet<Applied>): void {
    if (changed.size === 0) return
    for (const applied of changed) {
      // What came and went in between needs no note.
      if (applied.done.size === 0 && !stage.ledger.has(applied)) this.unnoted.delete(applied)
      else this.unnoted.set(applied, stage)
    }
    this.notes++
    this.noting ??= this.noteWhenQuiet(NOTE_ROUNDS)
  }

  private noteWhenQuiet(rounds: number): Subscription {
    const before = this.notes
    return timer(NOTE_QUIET).subscribe(() => {
      if (this.notes > before && rounds > 1) this.noting = this.noteWhenQuiet(rounds - 1)
      else this.flush()
    })
  }

  /** Writes what was not written yet. */
  flush(): void {
    this.noting?.unsubscribe()
    this.noting = undefined
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
