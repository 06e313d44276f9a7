import { expect, it } from 'vitest'
import type { World } from '../../../src/attach/world.js'
import { addDevice, createWorld, markBound } from '../../../src/attach/world.js'
import { listUnits, unitsText } from '../../../src/cli/device-list.js'
import type { Device } from '../../../src/kernel/index.js'
import { compiled } from '../routes.js'
import { KEYBOARD_KEYS, childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'

function worldOf(...devices: Device[]): World {
  const world = createWorld([compiled('one', { vendor: ['045e'] }, 'retro')], '4:host')
  for (const device of devices) addDevice(world, device)
  return world
}

it('a unit is listed once, with what its members know', () => {
  const pad = inputDevice({ name: 'Pad', bus: '5', uniq: 'a0:ab' })
  const hid = hidDevice()
  const units = listUnits(worldOf(pad, childDevice(pad, 'event7', 71), hid, hidrawDevice(hid)))
  expect(units).toMatchObject([
    {
      unit: pad.unit,
      title: '"Pad" (045e:028e)',
      classes: ['joystick'],
      facts: {
        name: 'Pad',
        bus: 'bluetooth',
        vendor: '045e',
        product: '028e',
        version: '0110',
        uniq: 'a0:ab',
      },
      nodes: ['/dev/input/event7'],
      destination: { kind: 'route', route: 'one', state: 'unknown' },
    },
    {
      classes: [],
      nodes: ['/dev/hidraw2'],
      destination: { kind: 'undecided', reason: 'its driver has not finished its probe' },
    },
  ])
})

it('a receiver with a keyboard below it is shown as one, and its match takes it', () => {
  const hid = hidDevice('0003:045E:C52B.0001')
  const below = { ...hidDevice('0003:045E:4024.0002'), devpath: `${hid.devpath}/0003:045E:4024.0002` }
  const keys = inputDevice({ name: 'Keys', hid: below.devpath, ev: '3', key: KEYBOARD_KEYS })
  const world = worldOf(hid, hidrawDevice(hid), { ...below, unit: below.devpath }, keys)
  for (const key of world.units.keys()) markBound(world, key)
  const [unit] = listUnits(world)
  expect(unit?.destination).toMatchObject({ kind: 'none', withheld: 'one' })
  expect(unit && unitsText([unit])).toContain(
    'owner  no route (it passes on what is typed on "Test HID Pad" (045e:4024), and one names no keyboard)\n',
  )
  // Its ids alone would mean no other, and not take it.
  expect(unit?.match).toBe('match: { name: "Test HID Pad", vendor: "045e", product: "c52b" }')
})

it('says so when nothing tells two units apart', () => {
  const [one, two] = [inputDevice({ name: 'Pad', number: 3 }), inputDevice({ name: 'Pad', number: 4 })]
  expect(unitsText(listUnits(worldOf(one, two)))).toContain(
    `  match: { name: "Pad" }\n  no match tells it from ${two.unit}\n`,
  )
})

it('control characters of a device do not reach a terminal', () => {
  const text = unitsText(listUnits(worldOf(inputDevice({ name: 'Pad\x1b[2J' }))))
  expect(text).not.toContain('\x1b')
  expect(text).toMatch(/^"Pad\ufffd\[2J" /)
})

it('a host without input devices is told as one', () => {
  expect(unitsText([])).toBe('there is no input device\n')
})
