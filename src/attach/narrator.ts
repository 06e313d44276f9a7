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
  /** As people know it; none while the first line about it is still to come. */
  said: readonly Device[]
  /** As it is now. One that goes before the others stays: the line about the end names what the unit had. */
  devices: readonly Device[]
  /** When it last changed, while the line about it is still to come; on the clock of performance.now. */
  changedAt?: number
  /** Its nodes have gone, which people know, and what is left has none: the HID device of a driver that is bound anew. */
  isEmptied?: boolean
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
    const known = this.told.get(key)
    if (known !== undefined && isOver(known, devices)) this.end(key, known, devices)
    const told = this.told.get(key)
    const isNews = !devices.every((device) => isAmong(told?.devices, device))
    if (trace.live && isNews) {
      this.told.set(key, { stage, route, said: told?.said ?? [], devices, changedAt: performance.now() })
    } else if (this.detached.length === 0) return
    this.waiting ??= timer(QUIET_MS).subscribe(() => this.tell(performance.now() - QUIET_MS))
  }

  /** What people can use of the unit has gone. A HID device stays where its driver is bound anew, and what comes with that is attached once more. */
  private end(key: string, told: Told, left: readonly Device[]): void {
    this.told.delete(key)
    if (told.isEmptied !== true) this.detached.push(told)
    if (left.length === 0) return
    const rest = left.filter((device) => !hasNode(device))
    this.told.set(key, { ...told, said: rest, devices: rest, isEmptied: true })
    delete this.told.get(key)?.changedAt
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
      if (told.changedAt !== undefined && !told.said.some(hasNode)) this.tellAttached(told)
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
    this.waiting = timer(next - quietSince).subscribe(() => this.tell(performance.now() - QUIET_MS))
  }

  private tellAttached(told: Told): void {
    delete told.changedAt
    const { stage, route, devices, said } = told
    told.said = devices
    const more = devices.filter((device) => !isAmong(said, device))
    const isMore = said.some(hasNode)
    // A part without a node is nothing that anybody could use, or miss.
    if (isMore && !more.some(hasNode)) return
    const device = unitTitle(devices)
    const what = isMore ? `attached more of ${device}` : `attached ${device}`
    this.log.info(`${what} to ${stage}: ${nodeList(isMore ? more : devices)} (route ${route})`, {
      container: stage,
      device,
      route,
      action: 'attach',
    })
  }

  private tellDetached({ stage, route, said: devices }: Told): void {
    const device = unitTitle(devices)
    this.log.info(`detached ${device} from ${stage}: ${nodeList(devices)}`, {
      container: stage,
      device,
      route,
      action: 'detach',
    })
  }
}

/** Whether nothing of it is left that people know, or were to be told of. */
function isOver({ said, devices }: Told, left: readonly Device[]): boolean {
  if (left.length === 0) return true
  const nodes = (said.length > 0 ? said : devices).filter(hasNode)
  return nodes.length > 0 && !nodes.some((device) => isAmong(left, device))
}

function hasNode({ node }: Device): boolean {
  return node !== undefined
}

/** Also of a device that was moved since. */
function isAmong(devices: readonly Device[] | undefined, { seqnum, sysname }: Device): boolean {
  return devices?.some((one) => one.seqnum === seqnum && one.sysname === sysname) === true
}
