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
  devices: Device[]
  /** The line about it is still to come. */
  pending?: Subscription
}

export class Narrator {
  private readonly told = new Map<string, Told>()

  constructor(private readonly log: Log) {}

  /** The unit is on the stage as the trace says. */
  settled(trace: Settled): void {
    const key = `${trace.stage} ${trace.unit}`
    const told = this.told.get(key)
    if (trace.devices.length === 0) {
      if (told !== undefined) this.tellDetached(key, told, trace)
      return
    }
    if (
      !trace.live ||
      (told !== undefined && told.pending === undefined && sameDevices(told.devices, trace.devices))
    )
      return
    told?.pending?.unsubscribe()
    const next: Told = { stage: trace.stage, devices: trace.devices }
    next.pending = timer(QUIET_MS).subscribe(() => this.tellAttached(next, trace.route))
    this.told.set(key, next)
  }

  /** The container of the stage has ended: what it had goes untold with it. */
  ended(stage: string): void {
    for (const [key, told] of this.told) {
      if (told.stage !== stage) continue
      told.pending?.unsubscribe()
      this.told.delete(key)
    }
  }

  private tellAttached(told: Told, route: string): void {
    told.pending?.unsubscribe()
    delete told.pending
    const { stage, devices } = told
    const device = unitTitle(devices)
    this.log.info(`attached ${device} to ${stage}: ${nodeList(devices)} (route ${route})`, {
      container: stage,
      device,
      route,
      action: 'attach',
    })
  }

  private tellDetached(key: string, told: Told, { stage, route }: Settled): void {
    this.told.delete(key)
    if (told.pending !== undefined) this.tellAttached(told, route)
    const device = unitTitle(told.devices)
    this.log.info(`detached ${device} from ${stage}: ${nodeList(told.devices)}`, {
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
