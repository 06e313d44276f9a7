// The sockets of `monitor`, and what is printed of what they hear.
import { GROUP_KERNEL, GROUP_UDEV } from '../groups.js'
import { monotonicMicroseconds } from '../kernel/index.js'
import type { MonitorListener, MonitorSocket } from '../native.js'
import { receivedEvent } from '../udev/received.js'
import type { MonitoredEvent, Source } from './monitor-line.js'
import { banner, eventJson, eventText } from './monitor-line.js'
import type { Routing } from './routing.js'

export interface PrintingOptions {
  property: boolean
  json: boolean
  routing: Routing | undefined
  /** Opens a socket on the host or in a container. */
  open: (group: number, receiveBuffer: number, listener: MonitorListener) => MonitorSocket
  print: (text: string) => void
  /** Says what was lost. */
  tell: (problem: string) => void
}

const GROUPS: Readonly<Record<Source, number>> = { KERNEL: GROUP_KERNEL, UDEV: GROUP_UDEV }
/** As much as the daemon has: a storm of 10,000 events. */
const RECEIVE_BUFFER = 16 * 1024 * 1024

export class Printing {
  /** Rejects when a socket has failed; pending as long as they work. */
  readonly failed: Promise<never>

  private readonly sockets = new Map<Source, MonitorSocket>()
  /** Datagrams of a source that it was told of: not from the one to be trusted, or too long. */
  private readonly toldDropped = new Map<Source, number>()
  private fail: (error: Error) => void = () => undefined

  constructor(private readonly options: PrintingOptions) {
    this.failed = new Promise((_, reject) => (this.fail = reject))
    this.failed.catch(() => undefined)
  }

  /** When it returns, everything is heard, and the first lines are printed. */
  start(sources: readonly Source[]): void {
    for (const source of sources) {
      this.sockets.set(source, this.options.open(GROUPS[source], RECEIVE_BUFFER, this.listener(source)))
    }
    // The sockets are open before the enumeration, so that nothing falls between them.
    this.options.routing?.enumerate()
    if (!this.options.json) this.options.print(banner(sources))
  }

  stop(): void {
    for (const [source, socket] of this.sockets) {
      this.tellDropped(source)
      socket.close()
    }
  }

  private listener(source: Source): MonitorListener {
    return {
      onMessages: (datagrams) => {
        const at = monotonicMicroseconds()
        for (const datagram of datagrams) this.show(source, datagram, at)
        this.tellDropped(source)
      },
      onOverrun: () => this.options.tell(`${source} events were lost: more came than could be printed`),
      onError: (error) => this.fail(error),
    }
  }

  private show(source: Source, datagram: Buffer, at: number): void {
    const { routing, json, property, print, tell } = this.options
    const received = receivedEvent(datagram)
    if (typeof received === 'string') {
      tell(`a ${source} message is not shown: ${received}`)
      return
    }
    const event: MonitoredEvent = {
      ...received,
      source,
      at,
      destination: routing?.hear(source, received, at),
    }
    print(json ? eventJson(event) : eventText(event, property))
  }

  private tellDropped(source: Source): void {
    const dropped = this.sockets.get(source)?.dropped()
    if (dropped === undefined) return
    const { foreign, truncated } = dropped
    const sum = foreign + truncated
    if (sum === (this.toldDropped.get(source) ?? 0)) return
    this.toldDropped.set(source, sum)
    this.options.tell(
      `${source} messages not shown so far: ${foreign} from senders that are not trusted, ${truncated} that were too long`,
    )
  }
}
