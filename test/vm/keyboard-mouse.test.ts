// Keyboards go where a route says keyboard, and nowhere else; a mouse goes by its name.
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import { DESK, journal, PADS, SERVICE } from './harness/machine.js'
import { reads } from './harness/reading.js'
import { BTN_LEFT, EV_KEY, plugKeyboard, plugMouse } from './harness/uinput.js'

let pads: Client
let desk: Client

beforeAll(async () => {
  ;[pads, desk] = await Promise.all([Client.start(PADS), Client.start(DESK, '--read')])
})

test('a keyboard goes to the container of the route that says class: keyboard', async () => {
  const keyboard = plugKeyboard('Couch Keyboard', 0x046d)
  const heard = await desk.hears('add', `${keyboard.devpath}/${keyboard.event}`)
  expect(heard).toMatchObject({
    node: { open_errno: 0 },
    properties: { ID_INPUT_KEYBOARD: '1', ID_INPUT_KEY: '1' },
  })
  keyboard.unplug()
  await desk.hears('remove', keyboard.devpath)
})

test('a keyboard is not taken by a route that names its vendor only, and a mouse plugged after it is attached', async () => {
  const keyboard = plugKeyboard('Natural Keyboard', 0x045e)
  const mouse = plugMouse('Couch Mouse 2')
  const heard = await desk.hears('add', `${mouse.devpath}/${mouse.event}`)
  expect(heard).toMatchObject({ node: { open_errno: 0 }, properties: { ID_INPUT_MOUSE: '1' } })
  mouse.emit(EV_KEY, BTN_LEFT, 1)
  mouse.emit(EV_KEY, BTN_LEFT, 0)
  await reads(desk, `/dev/input/${mouse.event}`, BTN_LEFT, 1)
  // The daemon takes uevents in their order: had it wanted the keyboard, it would have been announced by now, or will be in a moment.
  await pause(1000)
  expect(pads.heard).toEqual([])
  expect(desk.heard.filter(({ devpath }) => devpath.startsWith(keyboard.devpath))).toEqual([])
  keyboard.unplug()
  mouse.unplug()
  await desk.hears('remove', mouse.devpath)
})

test("the machine's own keyboard and mouse are nowhere but on the machine", async () => {
  const attached = await journal('UDEV_PROXY_ACTION=attach', `_SYSTEMD_UNIT=${SERVICE}`)
  expect(attached.filter(({ MESSAGE }) => /AT Translated|VirtualPS/.test(String(MESSAGE)))).toEqual([])
})
