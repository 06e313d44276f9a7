import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Unit } from '../../../src/attach/world.js'
import { addDevice, createWorld } from '../../../src/attach/world.js'
import { ownMatch } from '../../../src/cli/own-match.js'
import { parseConfig } from '../../../src/config/index.js'
import type { Device } from '../../../src/kernel/index.js'
import { compileRoute, matchRoute } from '../../../src/route/match.js'
import type { PadSpec } from '../uevents.js'
import { KEYBOARD_KEYS, hidDevice, inputDevice } from '../uevents.js'

function unitsOf(...devices: Device[]): Unit[] {
  const world = createWorld([], '4:host')
  for (const device of devices) addDevice(world, device)
  return [...world.units.values()]
}

function matchesOf(...devices: Device[]): string[] {
  const units = unitsOf(...devices)
  return units.map((unit) => ownMatch(unit, units).match)
}

function withPhys(spec: PadSpec, phys: string): Device {
  const device = inputDevice(spec)
  return { ...device, facts: { ...device.facts, phys } }
}

/** Whether a config that has the match takes the unit. */
function takes(match: string, { members }: Unit): boolean {
  const [route] = parseConfig(`version: 1\nroutes:\n  - ${match}\n    container: c\n`, 'f').routes
  const found = route && matchRoute(compileRoute(route), [...members.values()])
  return found !== undefined && !('withheld' in found)
}

describe('the match of a unit', () => {
  it('is its name where no other has it', () => {
    expect(
      matchesOf(inputDevice({ name: 'Pad', uniq: 'a0:ab' }), inputDevice({ number: 4, name: 'Wheel' })),
    ).toEqual(['match: { name: "Pad" }', 'match: { name: "Wheel" }'])
  })

  it('is the port of two pads that are alike otherwise', () => {
    const spec = { name: 'Generic USB Joystick', vendor: '79', product: '6' }
    expect(
      matchesOf(
        withPhys({ ...spec, number: 3 }, 'usb-0000:00:14.0-1/input0'),
        withPhys({ ...spec, number: 4 }, 'usb-0000:00:14.0-2/input0'),
      ),
    ).toEqual([
      'match: { name: "Generic USB Joystick", phys: "usb-0000:00:14.0-1/input0" }',
      'match: { name: "Generic USB Joystick", phys: "usb-0000:00:14.0-2/input0" }',
    ])
  })

  it('is by the member whose words tell it apart: a HID device may have a constant for its uniq', () => {
    const hids = [hidDevice('0003:057E:2009.0001'), hidDevice('0003:057E:2009.0002')]
    const inputs = hids.map((hid, index) =>
      inputDevice({
        number: 3 + index,
        hid: hid.devpath,
        name: 'Pro Controller',
        uniq: `7c:bb:8a:00:00:0${index}`,
      }),
    )
    expect(matchesOf(...hids, ...inputs)).toEqual([
      'match: { uniq: "7c:bb:8a:00:00:00" }',
      'match: { uniq: "7c:bb:8a:00:00:01" }',
    ])
  })

  it('asks for keyboards where a keyboard has no name', () => {
    const nameless = inputDevice({ name: '', ev: '120013', key: KEYBOARD_KEYS, abs: '0' })
    expect(matchesOf(nameless)).toEqual(['match: { vendor: "045e", product: "028e", class: "keyboard" }'])
  })
})

it('whatever is plugged, the match is accepted, takes its own unit, and no other than those it names', () => {
  const text = fc.constantFrom(
    '',
    'Pad',
    'Pad [2]',
    'Pad*',
    '^Pad$',
    '(a|b)',
    'Pad #2 ',
    '.*',
    'Who?',
    '!Pad',
  )
  const spec = fc.record({
    name: text,
    vendor: fc.constantFrom('45e', '79'),
    product: fc.constantFrom('6', '28e'),
    uniq: fc.constantFrom('', 'A0:5A:5C:01:02:03', 'a0:5a:5c:01:02:03', 'X1'),
    isKeyboard: fc.boolean(),
    phys: fc.constantFrom('', 'usb-1/input0', 'usb-2/input0'),
  })
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 5 }), (specs) => {
      const units = unitsOf(
        ...specs.map(({ isKeyboard, phys, ...rest }, number) => {
          const keyboard = isKeyboard ? { ev: '120013', key: KEYBOARD_KEYS, abs: '0' } : {}
          const device = inputDevice({ ...rest, ...keyboard, number })
          const facts = { ...device.facts }
          delete facts.phys
          return { ...device, facts: phys === '' ? facts : { ...facts, phys } }
        }),
      )
      for (const unit of units) {
        const { match, alike } = ownMatch(unit, units)
        const taken = units.filter((other) => takes(match, other)).map(({ key }) => key)
        expect(taken).toContain(unit.key)
        expect(taken.filter((key) => key !== unit.key)).toEqual(alike)
      }
    }),
    { numRuns: 150 },
  )
})
