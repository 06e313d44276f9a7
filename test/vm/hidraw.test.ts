// A HID device is routed whole: its hidraw node comes with its input nodes.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import type { Container } from '../integration/harness/docker-engine.js'
import { hidrawMajor, runContainer } from './harness/machine.js'
import { reads } from './harness/reading.js'
import { plugHidPad } from './harness/uhid.js'
import type { HidPad } from './harness/uhid.js'
import { BTN_SOUTH } from './harness/uinput.js'
import { until } from './harness/until.js'

let owner: Container
let bystander: Container
let application: Client
let other: Client
let pad: HidPad

beforeAll(async () => {
  ;[owner, bystander] = await Promise.all([
    runContainer({ name: 'arcade', args: ['--label', 'seat=couch'] }),
    runContainer({ name: 'kodi' }),
  ])
  ;[application, other] = await Promise.all([Client.start(owner, '--read'), Client.start(bystander)])
  pad = await plugHidPad('Couch HID Pad', 0x1209, 0x5a01)
})

afterAll(async () => {
  await Promise.all([owner.remove(), bystander.remove()])
})

test('its event and hidraw nodes appear together, and both can be opened', async () => {
  const event = await application.hears('add', `${pad.hid}/input/${pad.inputName}/${pad.eventName}`)
  expect(event.node).toMatchObject({ exists: true, open_errno: 0 })
  const hidraw = await application.hears('add', `${pad.hid}/hidraw/${pad.hidrawName}`)
  expect(hidraw).toMatchObject({ subsystem: 'hidraw', devnode: `/dev/${pad.hidrawName}` })
  expect(hidraw.node).toMatchObject({ exists: true, open_errno: 0, mode: '0660' })
  expect(hidraw.node?.rdev).toMatch(new RegExp(`^${hidrawMajor()}:`))
})

test('a report of the device reaches the application as a button press', async () => {
  pad.report(0b1)
  pad.report(0b0)
  await reads(application, `/dev/input/${pad.eventName}`, BTN_SOUTH, 1)
})

test('the hidraw node is in no other container', async () => {
  expect(await bystander.list('/dev')).not.toContain(pad.hidrawName)
  expect(await bystander.list('/dev/input')).toEqual([])
  expect(other.heard).toEqual([])
})

test('unplugging takes the hidraw node and its placeholder away', async () => {
  pad.unplug()
  await application.hears('remove', `${pad.hid}/hidraw/${pad.hidrawName}`)
  await application.hears('remove', `${pad.hid}/input/${pad.inputName}`)
  await until('no hidraw in /dev', async () => !(await owner.list('/dev')).includes(pad.hidrawName))
  expect(await owner.list('/dev/input')).toEqual([])
  expect([...application.mishaps, ...other.mishaps]).toEqual([])
})
