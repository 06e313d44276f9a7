// What an engine does to containers, and what happens to an engine.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, inject } from 'vitest'
import { DockerEngine } from '../integration/harness/docker-engine.js'
import { pad } from '../integration/harness/pad.js'
import { DEVICE_RULES, hidrawMajor } from '../integration/harness/rig.js'
import { DockerProxy } from './harness/docker-proxy.js'
import { Lane, test } from './harness/lane.js'
import { knownFiles } from './harness/snapshot.js'
import type { Player } from './harness/lane.js'
import { holds, settles } from './harness/settles.js'

const MANY = 100

const route = (container: string, device = 'Engine*') =>
  `  - { name: for-${container}, match: { name: "${device}" }, container: ${container}, links: [input/player1, player1] }`
const hidPad = (number: number, name = 'Engine') => pad(number, { name, hidrawMajor: hidrawMajor() })

describe.for([
  { title: 'with its stage mounted by the daemon', isGiven: false },
  { title: 'with its stage as a volume', isGiven: true },
])('a container $title', ({ isGiven }) => {
  test.for([
    {
      how: 'stopped and started',
      act: async (player: Player) => restartBy(player, ['stop', '--time', '0'], ['start']),
    },
    {
      how: 'restarted',
      act: async (player: Player) => player.startsBy(async () => docker(player, 'restart', '--time', '0')),
    },
    { how: 'killed and started', act: async (player: Player) => restartBy(player, ['kill'], ['start']) },
    { how: 'removed and created anew', act: recreate },
  ])('has everything as before when it was $how', async ({ act }, { lanes }) => {
    const { lane, player } = await prepare(lanes(), 'engine-a', isGiven)
    const [device, during] = [hidPad(45_000), hidPad(45_001, 'Engine too')]
    await lane.plug(device)
    await player.has([device])
    const before = await player.snapshot()

    for (let round = 0; round < 2; round++) {
      // A device comes while the container goes, and goes while it comes.
      await Promise.all([act(player), lane.plug(during)])
      await player.ready()
      await player.has([device, during])
      await Promise.all([act(player), lane.unplug(during)])
      await player.ready()
      await player.has([device])
    }

    await settles('its state', async () => player.snapshot(), before)
    expect(lane.daemon.messages('error')).toEqual([])
  })

  test('hears all of what happened while it was paused, once', async ({ lanes }) => {
    const { lane, player } = await prepare(lanes(), 'engine-a', isGiven)
    const [stays, goes, comes] = [hidPad(45_010), hidPad(45_011, 'Engine 2'), hidPad(45_012, 'Engine 3')]
    await lane.plug(stays, goes)
    const before = await player.has([stays, goes])

    await docker(player, 'pause')
    await lane.unplug(goes)
    await lane.plug(comes)
    await holds('the stage to be current', () =>
      existsSync(join(lane.stage, player.name, comes.eventNode.slice(5))),
    )
    await docker(player, 'unpause')

    const after = await player.has([stays, comes])
    expect({ adds: after.adds - before.adds, removes: after.removes }).toEqual({ adds: 5, removes: 5 })
  })

  test(
    'that is removed in the middle of an attach leaves nothing, and its successor has all',
    { timeout: 90_000 },
    async ({ lanes }) => {
      const { lane, player } = await prepare(lanes(), 'engine-a', isGiven)
      const devices = Array.from({ length: 30 }, (_, index) => hidPad(45_100 + index, `Engine ${index}`))
      for (let round = 0; round < 5; round++) {
        await Promise.all([lane.plug(...devices), pause(round * 30).then(async () => player.remove())])
        await player.create()
        await player.start()
        await player.ready()
        await player.has(devices)
        await lane.unplug(...devices)
        await player.has([])
      }
      expect(lane.daemon.messages('error')).toEqual([])
      expect((await player.snapshot()).stage.filter((line) => /^\S*\d{5}/.test(line))).toEqual([])
      await expect.poll(() => knownFiles(join(lane.stage, player.name)), { timeout: 10_000 }).toEqual([])
    },
  )
})

test('routes by name follow a container that is renamed', async ({ lanes }) => {
  const lane = lanes()
  lane.configure([route('engine-old', 'Engine old'), route('engine-new', 'Engine new')].join('\n'))
  await lane.start()
  const player = await lane.player('engine-old')
  await player.ready()
  const [old, young] = [hidPad(45_200, 'Engine old'), hidPad(45_201, 'Engine new')]
  await lane.plug(old, young)
  await player.has([old])

  for (let round = 0; round < 3; round++) {
    await docker(player, 'rename', 'engine-new')
    player.name = 'engine-new'
    await player.has([young])
    await docker(player, 'rename', 'engine-old')
    player.name = 'engine-old'
    await player.has([old])
  }
  expect(lane.daemon.messages('error')).toEqual([])
})

test('a container that has ended before it could be served is no failure', async ({ lanes }) => {
  const { lane } = await prepare(lanes(), 'engine-a', false)
  const { fds } = lane.resources()
  lane.configure(route('engine-*'))
  await lane.stop()
  await lane.start()
  await lane.plug(hidPad(45_300))
  for (let round = 0; round < 10; round++)
    await lane.engine.docker(
      'run',
      '--rm',
      '--network',
      'none',
      '--name',
      'engine-short',
      ...DEVICE_RULES,
      'udev-proxy-test',
      'true',
    )

  await holds('all of their sessions to be closed', () => lane.resources().fds <= fds + 4)
  expect(lane.daemon.messages('error')).toEqual([])
})

test(
  `${MANY} containers that are started at once all have their devices`,
  { timeout: 180_000 },
  async ({ lanes }) => {
    const lane = lanes()
    const names = Array.from({ length: MANY }, (_, index) => `many-${index}`)
    lane.configure(
      names
        .map((name) => `  - { name: ${name}, match: { name: "Pad of ${name}" }, container: ${name} }`)
        .join('\n'),
      'info',
    )
    await lane.start([])
    const devices = names.map((name, index) => pad(45_400 + index, { name: `Pad of ${name}` }))
    await lane.plug(...devices)
    const { engine } = lane
    try {
      for (let first = 0; first < MANY; first += 10)
        await Promise.all(
          names.slice(first, first + 10).map(async (name) => engine.create({ name, args: DEVICE_RULES })),
        )
      const start = performance.now()
      await engine.docker('start', ...names)
      const started = performance.now()
      const pids = (await engine.docker('inspect', '--format', '{{.State.Pid}}', ...names))
        .split('\n')
        .map(Number)
      const inputs = () =>
        pids.map((pid) => {
          const directory = `/proc/${pid}/root/dev/input`
          return existsSync(directory) ? readdirSync(directory).toSorted() : []
        })
      await settles(
        'the nodes of all',
        inputs,
        devices.map(({ eventNode, jsNode }) =>
          [eventNode, jsNode].map((node) => node.slice('/dev/input/'.length)).toSorted(),
        ),
        60_000,
      )
      console.log(
        `${MANY} containers: started in ${Math.round(started - start)} ms, served ${Math.round(performance.now() - started)} ms later`,
      )
      expect(lane.daemon.messages('error')).toEqual([])
    } finally {
      await engine.docker('rm', '-f', ...names)
    }
  },
)

test('Docker may be restarted below containers that live on', { timeout: 90_000 }, async ({ lanes }) => {
  const { directory } = lanes()
  const engine = new DockerEngine(join(directory, 'docker'), ['--live-restore'])
  await engine.start()
  const lane = new Lane(engine)
  try {
    await engine.load(inject('imageTar'))
    const { player } = await prepare(lane, 'engine-live', false)
    const [early, during, late] = [hidPad(45_600), hidPad(45_601, 'Engine 2'), hidPad(45_602, 'Engine 3')]
    await lane.plug(early)
    const before = await player.has([early])

    for (const round of [0, 1]) {
      await endDockerd(engine)
      await lane.daemon.says('warn', /docker/i)
      // The container has its session: no engine is needed for it.
      await (round === 0 ? lane.plug(during) : lane.unplug(during))
      await player.has(round === 0 ? [early, during] : [early])
      await engine.start()
    }
    await lane.plug(late)
    const after = await player.has([early, late])

    expect({ adds: after.adds - before.adds, removes: after.removes }).toEqual({ adds: 10, removes: 5 })
    // It is followed again.
    await player.startsBy(async () => docker(player, 'restart', '--time', '0'))
    await player.ready()
    await player.has([early, late])
  } finally {
    await lane.end()
    await engine.destroy()
  }
})

test("Docker's event stream may break at any byte", { timeout: 120_000 }, async ({ lanes }) => {
  const { directory, engine } = lanes()
  const proxy = new DockerProxy(join(directory, 'docker.sock'), engine.socket)
  const lane = new Lane(engine, proxy.path)
  try {
    lane.configure([route('engine-cut', 'Engine'), route('engine-other', 'Other')].join('\n'))
    await lane.start()
    const player = await lane.player('engine-cut')
    await player.ready()
    const device = hidPad(45_700)
    await lane.plug(device, hidPad(45_701, 'Other'))
    const before = await player.has([device])
    const other = await lane.player('engine-other')
    await other.ready()

    // An event is some 400 bytes, and a restart makes two.
    const offsets = Array.from({ length: 12 }, (_, index) => 1 + index * 53)
    for (const offset of offsets) {
      await holds('the stream to be open', () => proxy.openStreams > 0)
      const { cuts } = proxy
      proxy.cutAfter(offset)
      await other.startsBy(async () => docker(other, 'restart', '--time', '0'))
      await other.ready()
      await holds(`the stream to be cut after ${offset} bytes`, () => proxy.cuts > cuts)
      await holds('the other one to have its device', async () =>
        (await other.state()).devices.some(({ devnode }) => devnode === '/dev/input/event45701'),
      )
    }

    // For the container that nothing has happened to, nothing has happened.
    const after = await player.has([device])
    expect({ adds: after.adds, removes: after.removes }).toEqual({ adds: before.adds, removes: 0 })
    expect(proxy.cuts).toBeGreaterThanOrEqual(offsets.length)
    expect(lane.daemon.messages('error')).toEqual([])
  } finally {
    await lane.end()
    proxy.close()
  }
})

async function prepare(lane: Lane, name: string, isGiven: boolean): Promise<{ lane: Lane; player: Player }> {
  lane.configure(route(name))
  await lane.start()
  const player = await lane.player(name, { isGiven })
  await player.ready()
  return { lane, player }
}

/** `docker VERB NAME …` */
async function docker({ container }: Player, verb: string, ...args: string[]): Promise<string> {
  const isOption = (argument: string | undefined) => argument?.startsWith('--') === true
  const options = isOption(args[0]) ? args : []
  const rest = isOption(args[0]) ? [] : args
  return container.engine.docker(verb, ...options, container.name, ...rest)
}

async function restartBy(
  player: Player,
  [stop = '', ...stopArgs]: string[],
  [start = '']: string[],
): Promise<void> {
  await docker(player, stop, ...stopArgs)
  await player.startsBy(async () => docker(player, start))
}

async function recreate(player: Player): Promise<void> {
  await player.remove()
  await player.create()
  await player.start()
}

/** Ends dockerd alone: with live-restore, its containers live on. */
async function endDockerd({ directory }: DockerEngine): Promise<void> {
  const pid = Number(readFileSync(join(directory, 'docker.pid'), 'utf8'))
  process.kill(pid, 'SIGTERM')
  await holds('dockerd to end', () => !existsSync(`/proc/${pid}`))
}
