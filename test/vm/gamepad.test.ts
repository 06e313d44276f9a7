// The main job on real devices: an Xbox pad appears in its container, and in no other.
import { readdir } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import { DESK, engine, journal, journalEntry, PADS, rootOf, SERVICE, STAGE } from './harness/machine.js'
import { reads } from './harness/reading.js'
import { BTN_SOUTH, EV_KEY, plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

const DEVICE = 'UDEV_PROXY_DEVICE="Couch Pad" (045e:028e)'

let application: Client
let other: Client
let pad: InputDevice

beforeAll(async () => {
  ;[application, other] = await Promise.all([Client.start(PADS, '--read'), Client.start(DESK)])
  pad = plugXboxPad('Couch Pad')
})

test('a pad is announced in its container with nodes that can be opened and records that can be read', async () => {
  for (const sysname of [pad.event, pad.js]) {
    const heard = await application.hears('add', `${pad.devpath}/${sysname}`)
    expect(heard.devnode).toBe(`/dev/input/${sysname}`)
    expect(heard.node).toMatchObject({ exists: true, mode: '0660', uid: 1000, gid: 1000, open_errno: 0 })
    expect(heard.node?.rdev).toBe(heard.node?.devnum)
    expect(heard.record).toContain('E:ID_INPUT_JOYSTICK=1\n')
    expect(heard.properties).toMatchObject({
      SUBSYSTEM: 'input',
      ID_INPUT: '1',
      ID_INPUT_JOYSTICK: '1',
      ID_SERIAL: 'noserial',
    })
  }
})

test('the parent is announced before its children', async () => {
  const input = await application.hears('add', pad.devpath)
  expect(input.devnode).toBeNull()
  expect(application.heard[0]).toEqual(input)
})

test("its nodes belong to the route's user", async () => {
  const opens = (user: string) =>
    engine.docker('exec', '--user', user, PADS.name, 'sh', '-c', `: </dev/input/${pad.event}`)
  await opens('1000:1000')
  await expect(opens('1001:1001')).rejects.toThrow('Permission denied')
})

test('the application reads a button press made on the other side of uinput', async () => {
  pad.emit(EV_KEY, BTN_SOUTH, 1)
  pad.emit(EV_KEY, BTN_SOUTH, 0)
  for (const value of [1, 0]) await reads(application, `/dev/input/${pad.event}`, BTN_SOUTH, value)
})

test('no other container hears of it, has a node of it, or a record', async () => {
  expect(other.heard).toEqual([])
  const root = await rootOf(DESK)
  for (const directory of [`${root}/dev/input`, `${root}/run/udev/data`, `${STAGE}/${DESK.name}/input`]) {
    expect(await readdir(directory), directory).toEqual([])
  }
})

test('the journal has the attach under the names of container, device and route', async () => {
  const attach = await journalEntry('UDEV_PROXY_CONTAINER=retroarch-1', 'UDEV_PROXY_ACTION=attach', DEVICE)
  expect(attach).toMatchObject({ PRIORITY: '6', UDEV_PROXY_ROUTE: 'player-one', _SYSTEMD_UNIT: SERVICE })
  expect(attach['MESSAGE']).toMatch(/Couch Pad.*retroarch-1/)
})

test('unplugging undoes it, children before the parent, with all that a client needs to recognise the device', async () => {
  const seen = application.heard.length
  pad.unplug()
  const removed = await application.hears('remove', pad.devpath)
  expect(removed.properties).toMatchObject({ ID_INPUT_JOYSTICK: '1' })
  const removals = application.heard.slice(seen)
  expect(removals.map(({ action }) => action)).toEqual(['remove', 'remove', 'remove'])
  expect(removals.at(-1)).toEqual(removed)
  for (const { node, record, properties } of removals) {
    expect({ nodeExists: node?.exists ?? false, record }).toEqual({ nodeExists: false, record: null })
    expect(properties).toMatchObject({ ID_INPUT: '1', ID_INPUT_JOYSTICK: '1' })
  }
  const root = await rootOf(PADS)
  for (const directory of [`${root}/dev/input`, `${root}/run/udev/data`]) {
    await until(`an empty ${directory}`, async () => (await readdir(directory)).length === 0)
  }
})

test('the journal has the detach, and the other container has heard of nothing', async () => {
  const detach = await journalEntry('UDEV_PROXY_CONTAINER=retroarch-1', 'UDEV_PROXY_ACTION=detach', DEVICE)
  expect(detach).toMatchObject({ PRIORITY: '6', UDEV_PROXY_ROUTE: 'player-one' })
  // One line for the unit's beginning and one for its end, however many devices came and went.
  const told = (await journal('UDEV_PROXY_CONTAINER=retroarch-1', DEVICE)).map(({ MESSAGE }) =>
    String(MESSAGE),
  )
  expect(told).toEqual([
    expect.stringMatching(
      /^attached "Couch Pad" \(045e:028e\) to retroarch-1: .*event\d+.* \(route player-one\)$/,
    ),
    expect.stringMatching(/^detached "Couch Pad" \(045e:028e\) from retroarch-1: .*event\d+/),
  ])
  expect(other.heard).toEqual([])
  expect([...application.mishaps, ...other.mishaps]).toEqual([])
})
