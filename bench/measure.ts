// The measurements of all subjects, taken in turns: what else the machine does meets them alike.
import { setTimeout as pause } from 'node:timers/promises'
import type { Pad } from '../test/integration/harness/pad.js'
import { pad } from '../test/integration/harness/pad.js'
import { cpuMicroseconds, residentMegabytes } from './cost.js'
import type { Subject } from './subject.js'

export interface Measurements {
  /**
   * Microseconds from just before the sendmsg of an event node's uevent until the client had parsed the
   * message and stat'ed the node.
   */
  latencies: number[]
  /** Of the same events: microseconds from the host's client being as far until the container's client was. */
  lags: number[]
  /** Microseconds from just before the sendmsg of a HID device's bind uevent until the client had its event node; none where nothing waits for that. */
  bindDelays: number[]
  /** Milliseconds from the first send to the last receipt, each of a burst. */
  bursts: number[]
  /** Microseconds of CPU for each uevent. */
  cpuPerEvent: number
  residentMegabytes: number
  /** Share of one CPU, in percent. */
  idlePercent: number
}

const TURNS = 20
const PLUGS_A_TURN = 20
export const PLUGS = TURNS * PLUGS_A_TURN
const WARM_UP = 50
/** A burst is 100 pads of two uevents, inputN and eventN. */
export const BURST = 200
export const BURSTS = 5
const IDLE_SECONDS = 5
/**
 * Milliseconds without an event before one that is measured: people plug devices into machines that rest,
 * with cold caches.
 */
const REST = 10

let nextNumber = 30_000

export async function measure(subjects: readonly Subject[]): Promise<Measurements[]> {
  for (const subject of subjects) await plugAndUnplug(subject, WARM_UP)

  const taken = subjects.map((subject) => ({
    subject,
    latencies: [] as number[],
    lags: [] as number[],
    bindDelays: [] as number[],
    bursts: [] as number[],
    cpu: 0,
  }))
  for (let turn = 0; turn < TURNS; turn++) {
    for (const of of taken) {
      const before = cpuMicroseconds(of.subject.pid)
      const plugs = await plugAndUnplug(of.subject, PLUGS_A_TURN)
      of.cpu += cpuMicroseconds(of.subject.pid) - before
      of.latencies.push(...plugs.map(({ latency }) => latency))
      of.lags.push(...plugs.flatMap(({ lag }) => lag ?? []))
      if (of.subject.waitsForBind === true)
        of.bindDelays.push(...(await bindAndUnplug(of.subject, PLUGS_A_TURN)))
    }
  }
  for (let burst = 0; burst < BURSTS; burst++)
    for (const { subject, bursts } of taken) bursts.push(await durationOfBurst(subject))

  const resident = subjects.map(({ pid }) => residentMegabytes(pid))
  await pause(1000)
  const before = subjects.map(({ pid }) => cpuMicroseconds(pid))
  await pause(IDLE_SECONDS * 1000)
  const idle = subjects.map(({ pid }, index) => cpuMicroseconds(pid) - (before[index] ?? 0))
  return taken.map(({ latencies, lags, bindDelays, bursts, cpu }, index) => ({
    latencies,
    lags,
    bindDelays,
    bursts,
    // A plug and its unplug are two uevents each.
    cpuPerEvent: cpu / (4 * PLUGS),
    residentMegabytes: resident[index] ?? Number.NaN,
    idlePercent: (idle[index] ?? Number.NaN) / (IDLE_SECONDS * 10_000),
  }))
}

interface Plug {
  latency: number
  lag: number | undefined
}

/**
 * Plugs pads and unplugs them, one by one; each uevent waits until the one before it has arrived, the
 * measured one a little longer.
 */
async function plugAndUnplug(subject: Subject, count: number): Promise<Plug[]> {
  const all = pads(count)
  await subject.host.makeNodes(all.flatMap(({ add }) => add))
  const plugs: Plug[] = []
  for (const one of all) plugs.push(await plugOf(subject, one))
  return plugs
}

async function plugOf(subject: Subject, { add, remove }: Pad): Promise<Plug> {
  const { sender, client, hostClient, host } = subject
  const [input, event] = add
  if (input === undefined || event === undefined) throw new Error('a pad has an inputN and an eventN')
  await sender.send([input])
  await client.until('add', [input.devpath])
  await pause(REST)
  const [sent] = await sender.send([event])
  const [checked = Number.NaN] = await client.until('add', [event.devpath])
  const [onHost] = (await hostClient?.until('add', [event.devpath])) ?? []
  host.removeNodes(remove)
  await sender.send(remove)
  const removed = remove.map(({ devpath }) => devpath)
  await client.until('remove', removed)
  await hostClient?.until('remove', removed)
  return {
    latency: checked - (sent?.clock_us ?? Number.NaN),
    lag: onHost === undefined ? undefined : checked - onHost,
  }
}

/** Plugs HID pads and unplugs them, one by one; each bind comes when all else has been heard of for a while. */
async function bindAndUnplug(
  { sender, client, hostClient, host }: Subject,
  count: number,
): Promise<number[]> {
  const delays: number[] = []
  for (let index = 0; index < count; index++) {
    const { add, remove, event, input } = hidPad()
    const isBind = ({ action }: { action: string }): boolean => action === 'bind'
    await host.makeNodes(add)
    await sender.send(add.filter((uevent) => !isBind(uevent)))
    await hostClient?.until('add', [event])
    await pause(REST)
    const [sent] = await sender.send(add.filter(isBind))
    const [checked = Number.NaN] = await client.until('add', [event])
    delays.push(checked - (sent?.clock_us ?? Number.NaN))
    host.removeNodes(remove)
    await sender.send(remove)
    await client.until('remove', [event, input])
    await hostClient?.until('remove', [event, input])
  }
  return delays
}

/** A HID device with inputN and eventN alone. */
function hidPad(): Pad {
  const one = pad(nextNumber++, { name: 'Bench Pad', vendor: '54c', hidrawMajor: 240 })
  const isMeant = ({ devpath }: { devpath: string }): boolean => devpath !== one.js && devpath !== one.hidraw
  return { ...one, add: one.add.filter(isMeant), remove: one.remove.filter(isMeant) }
}

async function durationOfBurst({ sender, client, host }: Subject): Promise<number> {
  const plugged = pads(BURST / 2)
  const [adds, removes] = [plugged.flatMap(({ add }) => add), plugged.flatMap(({ remove }) => remove)]
  await host.makeNodes(adds)
  const [first] = await sender.send(adds)
  const checked = await client.until(
    'add',
    adds.map(({ devpath }) => devpath),
  )
  host.removeNodes(removes)
  await sender.send(removes)
  await client.until(
    'remove',
    removes.map(({ devpath }) => devpath),
  )
  return (Math.max(...checked) - (first?.clock_us ?? Number.NaN)) / 1000
}

/** Pads without js node. */
function pads(count: number): Pad[] {
  return Array.from({ length: count }, () => {
    const one = pad(nextNumber++, { name: 'Bench Pad', vendor: '54c' })
    const withoutJs = ({ devpath }: { devpath: string }) => devpath !== one.js
    return { ...one, add: one.add.filter(withoutJs), remove: one.remove.filter(withoutJs) }
  })
}
