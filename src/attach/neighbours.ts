// Tells, once, of containers that own devices on one network: each hears what is announced of the other's.
import type { Session } from '../container/session.js'
import type { Log } from '../service/log.js'

/** What is needed of a stage. */
export interface Neighbour {
  name: string
  session: Pick<Session, 'netns' | 'hearsHost'> | undefined
  heldUnits: readonly string[]
}

export class Neighbours {
  /** By session, those that were told of together with it. */
  private readonly told = new WeakMap<object, WeakSet<object>>()

  constructor(private readonly log: Log) {}

  /** Something was attached on `stage`, one of `all`. */
  look({ name, session }: Neighbour, all: readonly Neighbour[]): void {
    // Where the host's udevd speaks, every client hears of every device.
    if (session === undefined || session.hearsHost) return
    for (const other of all) {
      if (other.session === undefined || other.session === session) continue
      if (other.session.netns !== session.netns || other.heldUnits.length === 0) continue
      if (this.told.get(session)?.has(other.session) === true) continue
      this.note(session, other.session)
      this.note(other.session, session)
      const [first = '', second = ''] = [name, other.name].toSorted()
      this.log.info(
        `${first} and ${second} share a network namespace: each hears what is announced of the other's devices, but has neither node nor record of them`,
        { container: name, action: 'serve' },
      )
    }
  }

  private note(session: object, other: object): void {
    const told = this.told.get(session) ?? new WeakSet()
    this.told.set(session, told.add(other))
  }
}
