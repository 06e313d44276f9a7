// Counts devices that were attached and detached, each as one however often a step of it was tried.
import type { Applied } from './plan.js'

export class Tally {
  attaches = 0
  detaches = 0
  /** Failed attachments that were tried again. */
  retries = 0
  private readonly attached = new WeakSet<Applied>()

  /** `before` are attachments that a daemon before this one has made. */
  constructor(before: readonly Applied[]) {
    for (const applied of before) this.attached.add(applied)
  }

  /** The attachments of a unit have come as far as they come for now; `should` are those that are wanted. */
  settled(all: readonly Applied[], should: ReadonlySet<Applied>): void {
    for (const applied of all) {
      const { done, paused } = applied
      if (done.size === 0) {
        if (this.attached.delete(applied)) this.detaches++
      } else if (should.has(applied) && !paused && !this.attached.has(applied)) {
        this.attached.add(applied)
        this.attaches++
      }
    }
  }
}
