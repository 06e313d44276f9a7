// The main job on real devices: an Xbox pad appears in its container, and in no other.
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import type { Container } from '../integration/harness/docker-engine.js'
import { journalEntry, runContainer, SERVICE, STAGE } from './harness/machine.js'
import { reads } from './harness/reading.js'
import { BTN_SOUTH, EV_KEY, plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

const DEVICE = 'UDEV_PROXY_DEVICE="Couch Pad" (045e:028e)'

let owner: Container
let bystander: Container
let application: Client
let other: Client
let pad: InputDevice

beforeAll(async () => {
  ;[owner, bystander] = await Promise.all([
    runContainer({ name: 'retroarch-1' }),
    runContainer({ name: 'kodi' }),
  ])
  ;[application, other] = await Promise.all([Client.start(owner, '--read'), Client.start(bystander)])
  pad = plugXboxPad('Couch Pad')
})

afterAll(async () => {
  await Promise.all([owner.remove(), bystander.remove()])
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
      ID_VENDOR_ID: '045e',
    })
  }
})

test('the parent is announced before its children', async () => {
  const input = await application.hears('add', pad.devpath)
  expect(input.devnode).toBeNull()
  expect(application.heard[0]).toEqual(input)
})

test('the application reads a button press made on the other side of uinput', async () => {
  pad.emit(EV_KEY, BTN_SOUTH, 1)
  pad.emit(EV_KEY, BTN_SOUTH, 0)
  for (const value of [1, 0]) await reads(application, `/dev/input/${pad.event}`, BTN_SOUTH, value)
})

test('no other container hears of it, has a node of it, or a record', async () => {
  expect(other.heard).toEqual([])
  expect(await bystander.list('/dev/input')).toEqual([])
  expect(await bystander.list('/run/udev/data')).toEqual([])
  expect(readdirSync(`${STAGE}/kodi/input`)).toEqual([])
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
  for (const { properties } of removals)
    expect(properties).toMatchObject({ ID_INPUT: '1', ID_INPUT_JOYSTICK: '1' })
  await until('an empty /dev/input', async () => (await owner.list('/dev/input')).length === 0)
  expect(await owner.list('/run/udev/data')).toEqual([])
})

test('the journal has the detach, and the other container has heard of nothing', async () => {
  const detach = await journalEntry('UDEV_PROXY_CONTAINER=retroarch-1', 'UDEV_PROXY_ACTION=detach', DEVICE)
  expect(detach).toMatchObject({ PRIORITY: '6', UDEV_PROXY_ROUTE: 'player-one' })
  expect(other.heard).toEqual([])
  expect([...application.mishaps, ...other.mishaps]).toEqual([])
})
