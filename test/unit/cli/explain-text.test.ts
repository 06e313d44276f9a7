import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Destination } from '../../../src/attach/destination.js'
import type { Explanation, GivenDevice } from '../../../src/cli/explain-text.js'
import { explanationText } from '../../../src/cli/explain-text.js'
import type { Match } from '../../../src/config/index.js'
import type { Device } from '../../../src/kernel/index.js'
import { explainRoute } from '../../../src/route/explain.js'
import { memberOf } from '../../../src/route/member.js'
import { BuiltinRules } from '../../../src/udev/builtin.js'
import { attachment } from '../attach/attachments.js'
import { compiled } from '../routes.js'
import { SysfsTree } from '../sysfs-tree.js'
import { KEYBOARD_KEYS, inputDevice } from '../uevents.js'

const INPUT = '/devices/virtual/input/input5'
const ROUTED: Destination = {
  kind: 'route',
  route: 'one',
  selector: 'retro',
  container: 'retro',
  state: 'served',
}
let tree: SysfsTree
let devices: Device[]

beforeAll(() => {
  tree = new SysfsTree()
  tree.add(INPUT, {
    subsystem: 'input',
    uevent: ['PRODUCT=3/45e/28e/110', 'NAME="Pad"', 'PHYS=""', 'UNIQ=""'],
    attributes: {
      name: 'Pad',
      'capabilities/ev': 'b',
      'capabilities/key': '7cdb000000000000 0 0 0 0',
      'capabilities/abs': '3003f',
      properties: '0',
    },
  })
  tree.add(`${INPUT}/js0`, { subsystem: 'input', uevent: ['MAJOR=13', 'MINOR=0', 'DEVNAME=input/js0'] })
  tree.add(`${INPUT}/event7`, {
    subsystem: 'input',
    uevent: ['MAJOR=13', 'MINOR=71', 'DEVNAME=input/event7'],
  })
  devices = tree.devpaths().map((devpath) => tree.device(devpath))
})
afterAll(() => tree.remove())

function given(change: Partial<GivenDevice> = {}, legacyJs = false): GivenDevice[] {
  const absInfo = (): undefined[] => []
  const rules = new BuiltinRules({ sysfs: tree.root, hwdb: undefined, udevVersion: 252, absInfo })
  return devices.map((device) => ({
    attachment: attachment(device, { legacyJs }),
    wanted: {},
    event: { action: 'add', seqnum: 5, kernel: device.properties, record: rules.recordOf(device) },
    sayer: 'builtin',
    isMissing: false,
    parents: [],
    ...change,
  }))
}

function text(change: Partial<Explanation> = {}, match: Match = { name: ['Pad'] }): string {
  const members = devices.map(memberOf)
  const asked = devices.find(({ sysname }) => sysname === 'event7') ?? tree.device(INPUT)
  return explanationText({
    asked,
    members,
    routes: [explainRoute(compiled('one', match, 'retro'), members)],
    destination: ROUTED,
    remark: undefined,
    inside: { hasOwnUdevd: false, hearsHost: false, owner: { uid: 100000, gid: 100104 } },
    given: given(),
    ...change,
  })
}

describe('an explanation', () => {
  it('goes from the unit by the routes and the owner to what the container gets', () => {
    expect(text().split('\n')).toEqual([
      '"Pad" (045e:028e)',
      INPUT,
      '  DEVICE  SUBSYSTEM  NODE               CLASS',
      '  input5  input      -                  joystick',
      '  js0     input      /dev/input/js0     joystick',
      '  event7  input      /dev/input/event7  joystick',
      '',
      'route one takes it',
      '  match, by input5',
      '    holds  name  wanted "Pad"  has "Pad"',
      '',
      'owner: container retro, which runs',
      '',
      'it would get',
      'NODE               NUMBER  MODE  OWNER          LINKS',
      '/dev/input/js0     13:0    0660  100000:100104',
      '/dev/input/event7  13:71   0660  100000:100104',
      '',
      'event7, by the builtin rules',
      'record /run/udev/data/c13:71',
      '  I:100000',
      '  E:ID_INPUT=1',
      '  E:ID_INPUT_JOYSTICK=1',
      '  E:ID_SERIAL=noserial',
      '  G:uaccess',
      '  G:seat',
      '  Q:uaccess',
      '  Q:seat',
      '  V:1',
      'announcement',
      '  UDEV_DATABASE_VERSION=1',
      '  ACTION=add',
      `  DEVPATH=${INPUT}/event7`,
      '  SUBSYSTEM=input',
      '  DEVNAME=/dev/input/event7',
      '  SEQNUM=5',
      '  USEC_INITIALIZED=100000',
      '  MAJOR=13',
      '  MINOR=71',
      '  ID_INPUT=1',
      '  ID_INPUT_JOYSTICK=1',
      '  .INPUT_CLASS=joystick',
      '  ID_SERIAL=noserial',
      '  TAGS=:uaccess:seat:',
      '  CURRENT_TAGS=:uaccess:seat:',
      '',
    ])
  })

  it('has the records of the USB device that it is a part of', () => {
    const parents = [{ id: 'c189:4', tags: ['seat'], text: 'I:5\nE:ID_BUS=usb\nG:seat\nV:1\n' }]
    expect(
      text({ given: given({ parents }) })
        .split('\n')
        .slice(-6),
    ).toEqual([
      'record /run/udev/data/c189:4, of the USB device that it is a part of',
      '  I:5',
      '  E:ID_BUS=usb',
      '  G:seat',
      '  V:1',
      '',
    ])
  })

  it('says which links its container would not get, and why', () => {
    const long = `input/by-id/${'x'.repeat(256)}`
    const [first, ...rest] = given().toReversed()
    if (first === undefined) throw new Error('no device')
    const record = { ...first.event.record, links: [long, 'input/pad'] }
    const explained = text({ given: [...rest, { ...first, event: { ...first.event, record } }] })
    expect(explained).toMatch(/\/dev\/input\/event7 .* input\/pad\n/)
    expect(explained).toContain(`without the link /dev/${long} to event7: a name in its path is longer`)
  })

  it.each<[string, Partial<Explanation>]>([
    [
      'owner: not decided yet, its driver has not finished its probe',
      { destination: { kind: 'undecided', reason: 'its driver has not finished its probe' } },
    ],
    [
      "owner: not decided yet, the host's udevd has not spoken",
      { destination: { kind: 'undecided', reason: "the host's udevd has not spoken" } },
    ],
    ['owner: none, it stays with the host', { destination: { kind: 'none' } }],
    ['owner: container retro, which does not run', { destination: { ...ROUTED, state: 'absent' } }],
    [
      'owner: container retro, which is refused: it shares',
      { destination: { ...ROUTED, state: 'refused' }, remark: 'it shares' },
    ],
    [
      'owner: retro, whose state is not known: no Docker',
      { destination: { ...ROUTED, state: 'unknown' }, remark: 'no Docker' },
    ],
    [
      'owner: none yet, no running container matches label a=b',
      { destination: { kind: 'route', route: 'one', selector: 'label a=b', state: 'absent' } },
    ],
  ])('says: %s', (line, change) => {
    expect(text(change)).toContain(`\n${line}\n`)
  })

  it('says that it is kept from a route by a keyboard below it', () => {
    const members = devices.map(memberOf)
    const keyboard = inputDevice({ ev: '3', key: KEYBOARD_KEYS })
    const route = compiled('one', { vendor: ['045e'] }, 'retro')
    const routes = [explainRoute(route, members, [...members, memberOf(keyboard)])]
    expect(text({ routes, below: 'it passes on what is typed on "Keys"' })).toContain(
      '\nroute one would match, but it passes on what is typed on "Keys", and a keyboard goes only to a route that says name: or class: keyboard\n',
    )
  })

  it('says that there are no routes, or no config', () => {
    const nothing = { routes: [], given: [], destination: { kind: 'none' } } as const
    expect(text(nothing)).toMatch(/\nthe config has no routes\n$/)
    expect(text({ ...nothing, noConfig: true })).toMatch(/\nno config, and so no routes\n$/)
  })

  it('leaves what is not known of the container open', () => {
    expect(text({ inside: undefined })).toMatch(/0660 +its root:its input\n/)
    expect(text({ inside: undefined, given: given({ wanted: { uid: 7 } }) })).toMatch(/0660 +7:its input\n/)
    expect(text({ given: given({}, true) })).toMatch(/\n\/dev\/input\/js \(next free\) +13:0 /)
  })

  it('says what the container can not open', () => {
    expect(text({ denied: ["can't open event7 (13:71): …"] })).toContain(
      "\nowner: container retro, which runs\n  it can't open event7 (13:71): …\n",
    )
  })

  it('gives a container with a udevd of its own the nodes alone', () => {
    const own = text({ inside: { hasOwnUdevd: true, hearsHost: false, owner: { uid: 0, gid: 0 } } })
    expect(own).toMatch(/\nrecords and announcements are left to its own udevd\n$/)
  })

  it("leaves announcements on the host's network to its udevd", () => {
    const host = text({ inside: { hasOwnUdevd: false, hearsHost: true, owner: { uid: 0, gid: 0 } } })
    expect(host).toContain(
      "\non the host's network it hears what the host's udevd announces; udev-proxy announces nothing there\n",
    )
  })

  it("says when the host's udevd has no record of the device", () => {
    expect(text({ given: given({ isMissing: true }) })).toContain(
      "\nevent7, by the builtin rules, since the host's udevd has no record of it\n",
    )
  })
})
