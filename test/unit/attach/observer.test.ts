import { describe, expect, it } from 'vitest'
import { Observer } from '../../../src/attach/observer.js'
import { monotonicMicroseconds } from '../../../src/kernel/index.js'
import { Lookup } from '../../../src/udev/lookup.js'
import { recordOf } from '../records.js'
import type { Container } from '../../../src/container/engine.js'
import type { Received } from '../../../src/udev/received.js'
import { compiled, container } from '../routes.js'
import { KEYBOARD_KEYS, inputProperties } from '../uevents.js'

const ROUTES = [
  compiled('one', { name: ['Pad'] }, 'retroarch-1'),
  compiled('two', { name: ['Other'] }, { kind: 'label', labels: { seat: 'two' } }),
  compiled('all', { vendor: ['045e'] }, 'desk'),
]
const HID = '/devices/virtual/misc/uhid/0003:054C:0CE6.7001'

let seqnum = 100
const event = (action: Received['action'], properties: Map<string, string>): Received => ({
  action,
  devpath: properties.get('DEVPATH') ?? '',
  subsystem: properties.get('SUBSYSTEM') ?? '',
  seqnum: ++seqnum,
  properties,
})
const pad = (name: string, spec = {}): Map<string, string> =>
  inputProperties({ name, number: 99_001, vendor: 'f00d', ...spec })
const observer = (...containers: Container[]): Observer => {
  const one = new Observer(ROUTES, '4:host')
  one.follow({ kind: 'containers', containers })
  return one
}

describe('an observer', () => {
  it('says where a unit goes, from its first event to its last', () => {
    const one = observer(container('retroarch-1', 1))
    const node = new Map([
      ['DEVPATH', `${pad('Pad').get('DEVPATH') ?? ''}/event9`],
      ['SUBSYSTEM', 'input'],
      ['MAJOR', '13'],
      ['MINOR', '73'],
    ])
    const served = {
      kind: 'route',
      route: 'one',
      selector: 'retroarch-1',
      container: 'retroarch-1',
      state: 'served',
    }
    for (const heard of [
      event('add', pad('Pad')),
      event('add', node),
      event('change', node),
      event('remove', node),
      event('remove', pad('Pad')),
    ])
      expect(one.hear(heard, 1)).toEqual(served)
    expect(one.hear(event('change', pad('Pad')), 1)).toBeUndefined()
  })

  it('knows a unit that was moved', () => {
    const one = observer(container('retroarch-1', 1))
    one.hear(event('add', pad('Pad')), 1)
    const moved = new Map([
      ...pad('Pad'),
      ['DEVPATH', '/devices/elsewhere/input99001'] as const,
      ['DEVPATH_OLD', pad('Pad').get('DEVPATH') ?? ''] as const,
    ])
    expect(one.hear(event('move', moved), 1)).toMatchObject({ route: 'one' })
    expect(one.hear(event('remove', moved), 1)).toMatchObject({ route: 'one' })
    expect(one.hear(event('change', moved), 1)).toBeUndefined()
  })

  it('has nothing to say of what belongs to no unit', () => {
    const properties = new Map([
      ['DEVPATH', '/devices/virtual/net/lo'],
      ['SUBSYSTEM', 'net'],
    ])
    expect(observer().hear(event('add', properties), 1)).toBeUndefined()
  })

  it('waits for the end of the probe of a HID device, and no longer than the daemon', () => {
    const one = observer(container('retroarch-1', 1))
    const hid = new Map([
      ['DEVPATH', HID],
      ['SUBSYSTEM', 'hid'],
    ])
    expect(one.hear(event('add', hid), 1)).toMatchObject({ kind: 'undecided' })
    expect(one.hear(event('add', pad('Pad', { hid: HID })), 2)).toMatchObject({ kind: 'undecided' })
    expect(one.hear(event('bind', hid), 3)).toMatchObject({ route: 'one' })
    const second = pad('Pad', { hid: HID, number: 99_002 })
    expect(one.hear(event('add', second), 4)).toMatchObject({ route: 'one' })

    const written = new Map([...hid, ['SYNTH_UUID', '0'] as const])
    const other = observer(container('retroarch-1', 1))
    other.hear(event('add', hid), 1)
    expect(other.hear(event('bind', written), 2)).toMatchObject({ kind: 'undecided' })
    expect(other.hear(event('bind', pad('Pad', { hid: HID })), 2)).toMatchObject({ kind: 'undecided' })
    other.hear(event('bind', hid), 3)
    expect(other.hear(event('unbind', written), 4)).toEqual({ kind: 'none' })

    const late = observer(container('retroarch-1', 1))
    expect(late.hear(event('add', hid), 1)).toMatchObject({ kind: 'undecided' })
    expect(late.hear(event('add', pad('Pad', { hid: HID })), 2_000_002)).toMatchObject({ route: 'one' })
  })

  it('knows that a receiver passes on what is typed on a keyboard below it, as long as that is there', () => {
    const one = new Observer([compiled('r', { vendor: ['f00d'] }, 'retroarch-1')], '4:host')
    const [hid, below] = [HID, `${HID}/0003:F00D:4024.7002`].map(
      (devpath) =>
        new Map([
          ['DEVPATH', devpath],
          ['SUBSYSTEM', 'hid'],
          ['HID_ID', '0003:0000F00D:00004024'],
        ]),
    ) as [Map<string, string>, Map<string, string>]
    const keys = pad('Keys', { hid: `${HID}/0003:F00D:4024.7002`, ev: '3', key: KEYBOARD_KEYS })
    const receiver = (at = 1) => one.hear(event('change', hid), at)
    one.hear(event('add', hid), 1)
    expect(one.hear(event('bind', hid), 1)).toMatchObject({ route: 'r' })
    one.hear(event('add', below), 1)
    expect(receiver(2)).toMatchObject({ kind: 'route' })
    one.hear(event('add', keys), 3)
    const withheld = {
      kind: 'none',
      withheld: 'r',
      below: 'it passes on what is typed on "Keys" (f00d:028e)',
    }
    expect(receiver()).toEqual(withheld)
    one.hear(event('bind', below), 4)
    expect(receiver()).toEqual(withheld)
    one.hear(event('remove', keys), 5)
    one.hear(event('remove', below), 5)
    expect(receiver()).toMatchObject({ route: 'r' })

    const late = new Observer([compiled('r', { vendor: ['f00d'] }, 'retroarch-1')], '4:host')
    for (const heard of [event('add', hid), event('add', below)]) late.hear(heard, 1)
    expect(late.hear(event('bind', hid), 2)).toMatchObject({ kind: 'undecided' })
    expect(late.hear(event('change', hid), 3)).toMatchObject({ kind: 'undecided' })
    expect(late.hear(event('change', hid), 2_000_003)).toMatchObject({ route: 'r' })
  })

  it('knows what a driver has asked its HID device for', () => {
    const one = new Observer([compiled('own', { uniq: ['a0:5a:*'] }, 'retroarch-1')], '4:host')
    const hid = new Map([
      ['DEVPATH', HID],
      ['SUBSYSTEM', 'hid'],
    ])
    expect(one.hear(event('add', hid), 1)).toMatchObject({ kind: 'undecided' })
    expect(one.hear(event('bind', new Map([...hid, ['HID_UNIQ', 'a0:5a:5c']])), 2)).toMatchObject({
      route: 'own',
    })
  })

  it('decides by what udev says, as it comes', () => {
    const lookup = new Lookup({
      rules: { recordOf, recordOfParent: recordOf, forget: () => undefined },
      patience: 60_000,
      auto: 'host',
      run: '/nowhere',
    })
    const route = compiled('mice', { class: ['mouse'] }, 'retroarch-1')
    route.route.properties = 'auto'
    const one = new Observer([route], '4:host', lookup)
    const at = monotonicMicroseconds()
    expect(one.hear(event('add', pad('Pad')), at)).toMatchObject({ kind: 'undecided' })
    const said = new Map([...pad('Pad'), ['ID_INPUT_MOUSE', '1'] as const])
    lookup.hear(event('add', said))
    expect(one.hear(event('add', said), at)).toMatchObject({ route: 'mice' })
    lookup.hear(event('change', pad('Pad')))
    expect(one.hear(event('change', pad('Pad')), at)).toEqual({ kind: 'none' })
  })

  it('says when no route takes a unit, and when one would but for a keyboard', () => {
    expect(observer().hear(event('add', pad('Stranger')), 1)).toEqual({ kind: 'none' })
    const keyboard = pad('Keys', { vendor: '45e', ev: '3', key: KEYBOARD_KEYS })
    expect(observer().hear(event('add', keyboard), 1)).toEqual({ kind: 'none', withheld: 'all' })
  })

  it('follows the containers', () => {
    const one = new Observer(ROUTES, '4:host')
    const state = (): unknown => one.hear(event('add', pad('Pad')), 1)
    const other = container('other', 1, { seat: 'two' })
    expect(state()).toMatchObject({ state: 'unknown', container: 'retroarch-1' })
    one.follow({ kind: 'containers', containers: [container('retroarch-1')] })
    expect(state()).toMatchObject({ state: 'absent', container: 'retroarch-1' })
    one.follow({ kind: 'container', container: container('retroarch-1', 2) })
    expect(state()).toMatchObject({ state: 'served', container: 'retroarch-1' })
    one.follow({ kind: 'gone', id: container('retroarch-1').id })
    expect(state()).toMatchObject({ state: 'absent', container: 'retroarch-1' })

    const labelled = (): unknown => one.hear(event('add', pad('Other', { number: 99_002 })), 1)
    expect(labelled()).toEqual({ kind: 'route', route: 'two', selector: 'seat=two', state: 'absent' })
    one.follow({ kind: 'container', container: other })
    expect(labelled()).toMatchObject({ state: 'served', container: 'other' })
    one.follow({
      kind: 'container',
      container: { ...other, running: { pid: 1, startedAt: 1, netns: '4:host' } },
    })
    expect(labelled()).toMatchObject({ state: 'refused', container: 'other' })
  })
})
