// The host's udevd, heard: which of its messages belongs to which event of the kernel, and which are missing.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { GROUP_UDEV } from '../groups.js'
import type { Move, Uevent } from '../kernel/index.js'
import { movedPath } from '../kernel/index.js'
import { decimal } from '../kernel/number.js'
import type { MonitorSocket, Native } from '../native.js'
import { murmurHash2 } from './hash.js'
import { decodeMessage, subsystemHash } from './message.js'

/** As for the kernel's events, which are fewer and smaller. */
const RECEIVE_BUFFER = 16 * 1024 * 1024
/** Subsystems of which a message can be awaited, as the header has them. */
const SUBSYSTEMS = new Set(['input', 'hidraw', 'hid'].map(murmurHash2))
/** That of what input devices hang on. */
const USB = murmurHash2('usb')
/** The kernel's events are read within milliseconds: more can't be ahead of them honestly. */
const MOST_EARLY = 4096

export interface HostUdevOptions {
  addon: Pick<Native, 'openMonitor'>
  /** Milliseconds that udevd may take. */
  timeout: number
  /** udevd has told of the event; without `said` it has not, in time. Called once for every event that was expected. */
  onTold: (uevent: Uevent, said?: ReadonlyMap<string, string>) => void
  /** udevd has told of an event of the past that is not awaited, or not any more. */
  onLate: (seqnum: number, said: ReadonlyMap<string, string>) => void
  /** udevd has told of a USB device or interface: its record may say something else now. */
  onParent?: (devpath: string) => void
  /** A message of a udevd has come, whether it was expected or not. */
  onHeard: () => void
  onError: (error: Error) => void
}

interface Awaited {
  uevent: Uevent
  /** Where the device is now. */
  devpath: string
  /** On the clock of Date. */
  until: number
}

export class HostUdev {
  private readonly socket: MonitorSocket
  /** By SEQNUM, the oldest first. */
  private readonly awaited = new Map<number, Awaited>()
  /** Messages that were read before the kernel's own event was: the two come on sockets of their own. */
  private readonly early = new Map<number, ReadonlyMap<string, string>>()
  /** The SEQNUM of the kernel's last event. */
  private heard = 0
  private due: Subscription | undefined

  /** Listens from now on. */
  constructor(private readonly options: HostUdevOptions) {
    this.socket = options.addon.openMonitor(GROUP_UDEV, RECEIVE_BUFFER, {
      // What a container on the host's network is told is no word of udevd.
      withoutOwn: true,
      onMessages: (messages) => {
        for (const message of messages) this.take(message)
      },
      // What was lost is missing in time, and is looked up in udevd's database then.
      onOverrun: () => undefined,
      onError: options.onError,
    })
  }

  /** Events that udevd has yet to tell of, and what it has told of those that are still to come. */
  get held(): { awaited: number; early: number } {
    return { awaited: this.awaited.size, early: this.early.size }
  }

  /** The kernel's events have been heard up to `seqnum`: what udevd says of earlier ones that nobody awaits is of no use. */
  pass(seqnum: number): void {
    this.heard = Math.max(this.heard, seqnum)
    for (const early of this.early.keys()) if (early <= this.heard) this.early.delete(early)
  }

  /** udevd's message of this event is to be handed to onTold; it may have come already, and is handed over at once then. */
  expect(uevent: Uevent): void {
    const said = this.early.get(uevent.seqnum)
    if (said?.get('DEVPATH') === uevent.devpath) {
      this.options.onTold(uevent, said)
      return
    }
    const until = performance.now() + this.options.timeout
    this.awaited.set(uevent.seqnum, { uevent, devpath: uevent.devpath, until })
    this.due ??= timer(this.options.timeout).subscribe(() => this.giveUp())
  }

  /** What is awaited of devices at and below a devpath is handed over as of those that they have now; udevd tells of it under the old ones. */
  move(move: Move): void {
    for (const awaited of this.awaited.values()) {
      // A device that has gone before was another.
      if (awaited.uevent.action !== 'remove')
        awaited.devpath = movedPath(move, awaited.devpath) ?? awaited.devpath
    }
  }

  stop(): void {
    this.due?.unsubscribe()
    this.socket.close()
  }

  /** Hands over all that is awaited as if its time were over. */
  giveUpAll(): void {
    const awaited = [...this.awaited.values()]
    this.awaited.clear()
    for (const one of awaited) this.tell(one)
  }

  private take(message: Buffer): void {
    const subsystem = subsystemHash(message)
    if (subsystem === USB) this.options.onParent?.(decodeMessage(message)?.get('DEVPATH') ?? '')
    if (!SUBSYSTEMS.has(subsystem ?? 0)) return
    const said = decodeMessage(message)
    const seqnum = decimal(said?.get('SEQNUM'))
    if (said === undefined || seqnum === undefined) return
    this.options.onHeard()
    const awaited = this.awaited.get(seqnum)
    if (awaited === undefined) {
      if (seqnum <= this.heard) this.options.onLate(seqnum, said)
      else if (this.early.size < MOST_EARLY) this.early.set(seqnum, said)
      return
    }
    if (said.get('DEVPATH') !== awaited.uevent.devpath) return
    this.awaited.delete(seqnum)
    this.tell(awaited, said)
  }

  /** Hands over what is overdue; one timer serves all, as a storm has thousands. */
  private giveUp(): void {
    this.due = undefined
    const now = performance.now()
    for (const [seqnum, awaited] of this.awaited) {
      const { until } = awaited
      if (until > now) {
        this.due = timer(until - now).subscribe(() => this.giveUp())
        return
      }
      this.awaited.delete(seqnum)
      this.tell(awaited)
    }
  }

  private tell({ uevent, devpath }: Awaited, said?: ReadonlyMap<string, string>): void {
    this.options.onTold(devpath === uevent.devpath ? uevent : { ...uevent, devpath }, said)
  }
}
