import { expect, it } from 'vitest'
import type { World } from '../../../src/attach/world.js'
import { addDevice, createWorld } from '../../../src/attach/world.js'
import { listUnits, matchFor, unitsText } from '../../../src/cli/device-list.js'
import type { Device } from '../../../src/kernel/index.js'
import { compiled } from '../routes.js'
import { KEYBOARD_KEYS, childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'

function worldOf(...devices: Device[]): World {
  const world = createWorld([compiled('one', { vendor: ['045e'] }, 'retro')], '4:host')
  for (const device of devices) addDevice(world, device)
  return world
}

function matchOf(...devices: Device[]): string | undefined {
  const [unit] = worldOf(...devices).units.values()
  return unit && matchFor(unit)
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
    { classes: [], nodes: ['/dev/hidraw2'], destination: { kind: 'undecided' } },
  ])
})

it('the match names what tells a unit from others', () => {
  expect(matchOf(inputDevice({ name: 'Pad', uniq: 'a0:ab' }))).toBe(
    'match: { name: "Pad", vendor: "045e", product: "028e", uniq: "a0:ab" }',
  )
})

it('the match of a keyboard without a name asks for keyboards', () => {
  const nameless = inputDevice({ name: '', ev: '120013', key: KEYBOARD_KEYS, abs: '0' })
  expect(matchOf(nameless)).toBe('match: { vendor: "045e", product: "028e", class: "keyboard" }')
})

it('control characters of a device do not reach a terminal', () => {
  const text = unitsText(listUnits(worldOf(inputDevice({ name: 'Pad\x1b[2J' }))))
  expect(text).not.toContain('\x1b')
  expect(text).toMatch(/^"Pad\ufffd\[2J" /)
})

it('a host without input devices is told as one', () => {
  expect(unitsText([])).toBe('there is no input device\n')
})
