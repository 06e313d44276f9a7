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
  /** One for all lines that are to come: a storm must not pay for a timer a device. */
  private waiting: Subscription | undefined

  constructor(private readonly log: Log) {}

  /** The unit is on the stage as the trace says. */
  settled(trace: Settled): void {
    const key = `${trace.stage} ${trace.unit}`
    const { stage, route, devices } = trace
    const told = this.told.get(key)
    if (devices.length === 0) {
      if (told !== undefined) this.tellDetached(key, told)
      return
    }
    if (!trace.live || (told !== undefined && sameDevices(told.devices, devices))) return
    this.told.set(key, { stage, route, devices, changedAt: Date.now() })
    this.waiting ??= timer(QUIET_MS).subscribe(() => this.tellQuiet())
  }

  /** The container of the stage has ended: what it had goes untold with it. */
  ended(stage: string): void {
    for (const [key, told] of this.told) {
      if (told.stage !== stage) continue
      this.told.delete(key)
    }
  }

  /** Tells of the units that have not changed for a while. */
  private tellQuiet(): void {
    const now = Date.now()
    const pending = [...this.told.values()].flatMap(({ changedAt }) =>
      changedAt === undefined ? [] : [changedAt],
    )
    for (const told of this.told.values()) {
      if (told.changedAt !== undefined && now - told.changedAt >= QUIET_MS) this.tellAttached(told)
    }
    const left = pending.map((changedAt) => changedAt + QUIET_MS - now).filter((ms) => ms > 0)
    this.waiting = left.length === 0 ? undefined : timer(Math.min(...left)).subscribe(() => this.tellQuiet())
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

  private tellDetached(key: string, told: Told): void {
    this.told.delete(key)
    if (told.changedAt !== undefined) this.tellAttached(told)
    const { stage, route, devices } = told
    const device = unitTitle(devices)
    this.log.info(`detached ${device} from ${stage}: ${nodeList(devices)}`, {
      container: stage,
      device,
      route,
      action: 'detach',
    })
  }
}

function sameDevices(a: readonly Device[], b: readonly Device[]): boolean {
  return a.length === b.length && a.every((device, index) => device === b[index])
}
