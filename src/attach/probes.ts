// Units that wait for the end of a driver's probe, and for how long.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { PROBE_TIME } from '../kernel/index.js'

/** One timer serves all, in steps of this many milliseconds at least: a storm has thousands. */
const STEP = 50

export class Probes {
  /** When the time of each is over, on the clock of performance.now. */
  private readonly due = new Map<string, number>()
  private waiting: { until: number; subscription: Subscription } | undefined

  /** `onOver` is called when the time of a unit is over. */
  constructor(private readonly onOver: (unit: string) => void) {}

  get size(): number {
    return this.due.size
  }

  /** The unit waits from now on, unless it does already. */
  begin(unit: string, time = PROBE_TIME): void {
    if (this.due.has(unit)) return
    this.due.set(unit, performance.now() + time)
    this.arm(performance.now() + time)
  }

  /** The unit waits no more. */
  end(unit: string): void {
    this.due.delete(unit)
  }

  /** The unit has another key. */
  move(unit: string, to: string): void {
    const due = this.due.get(unit)
    if (due === undefined) return
    this.due.delete(unit)
    this.due.set(to, due)
  }

  stop(): void {
    this.waiting?.subscription.unsubscribe()
    this.waiting = undefined
    this.due.clear()
  }

  private arm(until: number): void {
    if (this.waiting !== undefined && this.waiting.until <= until) return
    this.waiting?.subscription.unsubscribe()
    const subscription = timer(Math.max(STEP, until - performance.now())).subscribe(() => this.giveUp())
    this.waiting = { until, subscription }
  }

  private giveUp(): void {
    this.waiting = undefined
    const now = performance.now()
    for (const [unit, due] of this.due) {
      if (due > now) continue
      this.due.delete(unit)
      this.onOver(unit)
    }
    const next = Math.min(...this.due.values())
    if (this.due.size > 0) this.arm(next)
  }
}
