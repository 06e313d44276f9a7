// The daemon has many devices come and go, and stays as it was.
import { expect } from 'vitest'
import type { Uevent } from '../integration/harness/pad.js'
import { pad } from '../integration/harness/pad.js'
import { UeventSender } from '../integration/harness/uevents.js'
import type { Lane, Player } from './harness/lane.js'
import { test } from './harness/lane.js'
import { holds } from './harness/settles.js'

const CYCLES = Number(process.env['TORTURE_CYCLES'] ?? 100_000)
const CONTAINERS = 10
/** Cycles of one round. */
const ROUND = 500
/** The part of the run that counts as warm-up: the heap finds its size, code is compiled. */
const WARM_UP = 0.3
/**
 * Bytes that the memory may grow by with each cycle. Every cycle has devpaths and numbers of its own: one key of a Map that were kept of it, with its
 * string of some 35 characters, would be 100 bytes or more; a kept device with its properties, kilobytes.
 */
const SLOPE = 50

interface Sample {
  cycles: number
  rss: number
  fds: number
  mounts: number
}

test(
  'plugging and unplugging leaves nothing behind in the daemon',
  { timeout: 480_000 },
  async ({ lanes }) => {
    const lane = lanes()
    const names = Array.from({ length: CONTAINERS }, (_, index) => `growth-${index}`)
    lane.configure(
      names
        .map((name) => `  - { name: ${name}, match: { name: "${name} *" }, container: ${name} }`)
        .join('\n'),
      'info',
    )
    // As in production: without fault points.
    await lane.start([])
    const players = await Promise.all(names.map(async (name) => lane.player(name)))
    await Promise.all(players.map(async (player) => player.ready()))

    const samples: Sample[] = []
    const start = performance.now()
    // One round is on its way while the one before is waited for.
    for (let cycles = 0; cycles <= CYCLES; cycles += ROUND) {
      if (cycles < CYCLES) await plugAndUnplug(players, cycles)
      if (cycles === 0) continue
      await haveLeft(players, cycles)
      samples.push({ cycles, ...lane.resources() })
    }
    const seconds = (performance.now() - start) / 1000

    const warm = samples.slice(Math.floor(samples.length * WARM_UP))
    const slope = slopeOf(warm.map(({ cycles, rss }) => [cycles, rss]))
    console.log(
      `${CYCLES} cycles in ${Math.round(seconds)} s; RSS ${[0, 0.3, 0.5, 0.75, 1].map((part) => mebibytesAt(samples, part)).join(', ')} MiB, ${slope.toFixed(1)} bytes a cycle`,
    )
    for (const player of players) await player.has([])
    // Nothing but the containers themselves, their stages, sessions, and the looks for a udevd of theirs.
    await holds('everything to be forgotten', async () => {
      const held = Object.entries(await lane.held()).filter(([, size]) => size > 0)
      return held.every(([kind]) => ['containers', 'stages', 'sessions', 'sessionTimers'].includes(kind))
    })
    expect(await lane.held()).toMatchObject({ stages: CONTAINERS, sessions: CONTAINERS })
    expect(slope).toBeLessThan(SLOPE)
    // A connection to Docker may be open at one moment and not at another.
    expect(Math.max(...warm.map(({ fds }) => fds))).toBeLessThanOrEqual(
      Math.min(...warm.map(({ fds }) => fds)) + 2,
    )
    expect(new Set(warm.map(({ mounts }) => mounts)).size).toBe(1)
    expect(complaints(lane)).toEqual([])
  },
)

/** One round, spread over all containers: an inputN with its event node comes and goes. */
async function plugAndUnplug(players: Player[], first: number): Promise<void> {
  const uevents: Uevent[] = []
  for (let index = 0; index < ROUND; index++) {
    const { name } = players[index % players.length] ?? {}
    const { add, remove, js } = pad(50_000 + first + index, { name: `${name ?? ''} pad` })
    uevents.push(...[...add, ...remove].filter(({ devpath }) => devpath !== js))
  }
  // A sender of its own: what it has been told is kept until it ends.
  const sender = UeventSender.kernel()
  try {
    await sender.send(uevents)
  } finally {
    sender.close()
  }
}

/** Waits until the devices of all cycles so far have come and gone. */
async function haveLeft(players: Player[], cycles: number): Promise<void> {
  // Two of each cycle's removals are announced.
  const expected = (2 * cycles) / players.length
  for (const { tracker, name } of players)
    await holds(`the devices of ${cycles} cycles to have left ${name}`, async () => {
      const { removes } = await tracker.counts()
      return removes >= expected
    })
}

/** The slope of the line through these points that has the least squares. */
function slopeOf(points: [number, number][]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))]
  const covariance = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0)
  return covariance / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
}

function mebibytesAt(samples: Sample[], part: number): number {
  return Math.round((samples[Math.floor(part * (samples.length - 1))]?.rss ?? 0) / 2 ** 20)
}

function complaints({ daemon }: Lane): string[] {
  return [...daemon.messages('warn'), ...daemon.messages('error')]
}
