// A device is given away when enough is known of it: a HID device at the end of its driver's probe, a class when udev has spoken.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import { output } from '../integration/harness/command.js'
import { BUS } from '../devices/codes.js'
import { GAMEPAD_WITH_KEYBOARD, SMALL_GAMEPAD } from '../devices/hid-plain.js'
import { ARCADE, DESK, journalEntry, systemctl } from './harness/machine.js'
import { plugHid, plugHidPad } from './harness/uhid.js'
import type { InputDevice } from './harness/uinput.js'
import { BTN_SOUTH, plug } from './harness/uinput.js'
import { until } from './harness/until.js'

const AUTOPROBE = '/sys/bus/hid/drivers_autoprobe'
const RULES = '/run/udev/rules.d'
const NOBODY = { bus: BUS.usb, vendor: 0x1209, product: 0x5a10 }
const WITH_KEYBOARD = { ...NOBODY, name: 'Decided Combo', descriptor: GAMEPAD_WITH_KEYBOARD, inputs: 2 }

let arcade: Client
let desk: Client
beforeAll(async () => {
  ;[arcade, desk] = await Promise.all([
    Client.start(ARCADE, '--subsystem', 'input', '--subsystem', 'hid', '--subsystem', 'hidraw'),
    Client.start(DESK),
  ])
})
afterEach(() => writeFileSync(AUTOPROBE, '1'))

const bind = (hid: string) => writeFileSync('/sys/bus/hid/drivers/hid-generic/bind', basename(hid))
const heardOf = (devpath: string) => arcade.heard.filter((heard) => heard.devpath.startsWith(devpath))

function plugPad(name: string): InputDevice {
  const stick = { minimum: -127, maximum: 127, fuzz: 0, flat: 0 }
  const absoluteAxes = [0, 1].map((code) => ({ ...stick, code }))
  return plug({ name, vendor: 0xf00d, product: 1, keys: [BTN_SOUTH, BTN_SOUTH + 1], absoluteAxes })
}

/** Whatever comes before it has come. */
async function markerHeard(): Promise<void> {
  const marker = await plugHidPad('Decided Marker', NOBODY.vendor, 0x5a11)
  await arcade.hears('add', `${marker.hid}/input/${marker.inputName}/${marker.eventName}`)
  marker.unplug()
  await arcade.hears('remove', marker.hid)
}

test('nothing of a pad that has a keyboard in its second collection reaches a container', async () => {
  const combo = await plugHid(WITH_KEYBOARD)
  await markerHeard()
  expect(heardOf(combo.hid)).toEqual([])
  combo.unplug()
})

test('nothing of a device that the daemon finds in its probe does, and all of one without a keyboard', async () => {
  await systemctl('stop')
  writeFileSync(AUTOPROBE, '0')
  const combo = await plugHid(WITH_KEYBOARD, false)
  const pad = await plugHid({ ...NOBODY, name: 'Decided Pad', descriptor: SMALL_GAMEPAD, inputs: 1 }, false)
  await systemctl('start')
  bind(combo.hid)
  bind(pad.hid)
  // Its bind is announced only where the container was known by then.
  const adds = () => heardOf(pad.hid).filter(({ action }) => action === 'add')
  await until('all of the pad', () => adds().length === 5, 60_000)
  expect(adds().map(({ subsystem }) => subsystem)).toEqual(['hid', 'input', 'input', 'input', 'hidraw'])
  expect(heardOf(combo.hid)).toEqual([])
  combo.unplug()
  pad.unplug()
  await arcade.hears('remove', pad.hid)
})

test('a device that no driver takes is given away after a while, and withdrawn when one makes a keyboard of it', async () => {
  writeFileSync(AUTOPROBE, '0')
  const combo = await plugHid({ ...WITH_KEYBOARD, name: 'Decided Late' }, false)
  await arcade.hears('add', combo.hid)
  bind(combo.hid)
  await arcade.hears('remove', combo.hid)
  const { MESSAGE } = await journalEntry('UDEV_PROXY_ACTION=withhold', 'PRIORITY=4')
  expect(MESSAGE).toMatch(/"Decided Late" .* is withdrawn from arcade: it has a keyboard now/)
  await pause(500)
  expect(heardOf(combo.hid).filter(({ subsystem }) => subsystem !== 'hid')).toEqual([])
  combo.unplug()
})

test('a class is what a rule of the host has left of it', async () => {
  mkdirSync(RULES, { recursive: true })
  writeFileSync(
    `${RULES}/61-poser.rules`,
    'SUBSYSTEM=="input", ATTRS{name}=="Poser Mouse", ENV{ID_INPUT_JOYSTICK}=""\n',
  )
  await output('udevadm', ['control', '--reload'])
  const [poser, pad] = [plugPad('Poser Mouse'), plugPad('Poser Pad')]
  await desk.hears('add', `${pad.devpath}/${pad.event}`)
  expect(desk.heard.filter(({ devpath }) => devpath.startsWith(poser.devpath))).toEqual([])
  poser.unplug()
  pad.unplug()
  await desk.hears('remove', pad.devpath)
  rmSync(`${RULES}/61-poser.rules`)
  await output('udevadm', ['control', '--reload'])
})

test.each(['Poser Pedals', 'Builtin Pedals'])(
  'pedals without a button are a joystick where the hardware database says so: %s',
  async (name) => {
    // A pad on the same axes is none: it is not in the database.
    const [pedals, other] = [plugAxes(name, 0x06a3, 0x0763), plugAxes(name, 0xf00d, 0x0763)]
    const heard = await desk.hears('add', `${pedals.devpath}/${pedals.event}`)
    expect(heard.properties['ID_INPUT_JOYSTICK']).toBe('1')
    expect(heard.record).toContain('E:ID_INPUT_JOYSTICK=1\n')
    expect(heard.node).toMatchObject({ exists: true, open_errno: 0 })
    pedals.unplug()
    await desk.hears('remove', pedals.devpath)
    expect(desk.heard.filter(({ devpath }) => devpath.startsWith(other.devpath))).toEqual([])
    other.unplug()
  },
)

/** ABS_X, ABS_Y and ABS_RZ, and no button. */
function plugAxes(name: string, vendor: number, product: number): InputDevice {
  const absoluteAxes = [0, 1, 5].map((code) => ({ minimum: 0, maximum: 511, fuzz: 0, flat: 0, code }))
  return plug({ name, vendor, product, keys: [], absoluteAxes })
}
