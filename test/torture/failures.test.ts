// Every step fails, in every way: it is taken back, tried again, reported once, and all else goes on.
import { describe, expect } from 'vitest'
import { Client } from '../integration/harness/client.js'
import type { LogLine } from '../integration/harness/daemon.js'
import type { Pad } from '../integration/harness/pad.js'
import { pad } from '../integration/harness/pad.js'
import { hidrawMajor } from '../integration/harness/rig.js'
import { UeventSender } from '../integration/harness/uevents.js'
import type { Lane, Player } from './harness/lane.js'
import { test } from './harness/lane.js'
import { holds } from './harness/settles.js'

const CODES = ['ENOSPC', 'EROFS', 'EPERM', 'ENOENT', 'ESRCH', 'EBUSY'] as const
type Code = (typeof CODES)[number]

/** The point of each step at which it is made to fail, and the device that it fails for. */
const STEPS: Readonly<
  Record<
    string,
    {
      attach: (device: Pad, pid: number) => string
      detach: (device: Pad, pid: number) => string
      device: (device: Pad) => string
    }
  >
> = {
  node: {
    attach: ({ eventNode }) => `^placeNode .*${eventNode.replace('/dev', '')}$`,
    detach: ({ eventNode }) => `^unlink .*${eventNode.replace('/dev', '')}$`,
    device: ({ eventNode }) => sysname(eventNode),
  },
  bind: {
    attach: ({ hidrawNode }, pid) => `^bindNode .* ${pid} ${hidrawNode}$`,
    detach: ({ hidrawNode }, pid) => `^unbindNode .* ${pid} ${hidrawNode}$`,
    device: ({ hidrawNode }) => sysname(hidrawNode),
  },
  link: {
    attach: (device) => `^symlink .*/input/${linkOf(device)}$`,
    detach: (device) => `^unlink .*/input/${linkOf(device)}$`,
    device: ({ eventNode }) => sysname(eventNode),
  },
  linkInside: {
    attach: (device, pid) => `^placeLink .* ${pid} /dev/${linkOf(device)}$`,
    detach: (device, pid) => `^removeLink .* ${pid} /dev/${linkOf(device)}$`,
    device: ({ eventNode }) => sysname(eventNode),
  },
  record: {
    attach: ({ eventNumber }) => `^replaceFile udev/data/c .*/c${eventNumber}$`,
    detach: ({ eventNumber }) => `^unlink udev/data/c .*/c${eventNumber}$`,
    device: ({ eventNode }) => sysname(eventNode),
  },
  announce: {
    attach: ({ eventNode }, pid) => `^send group 2 add .* ${pid} ${sysname(eventNode)}$`,
    detach: ({ eventNode }, pid) => `^send group 2 remove .* ${pid} ${sysname(eventNode)}$`,
    device: ({ eventNode }) => sysname(eventNode),
  },
}
const NAMES = Object.keys(STEPS)
/** What the log calls each of them. */
const WORDS: Readonly<Record<string, string>> = {
  node: 'its node',
  bind: 'its node in /dev',
  link: 'its links in /dev/input',
  linkInside: 'its links in /dev',
  record: 'its record in the udev database',
  announce: 'its announcement',
}

/** A step that fails in its own way, for a device of its own. */
interface Case {
  step: string
  code: Code
  player: Player
  device: Pad
}

describe('a step that fails', () => {
  test('a few times is done in the end, and nobody is told of it', { timeout: 60_000 }, async ({ lanes }) => {
    const { lane, cases, others, players } = await prepare(lanes(), 40_000)
    failAt(lane, cases, 'attach', 2)
    await lane.plug(...cases.map(({ device }) => device), ...others)

    await Promise.all(players.map(async (player) => player.has(devicesOf(player, cases, others))))

    for (const one of cases) expect(attemptsAt(lane, one, 'attach'), titleOf(one)).toHaveLength(2)
    expect(lane.daemon.messages('error')).toEqual([])
    expect(lane.daemon.messages('warn')).toEqual([])
  })

  test(
    'for ever is taken back, tried again ever later, and reported once; all else goes on',
    { timeout: 90_000 },
    async ({ lanes }) => {
      const { lane, cases, others, players } = await prepare(lanes(), 41_000)
      failAt(lane, cases, 'attach')
      const start = Date.now()
      await lane.plug(...cases.map(({ device }) => device), ...others)
      // What has no fault does not wait for what has.
      for (const player of players)
        for (const other of others.filter(({ name }) => name.includes(player.name)))
          await holds(`${other.name} in ${player.name}`, async () =>
            (await player.state()).devices.some(({ devpath }) => devpath === other.event),
          )
      console.log(`the others are there after ${Date.now() - start} ms`)

      await holds(
        'every failure to be reported',
        () => cases.every((one) => reportsOf(lane, one).length > 0),
        40_000,
      )
      await Promise.all(players.map(async (player) => player.quiet()))

      for (const one of cases) {
        const reports = reportsOf(lane, one)
        expect(reports, titleOf(one)).toHaveLength(1)
        expect(reports[0]).toMatchObject({ container: one.player.name })
        expect(reports[0]?.message, titleOf(one)).toContain(`: ${WORDS[one.step] ?? one.step}: ${one.code}`)
        const attempts = attemptsAt(lane, one, 'attach').map(({ at }) => at)
        expect(attempts.length, titleOf(one)).toBeGreaterThanOrEqual(3)
        const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0))
        expect(gaps.at(-1), titleOf(one)).toBeGreaterThan(2 * (gaps[0] ?? 0))
      }
      // Nothing is left of what was taken back: no name of the failed device is on the stage.
      for (const player of players) {
        const { stage, inside } = await player.snapshot()
        const failed = cases.filter((one) => one.player === player)
        for (const one of failed) {
          const name = STEPS[one.step]?.device(one.device) ?? ''
          expect(
            [...stage, ...inside].filter((line) => line.includes(name)),
            titleOf(one),
          ).toEqual([])
        }
      }

      // The device comes anew, and the trouble is over.
      lane.faults.set({})
      const devices = cases.map(({ device }) => device)
      await lane.unplug(...devices)
      await lane.plug(...devices)
      await Promise.all(players.map(async (player) => player.has(devicesOf(player, cases, others))))
    },
  )

  test('to be undone is tried again, until nothing is left', { timeout: 60_000 }, async ({ lanes }) => {
    const { lane, cases, others, players } = await prepare(lanes(), 42_000)
    await Promise.all(players.map(async (player) => player.snapshot()))
    const before = await Promise.all(players.map(async (player) => player.snapshot()))
    await lane.plug(...cases.map(({ device }) => device), ...others)
    await Promise.all(players.map(async (player) => player.has(devicesOf(player, cases, others))))

    // ENOENT says that it is gone already.
    const failing = cases.filter(({ code }) => code !== 'ENOENT')
    failAt(lane, failing, 'detach', 2)
    await lane.unplug(...cases.map(({ device }) => device), ...others)
    await Promise.all(players.map(async (player) => player.has([])))

    await holds(
      'nothing to be left',
      async () => {
        const after = await Promise.all(players.map(async (player) => player.snapshot()))
        return JSON.stringify(after) === JSON.stringify(before)
      },
      15_000,
    )
    for (const one of failing) expect(attemptsAt(lane, one, 'detach').length, titleOf(one)).toBe(2)
  })
})

test('a ledger that can not be written is told of, and costs nobody a device', async ({ lanes }) => {
  const lane = lanes()
  lane.configure('  - { name: main, match: { name: "Unnoted*" }, container: failing-ledger }', 'info')
  await lane.start()
  const player = await lane.player('failing-ledger')
  await player.ready()
  const [before, after] = [pad(43_000, { name: 'Unnoted one' }), pad(43_001, { name: 'Unnoted two' })]

  lane.faults.set({ fail: [{ match: ' ledger/', code: 'ENOSPC' }] })
  await lane.plug(before)
  await holds('it to be told of', () => warnings(lane).some((message) => message.includes('ENOSPC')))
  lane.faults.set({})
  await lane.plug(after)
  await lane.stop()
  await lane.start()

  await player.has([before, after])
})

describe('a container whose session can not be opened', () => {
  test.for([
    { how: 'is refused', fail: true },
    { how: 'takes long', fail: false },
  ])('does not delay another when it $how', { timeout: 90_000 }, async ({ fail }, { lanes }) => {
    const lane = lanes()
    lane.configure(
      '  - { name: slow, match: { name: "Slow*" }, container: failing-slow }\n  - { name: fast, match: { name: "Fast*" }, container: failing-fast }',
      'info',
    )
    await lane.start()
    const fast = await lane.player('failing-fast')
    await fast.ready()
    const client = await Client.start(fast.container, '--brief', '--subsystem', 'input')
    const sender = UeventSender.kernel()
    try {
      const without = await latencies(sender, client, 44_000)

      // The other one has its session already.
      lane.faults.set(
        fail
          ? { fail: [{ match: '^openContainer ', code: 'EPERM' }] }
          : { delay: [{ match: '^openContainer ', ms: 3000 }] },
      )
      const slow = await lane.player('failing-slow')
      const waiting = pad(43_999, { name: 'Slow' })
      await lane.plug(waiting)
      const with_ = await latencies(sender, client, 44_500)
      console.log(
        `latency p50/p99 without: ${without.p50}/${without.p99} µs, with: ${with_.p50}/${with_.p99} µs`,
      )

      expect(with_.p99).toBeLessThan(Math.max(5 * without.p99, 50_000))
      lane.faults.set({})
      await slow.ready(45_000)
      await slow.has([waiting])
    } finally {
      sender.close()
    }
  })
})

async function prepare(
  lane: Lane,
  firstNumber: number,
): Promise<{ lane: Lane; cases: Case[]; others: Pad[]; players: Player[] }> {
  const players: Player[] = []
  const cases: Case[] = []
  const others: Pad[] = []
  const routes: string[] = []
  const names = CODES.map((code) => `failing-${code.toLowerCase()}`)
  let number = firstNumber
  const devices = new Map<string, Pad>()
  for (const name of names) {
    for (const step of NAMES) {
      const device = pad(number++, { name: `Failing ${step} ${name}`, hidrawMajor: hidrawMajor() })
      devices.set(`${step} ${name}`, device)
      const link = linkOf(device)
      routes.push(
        `  - { name: ${step}-${name}, match: { name: "${device.name}" }, container: ${name}, links: [input/${link}, ${link}] }`,
      )
    }
    const other = pad(number++, { name: `Healthy ${name}`, hidrawMajor: hidrawMajor() })
    others.push(other)
    routes.push(`  - { name: healthy-${name}, match: { name: "${other.name}" }, container: ${name} }`)
  }
  lane.configure(routes.join('\n'), 'info')
  await lane.start()
  for (const name of names) {
    const player = await lane.player(name)
    players.push(player)
  }
  await Promise.all(players.map(async (player) => player.ready()))
  CODES.forEach((code, index) => {
    const player = players[index]
    for (const step of NAMES) {
      const device = devices.get(`${step} ${names[index] ?? ''}`)
      if (player === undefined || device === undefined || isIgnored(step, code)) continue
      cases.push({ step, code, player, device })
    }
  })
  return { lane, cases, others, players }
}

/** What the container's own file system refuses costs a link, and no attempt: no other step has less to lose. */
function isIgnored(step: string, code: Code): boolean {
  return step === 'linkInside' && code !== 'ESRCH'
}

function warnings({ daemon }: Lane): string[] {
  return [...daemon.messages('warn'), ...daemon.messages('error')]
}

function failAt(lane: Lane, cases: Case[], direction: 'attach' | 'detach', times?: number): void {
  lane.faults.set({
    fail: cases.map((one) => ({
      match: matchOf(one, direction),
      code: one.code,
      ...(times !== undefined && { times }),
    })),
  })
}

function matchOf({ step, device, player }: Case, direction: 'attach' | 'detach'): string {
  return STEPS[step]?.[direction](device, player.hostPid) ?? '^$'
}

function attemptsAt(lane: Lane, one: Case, direction: 'attach' | 'detach') {
  const match = new RegExp(matchOf(one, direction))
  return lane.faults.failed().filter(({ name, detail }) => match.test(`${name} ${detail}`))
}

/** What the log says of it at the levels that people see. */
function reportsOf({ daemon }: Lane, { device, player, step }: Case): (LogLine & { container?: string })[] {
  const name = STEPS[step]?.device(device) ?? ''
  return daemon.log.entries.filter(
    (line) =>
      ['error', 'warn'].includes(line.level) &&
      line.message.includes(name) &&
      line.message.includes(player.name),
  )
}

function devicesOf({ name }: Player, cases: Case[], others: Pad[]): Pad[] {
  return [
    ...cases.filter(({ player }) => player.name === name).map(({ device }) => device),
    ...others.filter((other) => other.name.endsWith(name)),
  ]
}

/** How long it takes from the kernel to a client in the container, one device after the other. */
async function latencies(
  sender: UeventSender,
  client: Client,
  firstNumber: number,
): Promise<{ p50: number; p99: number }> {
  const found: number[] = []
  for (let number = firstNumber; number < firstNumber + 200; number++) {
    const device = pad(number, { name: 'Fast' })
    const sent = await sender.send(device.add)
    const heard = await client.hears('add', device.event)
    // The event node is the last to come.
    found.push(heard.clock_us - (sent.at(-1)?.clock_us ?? 0))
    await sender.send(device.remove)
    await client.hears('remove', device.input)
  }
  const sorted = found.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

function titleOf({ step, code }: Case): string {
  return `${step} with ${code}`
}

function linkOf({ input }: Pad): string {
  return `player-of-${sysname(input)}`
}

function sysname(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
