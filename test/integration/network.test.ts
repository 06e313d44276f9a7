// Containers on a network that others share: the devices stay apart, and what is announced there is heard by all.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { Client } from './harness/client.js'
import type { Daemon } from './harness/daemon.js'
import type { Container } from './harness/docker-engine.js'
import { HostEar } from './harness/host-ear.js'
import type { Pad } from './harness/pad.js'
import type { Player, Rig } from './harness/rig.js'
import { test } from './harness/rig.js'
import { StandInUdevd } from './harness/stand-in-udevd.js'

const HOLDER = 'net-vpn'

function routes(network: string, ...more: string[]): string {
  return ['a', 'b']
    .map(
      (name) =>
        `  - { name: ${name}, match: { name: "Pad of ${name}" }, container: net-${name}, network: ${network} }`,
    )
    .concat(more)
    .join('\n')
}

/** A container on a network that is not its own, with a client in it. */
async function playerOn(rig: Rig, name: string, network: string): Promise<Player> {
  const container = await rig.container(name, [], { network })
  return { container, client: await Client.start(container, '--subsystem', 'input') }
}

const namesOf = (pad: Pad): string[] =>
  [pad.input, pad.js, pad.event].map((path) => path.slice(path.lastIndexOf('/') + 1))
const added = (pad: Pad): string[] => namesOf(pad).map((name) => `add ${name}`)

async function expectsNothingOf(container: Container, pad: Pad): Promise<void> {
  expect((await container.list('/dev/input')).filter((name) => namesOf(pad).includes(name))).toEqual([])
  const records = await container.list('/run/udev/data')
  expect(records).not.toContain(`c${pad.eventNumber}`)
}

describe('on a network that containers share', () => {
  async function bench(rig: Rig): Promise<{ daemon: Daemon; vpn: Container; a: Player; b: Player }> {
    const daemon = await rig.daemon(routes('shared'))
    const vpn = await rig.container(HOLDER)
    const a = await playerOn(rig, 'net-a', `container:${HOLDER}`)
    const b = await playerOn(rig, 'net-b', `container:${HOLDER}`)
    return { daemon, vpn, a, b }
  }

  test('each container has its own devices, and hears of all of them once', async ({ rig }) => {
    const { daemon, vpn, a, b } = await bench(rig)
    const [first, second] = [rig.pad({ name: 'Pad of a' }), rig.pad({ name: 'Pad of b' })]

    await rig.plug(first)
    await Promise.all([a.client.hears('add', first.event), b.client.hears('add', first.event)])
    await rig.plug(second)
    await Promise.all([a.client.hears('add', second.event), b.client.hears('add', second.event)])

    for (const { client } of [a, b]) expect(client.summary).toEqual([...added(first), ...added(second)])
    expect((await a.client.hears('add', first.event)).node?.rdev).toBe(first.eventNumber)
    expect((await b.client.hears('add', first.event)).node?.exists).toBe(false)
    await expectsNothingOf(a.container, second)
    await expectsNothingOf(b.container, first)
    expect(await vpn.list('/dev/input')).toEqual([])
    const told = daemon.messages('info').filter((line) => line.includes('share a network'))
    expect(told).toEqual([
      "net-a and net-b share a network namespace: each hears what is announced of the other's devices, but has neither node nor record of them",
    ])
    expect(daemon.messages('warn')).toEqual([])
    // Of the sockets of NETLINK_KOBJECT_UEVENT (15), the kernel's has port 0, and clients' have groups.
    const rows = readFileSync(`/proc/${await vpn.pid()}/net/netlink`, 'utf8')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .filter(([, protocol, port]) => protocol === '15' && port !== '0')
    expect(rows.map(([, , , groups]) => groups).toSorted()).toEqual(['00000000', '00000002', '00000002'])

    await rig.unplug(first, second)
    await Promise.all([a.client.hears('remove', second.input), b.client.hears('remove', second.input)])
    for (const { client } of [a, b]) {
      expect(client.summary.filter((line) => line.startsWith('remove')).length).toBe(6)
      expect(client.mishaps).toEqual([])
    }
  })

  test('one that starts, stops or ends changes nothing for the others', async ({ rig }) => {
    const daemon = await rig.daemon(routes('shared'))
    // The first that is served is the one that opens the network, and the first that goes.
    const vpn = await rig.container(HOLDER)
    const a = await playerOn(rig, 'net-a', `container:${HOLDER}`)
    const kept = rig.pad({ name: 'Pad of a' })
    await rig.plug(kept)
    await a.client.hears('add', kept.event)

    const b = await playerOn(rig, 'net-b', `container:${HOLDER}`)
    const other = rig.pad({ name: 'Pad of b' })
    await rig.plug(other)
    await Promise.all([a.client.hears('add', other.event), b.client.hears('add', other.event)])
    expect(a.client.summary).toEqual([...added(kept), ...added(other)])
    expect(b.client.summary).toEqual(added(other))

    await vpn.stop()
    await a.container.remove()
    const later = rig.pad({ name: 'Pad of b' })
    await rig.plug(later)
    expect((await b.client.hears('add', later.event)).node?.rdev).toBe(later.eventNumber)
    expect(b.client.summary).toEqual([...added(other), ...added(later)])
    expect(daemon.messages('warn')).toEqual([])
  })

  test('a unit that goes from one to the other is told as removed, then as added', async ({ rig }) => {
    const { daemon, a, b } = await bench(rig)
    const pad = rig.pad({ name: 'Pad of a' })
    await rig.plug(pad)
    await b.client.hears('add', pad.event)

    rig.config(routes('shared').replace('Pad of a', 'Nobody').replace('Pad of b', 'Pad of a'))
    process.kill(daemon.pid, 'SIGHUP')
    await b.container.waitForPath(pad.eventNode)
    const marker = rig.pad({ name: 'Pad of a' })
    await rig.plug(marker)
    await Promise.all([a, b].map(async ({ client }) => client.hears('add', marker.event)))

    const [input = '', js = '', event = ''] = namesOf(pad)
    const moved = [`remove ${event}`, `remove ${js}`, `remove ${input}`, ...added(pad)]
    for (const { client } of [a, b]) expect(client.summary.slice(3, 9).toSorted()).toEqual(moved.toSorted())
    expect(a.client.summary.slice(3, 6).every((line) => line.startsWith('remove'))).toBe(true)
    await expectsNothingOf(a.container, pad)
  })

  test('a container goes on when the one that has made the network is restarted', async ({ rig }) => {
    const { daemon, vpn, a } = await bench(rig)
    await vpn.stop()
    await vpn.start()
    const pad = rig.pad({ name: 'Pad of a' })
    await rig.plug(pad)
    await a.client.hears('add', pad.event)

    // As Docker asks for: only then it is on the new network.
    await a.container.stop()
    await a.container.start()
    const client = await Client.start(a.container, '--subsystem', 'input')
    await a.container.waitForPath(pad.eventNode)
    const later = rig.pad({ name: 'Pad of a' })
    await rig.plug(later)
    await client.hears('add', later.event)
    expect(daemon.messages('warn')).toEqual([])
  })

  test('a container whose route says own is served again when it is alone', async ({ rig }) => {
    const daemon = await rig.daemon(routes('own'))
    const a = await rig.player('net-a')
    const pad = rig.pad({ name: 'Pad of a' })
    await rig.plug(pad)
    await a.client.hears('add', pad.event)

    const guest = await rig.container('net-guest', [], { network: 'container:net-a' })
    await a.client.hears('remove', pad.input)
    await daemon.says('warn', /shares its network namespace with container net-guest/)
    await expectsNothingOf(a.container, pad)
    await guest.remove()
    await a.container.waitForPath(pad.eventNode)
    expect(a.client.mishaps).toEqual([])
  })
})

describe("on the host's network", () => {
  function hostEar(): HostEar {
    const ear = new HostEar()
    onTestFinished(() => ear.stop())
    return ear
  }

  const all = (...pads: Pad[]): string[] =>
    pads
      .flatMap(({ input, js, event }) => [input, js, event])
      .flatMap((devpath) => [`add ${devpath}`, `remove ${devpath}`])
      .toSorted()

  test('where no udevd runs, we announce, once; others there have neither node nor record', async ({
    rig,
  }) => {
    const ear = hostEar()
    const daemon = await rig.daemon(routes('host'))
    const a = await playerOn(rig, 'net-a', 'host')
    const b = await playerOn(rig, 'net-b', 'host')
    const [first, second] = [rig.pad({ name: 'Pad of a' }), rig.pad({ name: 'Pad of b' })]

    await rig.plug(first, second)
    const event = await a.client.hears('add', first.event)
    expect(event.node?.rdev).toBe(first.eventNumber)
    expect(event.record).toContain('E:ID_INPUT_JOYSTICK=1\n')
    expect((await b.client.hears('add', second.event)).node?.rdev).toBe(second.eventNumber)
    await expectsNothingOf(a.container, second)
    await expectsNothingOf(b.container, first)

    await rig.unplug(first, second)
    await a.client.hears('remove', first.input)
    await b.client.hears('remove', second.input)
    await expect.poll(() => ear.heard.length).toBe(12)
    expect(ear.of(first.input, second.input)).toEqual(all(first, second))
    expect([...a.client.mishaps, ...b.client.mishaps, ...daemon.messages('warn')]).toEqual([])
  })

  test("where none runs, our own announcement is not taken for a word of the host's udevd", async ({
    rig,
  }) => {
    const one =
      '  - { name: a, match: { name: "Pad of a" }, container: net-a, network: host, properties: host }'
    const daemon = await rig.daemon(one, undefined, { hostTimeout: 100 })
    const a = await playerOn(rig, 'net-a', 'host')
    for (const pad of [rig.pad({ name: 'Pad of a' }), rig.pad({ name: 'Pad of a' })]) {
      await rig.plug(pad)
      await a.client.hears('add', pad.event)
    }
    // It was told once, until a udevd is heard.
    expect(daemon.messages('warn')).toEqual([expect.stringMatching(/^no udevd runs on the host/)])
    expect(a.client.mishaps).toEqual([])
  })

  /** A host with a udevd: one that listens at its control socket, and one that announces what the test wants. */
  const WITH_UDEVD = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    `mkdir -p /run/udev && mount -t tmpfs tmpfs /run/udev && { setpriv --pdeathsig KILL "$0" /run/udev/control & } &&
     until [ -S /run/udev/control ]; do sleep 0.02; done; exec "$@"`,
    resolve('.cache/clients/unix-listener'),
  ]
  const ROUTES = routes(
    'host',
    '  - { name: neighbour, match: { name: "Nobody" }, container: net-c, network: host }',
  )

  test('where one runs, node and record are there before it speaks, and it alone announces', async ({
    rig,
  }) => {
    const said: (() => void)[] = []
    const udevd: StandInUdevd = new StandInUdevd((uevent) => {
      const { action, subsystem } = uevent
      if (subsystem !== 'input') return undefined
      const words = {
        USEC_INITIALIZED: '4711',
        ID_INPUT: '1',
        MY_RULE: action,
        TAGS: ':seat:',
        CURRENT_TAGS: ':seat:',
      }
      said.push(() => void udevd.say(uevent, words))
      return undefined
    })
    onTestFinished(() => udevd.stop())
    const ear = hostEar()
    const daemon = await rig.daemon(ROUTES, undefined, { hostTimeout: 60_000 }, WITH_UDEVD)
    const a = await playerOn(rig, 'net-a', 'host')
    const c = await playerOn(rig, 'net-c', 'host')
    const pad = rig.pad({ name: 'Pad of a' })

    await rig.plug(pad)
    await a.container.waitForPath(`/run/udev/data/c${pad.eventNumber}`)
    await a.container.waitForPath(pad.eventNode)
    expect(a.client.heard).toEqual([])
    expect(ear.heard).toEqual([])
    expect(await a.container.exec('cat', `/run/udev/data/c${pad.eventNumber}`)).toContain(
      'E:ID_INPUT_JOYSTICK=1',
    )

    for (const speak of said.splice(0)) speak()
    const event = await a.client.hears('add', pad.event)
    expect(event.node).toMatchObject({ exists: true, rdev: pad.eventNumber })
    expect(event.properties['MY_RULE']).toBe('add')
    await expect
      .poll(async () => a.container.exec('cat', `/run/udev/data/c${pad.eventNumber}`))
      .toContain('E:MY_RULE=add')
    await c.client.hears('add', pad.event)
    await expectsNothingOf(c.container, pad)
    await daemon.says('info', /^attached "Pad of a".* to net-a/)
    expect(daemon.messages('info').filter((line) => line.startsWith("the host's udevd"))).toEqual([])

    await rig.unplug(pad)
    await expect.poll(async () => a.container.list('/dev/input')).toEqual([])
    await expect.poll(async () => a.container.list('/run/udev/data')).toEqual([])
    for (const speak of said.splice(0)) speak()
    const removed = await a.client.hears('remove', pad.input)
    expect(removed.record).toBeNull()
    await expect.poll(() => ear.heard.length).toBe(6)
    expect(ear.of(pad.input)).toEqual(all(pad))
    expect([...a.client.mishaps, ...daemon.messages('warn')]).toEqual([])
  })

  test('a udevd that is stopped, or started, while containers run, is followed at the next device', async ({
    rig,
  }) => {
    let speaks = true
    const udevd = new StandInUdevd(({ subsystem }) =>
      speaks && subsystem === 'input' ? { USEC_INITIALIZED: '1', ID_INPUT: '1' } : undefined,
    )
    onTestFinished(() => udevd.stop())
    const ear = hostEar()
    const daemon = await rig.daemon(ROUTES, undefined, { hostTimeout: 60_000 }, WITH_UDEVD)
    const a = await playerOn(rig, 'net-a', 'host')
    const [first, second, third] = [0, 1, 2].map(() => rig.pad({ name: 'Pad of a' })) as [Pad, Pad, Pad]
    await rig.plug(first)
    await a.client.hears('add', first.event)
    await expect
      .poll(async () => a.container.exec('cat', `/run/udev/data/c${first.eventNumber}`))
      .toContain('I:1\n')

    speaks = false
    const [listener = ''] = readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8').split(' ')
    process.kill(Number(listener), 'SIGKILL')
    await rig.plug(second)
    await a.client.hears('add', second.event)
    await rig.unplug(first)
    await a.client.hears('remove', first.input)

    speaks = true
    const start = `rm -f /run/udev/control; exec "$0" /run/udev/control`
    const args = ['-t', String(daemon.pid), '-m', 'sh', '-c', start, resolve('.cache/clients/unix-listener')]
    const started = spawn('nsenter', args, { stdio: 'ignore' })
    onTestFinished(() => void started.kill('SIGKILL'))
    await expect
      .poll(() => readFileSync(`/proc/${daemon.pid}/net/unix`, 'utf8'))
      .toMatch(/00010000 .* \/run\/udev\/control$/m)
    await rig.plug(third)
    await a.client.hears('add', third.event)
    await rig.unplug(second, third)
    await a.client.hears('remove', third.input)

    await expect.poll(() => ear.heard.length).toBe(18)
    for (const pad of [first, second, third]) expect(ear.of(pad.input)).toEqual(all(pad))
    expect([...a.client.mishaps, ...daemon.messages('warn')]).toEqual([])
  })

  test('what was plugged before is there, and nobody hears of it; a reload that takes it away is silent too', async ({
    rig,
  }) => {
    const udevd = new StandInUdevd(({ subsystem }) =>
      subsystem === 'input' ? { USEC_INITIALIZED: '1', ID_INPUT: '1' } : undefined,
    )
    onTestFinished(() => udevd.stop())
    const daemon = await rig.daemon(ROUTES, undefined, {}, WITH_UDEVD)
    const pad = rig.pad({ name: 'Pad of a' })
    await rig.plug(pad)
    await daemon.says('info', /waits for container net-a/)
    const ear = hostEar()

    const a = await playerOn(rig, 'net-a', 'host')
    await a.container.waitForPath(pad.eventNode)
    await a.container.waitForPath(`/run/udev/data/c${pad.eventNumber}`)
    rig.config(routes('shared'))
    process.kill(daemon.pid, 'SIGHUP')
    await daemon.says('warn', /can't be served: .*add network: host to route a/)
    await expect.poll(async () => a.container.list('/dev/input')).toEqual([])
    await expectsNothingOf(a.container, pad)
    expect([ear.heard, a.client.heard]).toEqual([[], []])
  })

  test('the log names a device that the host has announced before a running container has it', async ({
    rig,
  }) => {
    const udevd = new StandInUdevd(({ subsystem }) =>
      subsystem === 'input' ? { USEC_INITIALIZED: '1', ID_INPUT: '1' } : undefined,
    )
    onTestFinished(() => udevd.stop())
    const nobody = ROUTES.replace('Pad of a', 'Nobody here')
    const daemon = await rig.daemon(nobody, undefined, {}, WITH_UDEVD)
    const a = await playerOn(rig, 'net-a', 'host')
    const pad = rig.pad({ name: 'Pad of a' })
    await rig.plug(pad)
    await daemon.says('debug', /"Pad of a".* plugged: no route takes it/)
    expect(daemon.messages('info').filter((line) => line.startsWith("the host's udevd"))).toEqual([])

    rig.config(ROUTES)
    process.kill(daemon.pid, 'SIGHUP')
    await daemon.says(
      'info',
      /^the host's udevd announced "Pad of a" .* before net-a had its nodes: .* plugged again or the program is restarted$/,
    )
    await a.container.waitForPath(pad.eventNode)
    const lines = daemon.messages('info').filter((line) => line.startsWith("the host's udevd"))
    expect(lines).toHaveLength(1)
  })
})
