// Asks the engine about containers, one question at a time of each, and again when it could not answer.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { messageOf } from '../errors.js'

/**
 * Questions at a time, and with those that are urgent, which wait for no others; one that takes longer than `SLOW` does not count, for it must not hold up
 * others.
 */
const AT_ONCE = 16
const AT_ONCE_URGENT = 32
const SLOW = 500
/** Delays before the engine is asked again, in milliseconds. */
const DELAYS = [1000, 2000, 5000, 10_000, 30_000]

export interface InspectionsOptions<Answer> {
  inspect: (id: string) => Promise<Answer>
  /** `isStale`: something has happened to the container since it was asked, and it is asked again. Returns whether to ask again in a while. */
  answered: (id: string, answer: Answer, isStale: boolean) => boolean
  failed: (id: string, problem: string) => void
}

interface Inspection {
  state: 'waiting' | 'asking' | 'resting'
  isStale: boolean
  failures: number
  due?: Subscription
}

export class Inspections<Answer> {
  private readonly all = new Map<string, Inspection>()
  private readonly waiting = new Set<string>()
  private readonly urgent = new Set<string>()
  private readonly idle = new Set<() => void>()
  private running = 0
  private isStopped = false

  constructor(private readonly options: InspectionsOptions<Answer>) {}

  /** Asks about the container, after the question that is under way if there is one; before all others if it is urgent. */
  look(id: string, isUrgent = false): void {
    const known = this.all.get(id)
    if (known?.state === 'asking') {
      known.isStale = true
      return
    }
    known?.due?.unsubscribe()
    this.all.set(id, { state: 'waiting', isStale: false, failures: known?.failures ?? 0 })
    if (isUrgent) this.urgent.add(id)
    else if (!this.urgent.has(id)) this.waiting.add(id)
    if (isUrgent) this.waiting.delete(id)
    this.next()
  }

  /** Whether the container is being asked about. */
  isPending(id: string): boolean {
    const state = this.all.get(id)?.state
    return state === 'waiting' || state === 'asking'
  }

  /** Whether it will be asked about, now or in a while. */
  isKnown(id: string): boolean {
    return this.all.has(id)
  }

  /** The container has gone: it is not asked about again. */
  forget(id: string): void {
    const known = this.all.get(id)
    if (known === undefined) return
    known.due?.unsubscribe()
    this.waiting.delete(id)
    this.urgent.delete(id)
    if (known.state !== 'asking') this.all.delete(id)
    this.tellIdle()
  }

  /** Resolves when every question was answered, or could not be. */
  async answeredAll(): Promise<void> {
    if (!this.isBusy) return
    await new Promise<void>((resolve) => this.idle.add(resolve))
  }

  stop(): void {
    this.isStopped = true
    for (const { due } of this.all.values()) due?.unsubscribe()
    this.waiting.clear()
    this.urgent.clear()
    this.all.clear()
  }

  private get isBusy(): boolean {
    for (const { state } of this.all.values()) if (state !== 'resting') return true
    return false
  }

  private next(): void {
    this.start(this.urgent, AT_ONCE_URGENT)
    this.start(this.waiting, AT_ONCE)
  }

  private start(waiting: Set<string>, atOnce: number): void {
    for (const id of waiting) {
      if (this.running >= atOnce || this.isStopped) return
      waiting.delete(id)
      const inspection = this.all.get(id)
      if (inspection !== undefined) void this.ask(id, inspection)
    }
  }

  private async ask(id: string, inspection: Inspection): Promise<void> {
    const { inspect, answered, failed } = this.options
    inspection.state = 'asking'
    this.running++
    let counts = true
    const release = (): void => {
      if (counts) this.running--
      counts = false
      this.next()
    }
    const slow = setTimeout(release, SLOW)
    let problem: string | undefined
    let answer: { value: Answer } | undefined
    try {
      answer = { value: await inspect(id) }
    } catch (error) {
      problem = messageOf(error)
    }
    clearTimeout(slow)
    if (!this.isStopped && this.all.get(id) === inspection) {
      const { isStale } = inspection
      this.all.delete(id)
      let isAgain = problem !== undefined
      if (answer !== undefined) isAgain = answered(id, answer.value, isStale)
      else if (problem !== undefined) failed(id, problem)
      if (isStale) this.look(id)
      else if (isAgain && !this.all.has(id)) this.rest(id, inspection.failures + 1)
    }
    release()
    this.tellIdle()
  }

  private rest(id: string, failures: number): void {
    const delay = DELAYS[Math.min(failures, DELAYS.length) - 1] ?? 0
    const due = timer(delay).subscribe(() => this.look(id))
    this.all.set(id, { state: 'resting', isStale: false, failures, due })
  }

  private tellIdle(): void {
    if (this.isBusy) return
    for (const resolve of this.idle) resolve()
    this.idle.clear()
  }
}
