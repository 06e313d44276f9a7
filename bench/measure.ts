// The measurements of one subject.
import { setTimeout as pause } from 'node:timers/promises'
import type { Pad } from '../test/integration/harness/pad.js'
import { pad } from '../test/integration/harness/pad.js'
import type { UeventSender } from '../test/integration/harness/uevents.js'
import type { Subject } from './subject.js'
import { cpuMicroseconds, residentMegabytes } from './subject.js'
import type { Watcher } from './watcher.js'

export interface Measurements {
  /**
   * Microseconds from just before the sendmsg of an event node's uevent until the client had parsed the
   * message and stat'ed the node; sorted.
   */
  latencies: number[]
  /** Milliseconds from the first send to the last receipt, each of a burst; sorted. */
  bursts: number[]
  /** Microseconds of CPU for each uevent. */
  cpuPerEvent: number
  residentMegabytes: number
  /** Share of one CPU, in percent. */
  idlePercent: number
}

export const PLUGS = 400
const WARM_UP = 50
/** A burst is 100 pads of two uevents, inputN and eventN. */
export const BURST = 200
const BURSTS = 5
const IDLE_SECONDS = 5
/**
 * Milliseconds without an event before one that is measured: people plug devices into machines that rest,
 * with cold caches.
 */
export const REST = 10

let nextNumber = 30_000

export async function measure(
  subject: Subject,
  sender: UeventSender,
  watcher: Watcher,
): Promise<Measurements> {
  for (let plug = 0; plug < WARM_UP; plug++) await latencyOf(sender, watcher)

  const cpuBefore = cpuMicroseconds(subject.pid)
  const latencies: number[] = []
  for (let plug = 0; plug < PLUGS; plug++) latencies.push(await latencyOf(sender, watcher))
  // A plug and its unplug are two uevents each.
  const cpuPerEvent = (cpuMicroseconds(subject.pid) - cpuBefore) / (4 * PLUGS)

  const bursts: number[] = []
  for (let burst = 0; burst < BURSTS; burst++) bursts.push(await durationOfBurst(sender, watcher))

  const resident = residentMegabytes(subject.pid)
  await pause(1000)
  const idleBefore = cpuMicroseconds(subject.pid)
  await pause(IDLE_SECONDS * 1000)
  const idle = cpuMicroseconds(subject.pid) - idleBefore
  return {
    latencies: latencies.toSorted((a, b) => a - b),
    bursts: bursts.toSorted((a, b) => a - b),
    cpuPerEvent,
    residentMegabytes: resident,
    idlePercent: idle / (IDLE_SECONDS * 10_000),
  }
}

/**
 * Plugs one pad and unplugs it; each uevent waits until the one before it has arrived, the measured one a
 * little longer.
 */
async function latencyOf(sender: UeventSender, watcher: Watcher): Promise<number> {
  const [one] = pads(1)
  const [input, event] = one?.add ?? []
  if (one === undefined || input === undefined || event === undefined)
    throw new Error('a pad has an inputN and an eventN')
  await sender.send([input])
  await watcher.until('add', [input.devpath])
  await pause(REST)
  const [sent] = await sender.send([event])
  const [checked = 0] = await watcher.until('add', [event.devpath])
  await sender.send(one.remove)
  await watcher.until('remove', [event.devpath, input.devpath])
  return checked - (sent?.clock_us ?? 0)
}

async function durationOfBurst(sender: UeventSender, watcher: Watcher): Promise<number> {
  const plugged = pads(BURST / 2)
  const uevents = plugged.flatMap(({ add }) => add)
  const [first] = await sender.send(uevents)
  const checked = await watcher.until(
    'add',
    uevents.map(({ devpath }) => devpath),
  )
  await sender.send(plugged.flatMap(({ remove }) => remove))
  await watcher.until(
    'remove',
    plugged.map(({ input }) => input),
  )
  return (Math.max(...checked) - (first?.clock_us ?? 0)) / 1000
}

/** Pads without js node. */
function pads(count: number): Pad[] {
  return Array.from({ length: count }, () => {
    const one = pad(nextNumber++, { name: 'Bench Pad', vendor: '54c' })
    const withoutJs = ({ devpath }: { devpath: string }) => devpath !== one.js
    return { ...one, add: one.add.filter(withoutJs), remove: one.remove.filter(withoutJs) }
  })
}
