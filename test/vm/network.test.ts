// Containers on the host's network, beside the host's own udevd: it announces, once, and each has its own devices.
import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import { output } from '../integration/harness/command.js'
import type { Container } from '../integration/harness/docker-engine.js'
import { HostEar } from '../integration/harness/host-ear.js'
import { Transcript } from '../integration/harness/transcript.js'
import { OWN_SUITE, TREES } from './clients/suites.js'
import { createContainer, engine, journal, rootOf, STAGE } from './harness/machine.js'
import { BTN_SOUTH, EV_KEY, plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

/** So long may SDL take to notice something: the CPU is emulated. */
const PATIENCE = 60_000

const game = new Transcript('SDL2', (line: string) => line)
let ear: HostEar
let container: Container
let neighbour: Container
let client: Client
let pad: InputDevice
let other: InputDevice

beforeAll(async () => {
  await engine.load(`${TREES}/${OWN_SUITE}/image.tar`, OWN_SUITE)
  const volumes = [`${TREES}/${OWN_SUITE}/tree/usr:/usr:ro`, `${resolve('.cache/clients')}:/clients:ro`]
  container = await createContainer({
    name: 'host-network',
    image: OWN_SUITE,
    network: 'host',
    args: volumes.flatMap((volume) => ['-v', volume]),
  })
  // Without a rule for devices: it has a stage, and may open nothing.
  neighbour = await engine.create({ name: 'neighbour', network: 'host' })
  await Promise.all([container.start(), neighbour.start()])
  await Promise.all([container, neighbour].map(async (one) => one.waitForPath('/run/udev/control')))
  container.follow(game, 'sh', '-c', 'SDL_VIDEODRIVER=dummy exec /clients/sdl2-client')
  await game.until('SDL to be ready', (line) => line === 'ready', PATIENCE)
  client = await Client.start(neighbour, '--subsystem', 'input')
  ear = new HostEar()
})

/**
 * Plugs a pad while udevd holds its queue until the container has nodes and records: the emulated CPU slows a JIT far more than it slows
 * udevd, and nothing makes that wait for us.
 */
async function plugFor({ name }: Container, title: string): Promise<InputDevice> {
  await output('udevadm', ['control', '--stop-exec-queue'])
  try {
    const plugged = plugXboxPad(title)
    const names = async (part: string): Promise<string[]> => readdir(`${STAGE}/${name}/${part}`)
    await until('nodes and records', async () => {
      const nodes = await names('input')
      return (
        nodes.includes(plugged.event) && nodes.includes(plugged.js) && (await names('udev/data')).length >= 3
      )
    })
    return plugged
  } finally {
    await output('udevadm', ['control', '--start-exec-queue'])
  }
}

afterAll(async () => {
  ear.stop()
  await Promise.all([container, neighbour].map(async (one) => one.remove()))
})

test('SDL sees a pad that is plugged, although nobody but the udevd of the host announces it', async () => {
  pad = await plugFor(container, 'Host Network Pad')
  await game.until('the pad', (line) => line === `added /dev/input/${pad.event}`, PATIENCE)
})

test('SDL reads its buttons', async () => {
  pad.emit(EV_KEY, BTN_SOUTH, 1)
  await game.until('a button', (line) => line === `button a /dev/input/${pad.event}`, PATIENCE)
  pad.emit(EV_KEY, BTN_SOUTH, 0)
})

test('a neighbour hears of it, and has neither node nor record, nor may it open the device', async () => {
  const heard = await client.hears('add', `${pad.devpath}/${pad.event}`)
  expect(heard.node?.exists).toBe(false)
  expect(heard.record).toBeNull()
  const number = heard.node?.devnum ?? ''
  expect(await neighbour.list('/dev/input')).toEqual([])
  expect(await neighbour.list('/run/udev/data')).toEqual([])
  await output('mknod', [`${await rootOf(neighbour)}/pad`, 'c', ...number.split(':')])
  await expect(neighbour.shell(': </pad')).rejects.toThrow('Operation not permitted')
})

test('the neighbour has node and record of a pad of its own when the host speaks', async () => {
  other = await plugFor(neighbour, 'Neighbour Pad')
  const heard = await client.hears('add', `${other.devpath}/${other.event}`)
  expect(heard.node).toMatchObject({ exists: true, rdev: heard.node?.devnum })
  expect(heard.record).toContain('E:ID_INPUT_JOYSTICK=1\n')
  expect(await container.list('/dev/input')).toEqual([pad.event, pad.js].toSorted())
})

test('SDL sees it unplugged', async () => {
  pad.unplug()
  await game.until('the end', (line) => line === `removed /dev/input/${pad.event}`, PATIENCE)
  other.unplug()
  await client.hears('remove', other.devpath)
  for (const one of [container, neighbour])
    await until('an empty stage', async () =>
      [await one.list('/dev/input'), await one.list('/run/udev/data')].every(({ length }) => length === 0),
    )
})

test("the host's own client has heard of each event once", async () => {
  const events = (...devices: InputDevice[]): string[] =>
    devices
      .flatMap(({ devpath, event, js }) => [devpath, `${devpath}/${event}`, `${devpath}/${js}`])
      .flatMap((devpath) => [`add ${devpath}`, `remove ${devpath}`])
      .toSorted()
  const last = `remove ${other.devpath}`
  await until('the last event', () => ear.heard.includes(last))
  expect(ear.of(pad.devpath, other.devpath)).toEqual(events(pad, other))
  expect(client.mishaps).toEqual([])
  const lines = await journal('UDEV_PROXY_CONTAINER=host-network')
  expect(lines.map(({ MESSAGE }) => String(MESSAGE).split(' ')[0])).toEqual(['attached', 'detached'])
})
