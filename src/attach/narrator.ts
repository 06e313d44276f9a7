// One line in the log when a unit is attached and one when it is detached, however many devices it has.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import type { Device } from '../kernel/index.js'
import type { Log } from '../service/log.js'
import { nodeList, unitTitle } from './title.js'
import type { Trace } from './trace.js'

type Settled = Extract<Trace, { kind: 'settled' }>

/** The devices of a unit arrive one by one within milliseconds; a driver that asks its device questions takes longer. */
const QUIET_MS = 100

interface Told {
  stage: string
  route: string
  devices: Device[]
  /** When it last changed, while the line about it is still to come; on the clock of Date. */
  changedAt?: number
}

export class Narrator {
  private readonly told = new Map<string, Told>()
  /** Units that were detached, and whose line is still to come. */
  private detached: Told[] = []
  /** One for all lines that are to come: neither they nor a timer each may hold up a storm. */
  private waiting: Subscription | undefined

  constructor(private readonly log: Log) {}

  /** Units that were told as attached, or are still to be told of. */
  get size(): number {
    return this.told.size + this.detached.length
  }

  /** The unit is on the stage as the trace says. */
  settled(trace: Settled): void {
    const key = `${trace.stage} ${trace.unit}`
    const { stage, route, devices } = trace
    const told = this.told.get(key)
    if (devices.length > 0) {
      // They also go one by one: the line about the end names what the unit had.
      const isTold = (device: Device): boolean => told?.devices.some((one) => isSame(one, device)) === true
      if (!trace.live || devices.every(isTold)) return
      this.told.set(key, { stage, route, devices, changedAt: Date.now() })
    } else {
      if (told === undefined) return
      this.told.delete(key)
      this.detached.push(told)
    }
    this.waiting ??= timer(QUIET_MS).subscribe(() => this.tell(Date.now() - QUIET_MS))
  }

  /** The unit has another key: nobody is told of that. */
  moved(unit: string, to: string): void {
    for (const [key, told] of [...this.told]) {
      if (key !== `${told.stage} ${unit}`) continue
      this.told.delete(key)
      this.told.set(`${told.stage} ${to}`, told)
    }
  }

  /** The container of the stage has ended: what it had goes untold with it. */
  ended(stage: string): void {
    for (const [key, told] of this.told) if (told.stage === stage) this.told.delete(key)
  }

  /** Tells what is still to come. */
  stop(): void {
    this.waiting?.unsubscribe()
    this.tell(Number.POSITIVE_INFINITY)
  }

  /** Tells of detached units, and of those that have not changed since `quietSince`. */
  private tell(quietSince: number): void {
    this.waiting = undefined
    for (const told of this.detached) {
      if (told.changedAt !== undefined) this.tellAttached(told)
      this.tellDetached(told)
    }
    this.detached = []
    let next: number | undefined
    for (const told of this.told.values()) {
      if (told.changedAt === undefined) continue
      if (told.changedAt <= quietSince) this.tellAttached(told)
      else next = Math.min(next ?? told.changedAt, told.changedAt)
    }
    if (next === undefined) return
    this.waiting = timer(next - quietSince).subscribe(() => this.tell(Date.now() - QUIET_MS))
  }

  private tellAttached(told: Told): void {
    delete told.changedAt
    const { stage, route, devices } = told
    const device = unitTitle(devices)
    this.log.info(`attached ${device} to ${stage}: ${nodeList(devices)} (route ${route})`, {
      container: stage,
      device,
      route,
      action: 'attach',
    })
  }

  private tellDetached({ stage, route, devices }: Told): void {
    const device = unitTitle(devices)
    this.log.info(`detached ${device} from ${stage}: ${nodeList(devices)}`, {
      container: stage,
      device,
      route,
      action: 'detach',
    })
  }
}

/** Also of a device that was moved since. */
function isSame(a: Device, b: Device): boolean {
  return a.seqnum === b.seqnum && a.sysname === b.sysname
}
