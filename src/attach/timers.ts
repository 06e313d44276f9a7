// What is to be done in a while, unless everything ends before.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'

export class Timers {
  private readonly due = new Set<Subscription>()

  /** Timers that are still to go off. */
  get size(): number {
    return this.due.size
  }

  /** Does it after that time, in milliseconds. */
  later(ms: number, action: () => void): void {
    const due = timer(ms).subscribe(() => {
      this.due.delete(due)
      action()
    })
    this.due.add(due)
  }

  /** None of them goes off any more. */
  stop(): void {
    for (const due of this.due) due.unsubscribe()
    this.due.clear()
  }
}
