import { describe, expect, it } from 'vitest'
import type { Match } from '../../../src/config/index.js'
import type { Device } from '../../../src/kernel/index.js'
import { CAPABILITIES } from '../../../src/route/knowledge.js'
import { checksOf, compileRoute, matchRoute } from '../../../src/route/match.js'
import { memberOf, memberWith } from '../../../src/route/member.js'
import type { HwdbLookup } from '../../../src/udev/builtin.js'
import { BuiltinRules } from '../../../src/udev/builtin.js'
import { findRoute } from '../../../src/route/owner.js'
import { compiled } from '../routes.js'
import { KEYBOARD_KEYS, childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'

const pad = inputDevice({
  name: 'Sony Interactive Entertainment Wireless Controller',
  vendor: '54c',
  product: 'ce6',
  uniq: 'a0:ab',
})
const keyboard = inputDevice({
  name: 'Nice Keyboard',
  vendor: '54c',
  ev: '120013',
  key: KEYBOARD_KEYS,
  abs: '0',
})

const matches = (match: Match | Match[], ...devices: Device[]): boolean => {
  const found = matchRoute(compiled('r', match, 'c'), devices.map(memberOf))
  return found !== undefined && !('withheld' in found)
}

describe('matchRoute', () => {
  it.each<[string, Match | Match[], boolean]>([
    ['a name by glob', { name: ['Sony*Wireless Controller*'] }, true],
    ['a name, case as it is', { name: ['sony*'] }, false],
    ['one of several names', { name: ['Nintendo*', 'Sony*'] }, true],
    ['all keys', { name: ['Sony*'], vendor: ['054c'] }, true],
    ['all keys but one', { name: ['Sony*'], vendor: ['057e'] }, false],
    ['any alternative', [{ vendor: ['057e'] }, { product: ['0ce6'] }], true],
    ['a bus', { bus: ['0003'] }, true],
    ['a version', { version: ['0110'] }, true],
    ['a class', { class: ['joystick'] }, true],
    ['another class', { class: ['mouse'] }, false],
    ['a uniq', { uniq: ['a0:*'] }, true],
    ['a phys', { phys: ['test/*'] }, true],
    ['a subsystem', { subsystem: ['input'] }, true],
    ['a devpath', { devpath: ['/devices/virtual/*'] }, true],
  ])('compares %s', (_, match, expected) => {
    expect(matches(match, pad)).toBe(expected)
  })

  it("waits for what udev has yet to say, but for a container on the host's network, which hears it at once", () => {
    const rules = memberOf(pad)
    const member = {
      ...rules,
      said: (source: string) => (source === 'host' ? undefined : rules.said('auto')),
    }
    const { route: given } = compiled('r', { class: ['joystick'] }, 'c')
    const found = (network: 'shared' | 'host') =>
      matchRoute(compileRoute({ ...given, properties: 'host', network }), [member])
    expect(found('shared')).toMatchObject({ awaited: true })
    expect(found('host')).toMatchObject({ member })
  })

  it('wants all keys of one member, not one of each', () => {
    const other = inputDevice({ name: 'Other', vendor: '57e', number: 24 })
    expect(matches({ name: ['Other'], vendor: ['054c'] }, pad, other)).toBe(false)
  })

  it('matches a unit by its hidraw node', () => {
    const hid = hidDevice()
    expect(matches({ subsystem: ['hidraw'], vendor: ['054c'] }, hid, hidrawDevice(hid))).toBe(true)
  })

  it("matches an event node by its parent's name", () => {
    expect(matches({ name: ['Sony*'], subsystem: ['input'] }, childDevice(pad, 'event7', 71))).toBe(true)
  })

  it('does not match a key that the device says nothing about', () => {
    expect(matches({ uniq: ['*'] }, inputDevice({ uniq: '' }))).toBe(false)
  })

  it('says what matched', () => {
    const found = matchRoute(compiled('r', { name: ['Sony*'], vendor: ['054c'] }, 'c'), [memberOf(pad)])
    expect(found && 'alternative' in found && checksOf(found)).toEqual([
      {
        key: 'name',
        wanted: ['Sony*'],
        actual: ['Sony Interactive Entertainment Wireless Controller'],
        holds: true,
      },
      { key: 'vendor', wanted: ['054c'], actual: ['054c'], holds: true },
    ])
  })
})

describe('a full keyboard', () => {
  it.each<[string, Match | Match[], boolean]>([
    ['is not taken by its vendor', { vendor: ['054c'] }, false],
    ['is not taken by its subsystem', { subsystem: ['input'] }, false],
    ['is not taken by a name that means everything', { name: ['*'] }, false],
    ['is not taken by another class that it has', { class: ['key'] }, false],
    ['is taken by its name', { name: ['Nice*'] }, true],
    ['is taken by its class', { class: ['keyboard'] }, true],
    ['is taken by the alternative that names it', [{ vendor: ['054c'] }, { class: ['keyboard'] }], true],
  ])('%s', (_, match, expected) => {
    expect(matches(match, keyboard)).toBe(expected)
  })

  it('is a HID device without inputs that can report letters, and not one whose inputs say what it is', () => {
    const knowledge = { ...CAPABILITIES, reportsLetters: () => true }
    const hid = hidDevice('0003:054C:0CE6.0001')
    const own = inputDevice({ vendor: '54c', hid: hid.devpath })
    const taken = (match: Match, ...devices: Device[]) => {
      const members = devices.map((device) => memberWith(knowledge, device))
      const found = matchRoute(compiled('r', match, 'c'), members)
      return found !== undefined && !('withheld' in found)
    }
    expect(taken({ vendor: ['054c'] }, hid, hidrawDevice(hid))).toBe(false)
    expect(taken({ name: ['Test*'] }, hid, hidrawDevice(hid))).toBe(true)
    expect(taken({ vendor: ['054c'] }, hid, hidrawDevice(hid), own)).toBe(true)
    // An input of another unit says nothing of it.
    expect(taken({ vendor: ['054c'] }, hid, hidrawDevice(hid), pad)).toBe(false)
  })

  it('keeps the whole unit with the host', () => {
    expect(matches({ class: ['joystick'] }, pad, keyboard)).toBe(false)
  })
})

describe('findRoute', () => {
  it('takes the first route that matches any member', () => {
    const routes = [
      compiled('first', { name: ['Nobody'] }, 'a'),
      compiled('second', { vendor: ['054c'] }, 'b'),
      compiled('third', { name: ['Sony*'] }, 'c'),
    ]
    expect(findRoute(routes, [memberOf(pad)])?.route.name).toBe('second')
  })

  it('goes on to the route that names the keyboard', () => {
    const routes = [
      compiled('vendor', { vendor: ['054c'] }, 'a'),
      compiled('named', { class: ['keyboard'] }, 'b'),
    ]
    expect(findRoute(routes, [memberOf(keyboard)])).toMatchObject({
      route: { name: 'named' },
      alternative: { conditions: [{ key: 'class' }] },
    })
  })

  it('tells which route a keyboard was withheld from', () => {
    const routes = [compiled('vendor', { vendor: ['054c'] }, 'a')]
    expect(findRoute(routes, [memberOf(keyboard)])).toMatchObject({
      route: { name: 'vendor' },
      withheld: true,
    })
  })
})

it('a class is what the hardware database makes of a device', () => {
  // Pedals without buttons: X, Y and Z make an accelerometer of them.
  const device = inputDevice({ vendor: '6a3', product: '763', ev: '9', key: '0', abs: '7' })
  const pedals = {
    ...device,
    properties: new Map([...device.properties, ['MODALIAS', 'input:b0003v06A3p0763e0110'] as const]),
  }
  const corrections = new Map([
    ['ID_INPUT_ACCELEROMETER', '0'],
    ['ID_INPUT_JOYSTICK', '1'],
  ])
  const classesBy = (hwdb?: HwdbLookup) => {
    const rules = new BuiltinRules({ sysfs: '/nowhere', hwdb, udevVersion: 252, absInfo: () => [] })
    const member = memberWith(
      { said: (device) => rules.recordOf(device), driverOf: () => undefined, reportsLetters: () => false },
      pedals,
    )
    const found = matchRoute(compiled('r', { class: ['joystick'] }, 'c'), [member])
    return [member.classes, found?.route.name]
  }
  expect(classesBy()).toEqual([['accelerometer'], undefined])
  expect(
    classesBy({ lookup: (key) => (key.startsWith('id-input:modalias:') ? corrections : new Map()) }),
  ).toEqual([['joystick'], 'r'])
})
