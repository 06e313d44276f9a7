// Stages that can't be made, for want of space say: told once each, and tried again.
import type { Log } from '../service/log.js'
import { stageReason } from './no-space.js'
import { Timers } from './timers.js'

const DELAYS = [1000, 5000, 30_000]

export class MissingStages {
  /** By name of the container: how often, and why the last time. */
  private readonly failures = new Map<string, { times: number; reason: string }>()
  private readonly timers = new Timers()

  /** `root` is where the stages are; `again` makes the stage, or lets it fail once more. */
  constructor(
    private readonly log: Log,
    private readonly root: string,
    private readonly again: (name: string) => void,
  ) {}

  get size(): number {
    return this.failures.size
  }

  /** Why the container of that name has no stage. */
  problemOf(name: string): string | undefined {
    return this.failures.get(name)?.reason
  }

  failed(name: string, error: unknown): void {
    const times = this.failures.get(name)?.times ?? 0
    const reason = `its stage can't be made: ${stageReason(error, this.root)}`
    this.failures.set(name, { times: times + 1, reason })
    if (times === 0)
      this.log.error(`container ${name} can't be served: ${reason}; it is tried again every 30 s`, {
        container: name,
        action: 'serve',
      })
    this.timers.later(DELAYS[Math.min(times, DELAYS.length - 1)] ?? 0, () => this.again(name))
  }

  made(name: string): void {
    this.failures.delete(name)
  }

  stop(): void {
    this.timers.stop()
  }
}
