// Clients of udev as Debian has them: each sees a device plugged, gets input from it, sees it unplugged, and finds it when it starts late.
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Container } from '../integration/harness/docker-engine.js'
import { APPLICATIONS, HID_VENDOR } from './clients/applications.js'
import type { Client, Devices, Phase, Room, Start } from './clients/client.js'
import { ROOMS } from './clients/client.js'
import { DEVTYPE_FILTER, LIBUDEV_CLIENTS } from './clients/libudev.js'
import type { Said } from './clients/rooms.js'
import { endAll, runAll, says, sayingsOf, startRooms } from './clients/rooms.js'
import { versionOf } from './clients/suites.js'
import { cellsOf, page } from './clients/table.js'
import { plugHidPad } from './harness/uhid.js'
import { BTN_LEFT, BTN_SOUTH, EV_KEY, plugMouse, plugXboxPad } from './harness/uinput.js'

const CLIENTS = [...LIBUDEV_CLIENTS, ...APPLICATIONS]
const PAGE = 'docs/clients.md'
/** Where the machine outside of the VM finds the page that this run has written. */
const WRITTEN = '.cache/vm/results/clients.md'

/** So long have all clients together to notice something: the CPU is emulated, and RetroArch alone brings two hundred libraries. */
const PATIENCE = 120_000
const SLOWLY = { timeout: 2 * PATIENCE }

const seen = new Map(CLIENTS.map((client) => [client, new Set<Phase>()]))
let containers: ReadonlyMap<Room, Container> = new Map()
/** When the phase that runs has begun. */
let since = 0
let devices: ReadonlyMap<Room, Devices> = new Map()
const unplugs: (() => void)[] = []
/** What the clients of each room have said since they were last started. */
let said: ReadonlyMap<Room, Said> = new Map()

beforeAll(async () => {
  containers = await startRooms()
  said = new Map(ROOMS.map((room) => [room, sayingsOf(room)]))
  await startAll(({ waits }) => waits)
}, 4 * PATIENCE)

afterAll(async () => {
  unplugAll()
  await Promise.all([...containers.values()].map(async (container) => container.remove()))
})

test('each library is of the suite that the table names', async () => {
  const mapped = await get(containers, 'clients').shell('cat /proc/[0-9]*/maps')
  for (const library of ['bullseye/tree/LIB/libudev', 'trixie/tree/LIB/libSDL3', 'trixie/tree/LIB/libglfw'])
    expect(mapped).toContain(`/trees/${library.replace('LIB', 'usr/lib/x86_64-linux-gnu')}`)
})

describe('a device is plugged', SLOWLY, () => {
  beforeAll(async () => {
    devices = await plugAll()
    since = Date.now()
  })
  test.for(that('plug'))('%s sees it', async ([, client]) => notices(client, 'plug'))
})

describe('a button of it is pressed', SLOWLY, () => {
  beforeAll(async () => {
    await startAll(({ opens, room }) => opens?.(get(devices, room)))
    press(1)
    since = Date.now()
  })
  afterAll(() => {
    press(0)
  })
  test.for(that('input'))('%s reads it', async ([, client]) => notices(client, 'input'))
})

describe('the device is unplugged', SLOWLY, () => {
  beforeAll(() => {
    unplugAll()
    since = Date.now()
  })
  test.for(that('unplug'))('%s sees it', async ([, client]) => notices(client, 'unplug'))
})

test('a monitor with a filter for another devtype has heard nothing', () => {
  const lines = get(said, DEVTYPE_FILTER.room).entries.filter(({ client }) => client === DEVTYPE_FILTER.name)
  expect(lines).toEqual([{ client: DEVTYPE_FILTER.name, line: '{"ready":true}' }])
})

describe('the device was plugged before the client starts', SLOWLY, () => {
  beforeAll(async () => {
    await Promise.all([...containers.values()].map(endAll))
    devices = await plugAll()
    for (const [room, { hid }] of devices)
      for (const node of [`input/${hid.eventName}`, hid.hidrawName])
        await get(containers, room).waitForPath(`/dev/${node}`)
    said = new Map(ROOMS.map((room) => [room, sayingsOf(room)]))
    run(({ finds, room }) => finds?.(get(devices, room)))
    since = Date.now()
  })
  test.for(that('enumerate'))('%s finds it', async ([, client]) => notices(client, 'enumerate'))
})

test('docs/clients.md says what this run has seen', async () => {
  const rows = await Promise.all(
    CLIENTS.map(async (client) => ({
      client,
      version: await versionOf(client.suite, client.package),
      seen: get(seen, client),
    })),
  )
  const written = page(rows)
  await writeFile(WRITTEN, written)
  expect(cellsOf(await readFile(PAGE, 'utf8')), `after a run that is right: npm run docs:clients`).toEqual(
    cellsOf(written),
  )
})

/** The clients that can notice anything in a phase, with their names. */
function that(phase: Phase): (readonly [string, Client])[] {
  const able = CLIENTS.filter((client) => typeof client[phase] === 'function')
  return able.map((client) => [client.name, client] as const)
}

async function notices(client: Client, phase: Phase): Promise<void> {
  const sign = client[phase]
  if (typeof sign !== 'function') throw new Error(`${client.name} has no sign for ${phase}`)
  await says(get(said, client.room), client, sign(get(devices, client.room)), since + PATIENCE)
  get(seen, client).add(phase)
}

/** Starts those clients that `startOf` has something for, and waits until they are ready; one that never is fails its own tests. */
async function startAll(startOf: (client: Client) => Start | undefined): Promise<void> {
  run((client) => startOf(client)?.command)
  const deadline = Date.now() + PATIENCE
  await Promise.allSettled(
    CLIENTS.map(async (client) => {
      const start = startOf(client)
      if (start !== undefined) await says(get(said, client.room), client, start.ready, deadline)
    }),
  )
}

function run(commandOf: (client: Client) => string | undefined): void {
  for (const [room, container] of containers) {
    const commands = CLIENTS.filter((client) => client.room === room).flatMap((client) => {
      const command = commandOf(client)
      return command === undefined ? [] : [[client, command] as const]
    })
    if (commands.length > 0) runAll(container, get(said, room), new Map(commands))
  }
}

async function plugAll(): Promise<ReadonlyMap<Room, Devices>> {
  const plugged = new Map<Room, Devices>()
  for (const room of ROOMS) {
    const name = `${room[0]?.toUpperCase()}${room.slice(1)}`
    const padName = `${name} Pad`
    const pad = plugXboxPad(padName)
    const mouse = plugMouse(`${name} Mouse`)
    const hid = await plugHidPad(`${name} HID Pad`, HID_VENDOR, 0x5a01)
    unplugs.push(
      () => pad.unplug(),
      () => mouse.unplug(),
      () => hid.unplug(),
    )
    plugged.set(room, { padName, pad, mouse, hid })
  }
  return plugged
}

function press(value: number): void {
  for (const { pad, mouse, hid } of devices.values()) {
    pad.emit(EV_KEY, BTN_SOUTH, value)
    mouse.emit(EV_KEY, BTN_LEFT, value)
    hid.report(value)
  }
}

function unplugAll(): void {
  for (const unplug of unplugs.splice(0)) unplug()
}

function get<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key)
  if (value === undefined) throw new Error(`nothing for ${String(key)}`)
  return value
}
