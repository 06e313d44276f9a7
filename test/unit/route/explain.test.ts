import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Match } from '../../../src/config/index.js'
import { explainRoute } from '../../../src/route/explain.js'
import { matchRoute } from '../../../src/route/match.js'
import { memberOf } from '../../../src/route/member.js'
import { compiled } from '../routes.js'
import { KEYBOARD_KEYS, childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'

const pad = inputDevice({ name: 'Pad' })
const event = childDevice(pad, 'event7', 71)
const hid = hidDevice()
const keyboard = inputDevice({ name: 'Keys', ev: '120013', key: KEYBOARD_KEYS, abs: '0', number: 24 })

const explained = (match: Match | Match[], ...devices: (typeof pad)[]) =>
  explainRoute(compiled('r', match, 'c'), devices.map(memberOf))

describe('a route is explained', () => {
  it('with both values of each key, by the member that comes closest', () => {
    const { verdict, alternatives } = explained(
      { name: ['Pad'], subsystem: ['hidraw'], vendor: ['045e', '054c'] },
      hid,
      hidrawDevice(hid),
      pad,
    )
    expect(verdict).toBe('fails')
    expect(alternatives).toMatchObject([
      {
        member: { device: { sysname: 'hidraw2' } },
        isFulfilled: false,
        checks: [
          { key: 'name', wanted: ['Pad'], actual: ['Test HID Pad'], holds: false },
          { key: 'vendor', wanted: ['045e', '054c'], actual: ['054c'], holds: true },
          { key: 'subsystem', wanted: ['hidraw'], actual: ['hidraw'], holds: true },
        ],
      },
    ])
  })

  it('alternative by alternative, in their order', () => {
    const { verdict, alternatives } = explained([{ name: ['No'] }, { name: ['Pad'] }], pad, event)
    expect(verdict).toBe('matches')
    expect(alternatives.map(({ isFulfilled }) => isFulfilled)).toEqual([false, true])
  })

  it('as held back from a keyboard that it does not name', () => {
    expect(explained({ vendor: ['045e'] }, keyboard).verdict).toBe('keyboard')
    expect(explained([{ vendor: ['045e'] }, { class: ['keyboard'] }], keyboard).verdict).toBe('matches')
  })

  it('as held back for a keyboard among others', () => {
    const route = compiled('r', { vendor: ['054c'] }, 'c')
    const [members, among] = [[hid], [hid, keyboard]].map((devices) => devices.map(memberOf))
    expect(explainRoute(route, members ?? []).verdict).toBe('matches')
    expect(explainRoute(route, members ?? [], among).verdict).toBe('keyboard')
  })

  it('as it is decided', () => {
    const values = <T>(...some: T[]): fc.Arbitrary<T[]> => fc.subarray(some, { minLength: 1 })
    const match = fc.record(
      {
        name: values('Pad', 'Keys', 'Test*', '*'),
        vendor: values('045e', '054c'),
        class: values('joystick' as const, 'keyboard' as const),
        subsystem: values('input', 'hidraw'),
      },
      { requiredKeys: [] },
    )
    const units = fc.subarray([pad, event, hid, hidrawDevice(hid), keyboard], { minLength: 1 })
    fc.assert(
      fc.property(fc.array(match, { minLength: 1, maxLength: 3 }), units, (alternatives, devices) => {
        const route = compiled('r', alternatives, 'c')
        const members = devices.map(memberOf)
        const found = matchRoute(route, members)
        const decided = found === undefined ? 'fails' : 'withheld' in found ? 'keyboard' : 'matches'
        expect(explainRoute(route, members).verdict).toBe(decided)
      }),
    )
  })
})
