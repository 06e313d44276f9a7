// The kernel's uevents as an Observable.
import { Observable } from 'rxjs'
import { GROUP_KERNEL } from '../groups.js'
import type { MonitorSocket, Native } from '../native.js'
import type { Log } from '../service/log.js'
import { admit } from './admit.js'
import { NodeNumbers } from './number.js'
import { RefusedUevents } from './refused.js'
import type { Malformed, Uevent } from './uevent.js'

/** Holds a storm of 10,000 large events; the default holds 166. */
const RECEIVE_BUFFER = 16 * 1024 * 1024

export type KernelSignal =
  /** What one wake-up found, in order. */
  | { kind: 'uevents'; uevents: Uevent[]; at: number }
  /** The kernel has dropped events: only an enumeration tells what is there now. */
  | { kind: 'overrun' }

export interface KernelMonitor {
  /** Opens the socket when subscribed to, before it returns; one subscriber. Errors when the socket can't be opened or fails. */
  signals: Observable<KernelSignal>
  counters(): MonitorCounters
}

export interface MonitorCounters {
  uevents: number
  overruns: number
  /** Datagrams that did not come from the kernel. */
  foreign: number
  malformed: Partial<Record<Malformed | 'truncated', number>>
}

/** The kernel's uevents in this network namespace. */
export function kernelMonitor(
  addon: Pick<Native, 'openMonitor'>,
  log: Log,
  numbers = new NodeNumbers(),
): KernelMonitor {
  let socket: MonitorSocket | undefined
  let uevents = 0
  let overruns = 0
  const malformed: MonitorCounters['malformed'] = {}
  const refused = new RefusedUevents(log)

  const parse = (datagrams: Buffer[]): Uevent[] => {
    const batch: Uevent[] = []
    for (const datagram of datagrams) {
      const admitted = admit(datagram, numbers)
      if (typeof admitted !== 'string') {
        batch.push(admitted)
        continue
      }
      refused.tell(admitted, datagram)
      if (admitted !== 'outdated') malformed[admitted] = (malformed[admitted] ?? 0) + 1
    }
    return batch
  }

  const signals = new Observable<KernelSignal>((subscriber) => {
    const opened = addon.openMonitor(GROUP_KERNEL, RECEIVE_BUFFER, {
      onMessages: (datagrams) => {
        const at = monotonicMicroseconds()
        const batch = parse(datagrams)
        uevents += batch.length
        if (batch.length > 0) subscriber.next({ kind: 'uevents', uevents: batch, at })
      },
      onOverrun: () => {
        overruns++
        subscriber.next({ kind: 'overrun' })
      },
      onError: (error) => subscriber.error(error),
    })
    socket = opened
    return () => opened.close()
  })

  return {
    signals,
    counters: () => {
      const dropped = socket?.dropped() ?? { foreign: 0, truncated: 0 }
      return {
        uevents,
        overruns,
        foreign: dropped.foreign,
        malformed: { ...malformed, truncated: dropped.truncated },
      }
    },
  }
}

/** CLOCK_MONOTONIC in whole microseconds, the clock and unit of udev's USEC_INITIALIZED. */
export function monotonicMicroseconds(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + Math.floor(nanoseconds / 1000)
}
