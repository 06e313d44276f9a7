// A HID device is routed whole: its hidraw node comes with its input nodes.
import { readdir } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import { ARCADE, DESK, hidrawMajor, rootOf } from './harness/machine.js'
import { reads } from './harness/reading.js'
import { plugHidPad } from './harness/uhid.js'
import type { HidPad } from './harness/uhid.js'
import { BTN_SOUTH } from './harness/uinput.js'
import { until } from './harness/until.js'

let application: Client
let other: Client
let pad: HidPad

beforeAll(async () => {
  ;[application, other] = await Promise.all([Client.start(ARCADE, '--read'), Client.start(DESK)])
  pad = await plugHidPad('Couch HID Pad', 0x1209, 0x5a01)
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
  const root = await rootOf(DESK)
  expect(await readdir(`${root}/dev`)).not.toContain(pad.hidrawName)
  expect(await readdir(`${root}/dev/input`)).toEqual([])
  expect(other.heard).toEqual([])
})

test('unplugging takes the hidraw node and its placeholder away', async () => {
  pad.unplug()
  await application.hears('remove', `${pad.hid}/hidraw/${pad.hidrawName}`)
  await application.hears('remove', `${pad.hid}/input/${pad.inputName}`)
  const root = await rootOf(ARCADE)
  await until('no hidraw in /dev', async () => !(await readdir(`${root}/dev`)).includes(pad.hidrawName))
  await until('an empty /dev/input', async () => (await readdir(`${root}/dev/input`)).length === 0)
  expect([...application.mishaps, ...other.mishaps]).toEqual([])
})
