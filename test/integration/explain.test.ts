// `udev-proxy explain` and `udev-proxy devices`, without a daemon, on a host with devices of the test's own.
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import type { ListedUnit } from '../../src/cli/device-list.js'
import type { Outcome } from './harness/command.js'
import { outcomeOf } from './harness/command.js'
import { MAIN } from './harness/daemon.js'
import { KEYS, MadeHost, PAD } from './harness/made-host.js'
import type { Rig } from './harness/rig.js'
import { test } from './harness/rig.js'

const ROUTES = `
  - name: mice
    match: { class: mouse, vendor: "054c" }
    container: explain-b
  - name: player-one
    match: [ { name: "8BitDo*" }, { name: "Sony*", vendor: "054c" } ]
    container: explain-a
    node: { mode: "0600", uid: 1000 }
    links: input/player1
    properties: builtin
  - name: rest
    match: { subsystem: "*" }
    container: explain-b
`

function host(): MadeHost {
  const made = new MadeHost()
  onTestFinished(() => made.remove())
  return made
}

async function explain(rig: Rig, device: string, socket?: string): Promise<Outcome> {
  return host().run(MAIN, 'explain', device, '--config', rig.config(ROUTES, socket))
}

async function list(made: MadeHost, config: string): Promise<ListedUnit[]> {
  const { code, stdout, stderr } = await made.run(MAIN, 'devices', '--json', '--config', config)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as ListedUnit[]
}

describe('udev-proxy explain', () => {
  test('compares each route key by key, names the owner, and shows what it would get', async ({ rig }) => {
    await rig.container('explain-a')
    const { code, stdout, stderr } = await explain(rig, PAD.node)

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [unit, routes, owner, nodes, record] = stdout.split('\n\n')
    expect(unit?.split('\n').slice(0, 2)).toEqual(['"Sony DualSense [Wireless]" (054c:0ce6)', PAD.hid])
    expect(unit).toMatch(/\n {2}event7 +input +\/dev\/input\/event7 +joystick\n/)
    expect(routes?.split('\n')).toEqual([
      'route mice does not match',
      '  match, closest is 0003:054C:0CE6.0001',
      '    holds  vendor  wanted "054c"   has "054c"',
      '    fails  class   wanted "mouse"  has none',
      'route player-one takes it',
      '  match 1, closest is 0003:054C:0CE6.0001',
      '    fails  name  wanted "8BitDo*"  has "Sony DualSense [Wireless]"',
      '  match 2, by 0003:054C:0CE6.0001',
      '    holds  name    wanted "Sony*"  has "Sony DualSense [Wireless]"',
      '    holds  vendor  wanted "054c"   has "054c"',
      'route rest matches too, but player-one comes first',
      '  match, by 0003:054C:0CE6.0001',
      '    holds  subsystem  wanted "*"  has "hid"',
    ])
    expect(owner).toBe('owner: container explain-a, which runs')
    expect(nodes).toMatch(/^it would get\nNODE +NUMBER +MODE +OWNER +LINKS\n/)
    expect(nodes).toMatch(/\n\/dev\/input\/event7 +13:71 +0600 +1000:\d+ +.*input\/player1/)
    expect(nodes).toMatch(/\n\/dev\/hidraw2 +245:2 +0600 +1000:\d+/)
    expect(record).toMatch(/^event7, by the builtin rules\nrecord \/run\/udev\/data\/c13:71\n/)
    expect(record).toMatch(/\n {2}E:ID_INPUT_JOYSTICK=1\n/)
    expect(record).toMatch(/\nannouncement\n {2}UDEV_DATABASE_VERSION=1\n {2}ACTION=add\n/)
    expect(record).toMatch(/\n {2}DEVNAME=\/dev\/input\/event7\n/)
  })

  test('takes a devnode, a devpath, and a path below /sys for the same device', async ({ rig }) => {
    const paths = [
      PAD.node,
      PAD.event,
      `/sys${PAD.event}`,
      '/sys/class/input/event7',
      'event7',
      'input/event7',
    ]
    const outcomes = await Promise.all(paths.map((path) => explain(rig, path)))
    const texts = outcomes.map(({ stdout }) =>
      stdout.replaceAll(/USEC_INITIALIZED=\d+|I:\d+|SEQNUM=\d+/g, ''),
    )
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toContain('owner: container explain-a, which does not run\n')
    expect(texts[0]).toMatch(/\n\/dev\/input\/event7 +13:71 +0600 +1000:its input /)
  })

  test("takes the word of the host's udevd where a route does, as far as its database has one", async ({
    rig,
  }) => {
    const route = '  - { name: one, match: { vendor: "054c" }, container: explain-a, properties: host }'
    const [made, config] = [host(), rig.config(route)]
    const [event, js] = await Promise.all(
      [PAD.node, '/dev/input/js0'].map(async (node) => made.run(MAIN, 'explain', node, '--config', config)),
    )
    expect(event?.stdout).toMatch(/\nevent7, by the host's udevd\nrecord \/run\/udev\/data\/c13:71\n/)
    expect(event?.stdout).toContain('\n  E:MY_RULE=yes\n')
    expect(event?.stdout).toContain('\n  MY_RULE=yes\n')
    expect(event?.stdout).toMatch(/\n\/dev\/input\/event7 .* input\/by-id\/usb-Sony-event-joystick\n/)
    expect(js?.stdout).toContain("\njs0, by the builtin rules, since the host's udevd has no record of it\n")
  })

  test('says why a keyboard stays with the host', async ({ rig }) => {
    const { stdout } = await explain(rig, KEYS.node)
    expect(stdout).toMatch(/\nroute rest would match, but a keyboard goes only to a route that says name: or/)
    expect(stdout).toMatch(/\nowner: none, it stays with the host\n$/)
  })

  test('explains the routes alone when the engine can not be reached, and says so', async ({ rig }) => {
    const { code, stdout } = await explain(rig, PAD.node, '/nowhere/docker.sock')
    expect(code).toBe(0)
    expect(stdout).toContain('\nroute player-one takes it\n')
    expect(stdout).toMatch(
      /\nowner: explain-a, whose state is not known: Docker does not listen at \/nowhere\/docker\.sock/,
    )
  })

  test.for([
    [
      '/dev/input/event99',
      'there is no device /dev/input/event99; udev-proxy devices lists those that there are',
    ],
    [
      '/devices/virtual/input/input99',
      'there is no device /devices/virtual/input/input99; udev-proxy devices lists those that there are',
    ],
    ['/dev/input', 'there is no device /dev/input; udev-proxy devices lists those that there are'],
    ...['mice', '/dev/input/mice'].map(
      (path) =>
        [
          path,
          '/devices/virtual/input/mice is what all mice of the host say together, and so none of the devices that containers are given: inputN, eventN, jsN, mouseN, hidrawN and HID devices',
        ] as const,
    ),
    ...['7', 'pad', '/etc'].map(
      (path) =>
        [
          path,
          `there is no device ${path}: a device is a name such as event7, or a path such as /dev/input/event7, /devices/… or /sys/class/input/event7; udev-proxy devices lists those that there are`,
        ] as const,
    ),
  ] as const)('says in one sentence what is no device: %s', async ([path, sentence], { rig }) => {
    expect(await explain(rig, path)).toEqual({ code: 69, stdout: '', stderr: `udev-proxy: ${sentence}\n` })
  })
})

describe('beside a daemon', () => {
  test("explain, devices and monitor go by the daemon's config, and say so when its file says otherwise", async ({
    rig,
  }) => {
    const made = host()
    await rig.daemon('  - { name: held, match: { class: joystick }, container: explain-a }')
    const path = rig.config('  - { name: held, match: { class: joystick }, container: explain-a }')
    const same = await made.run(MAIN, 'explain', PAD.node, '--config', path)
    expect(same).toMatchObject({ code: 0, stderr: '' })
    expect(same.stdout).toContain('\nroute held takes it\n')

    rig.config('  - { name: new, match: { class: mouse }, container: explain-b }')
    for (const command of [['devices'], ['explain', PAD.node]]) {
      const { code, stdout, stderr } = await made.run(MAIN, ...command, '--config', path)
      expect(code).toBe(0)
      expect(stdout).toContain('held')
      expect(stderr).toBe(
        `udev-proxy: ${path} has changed since the daemon read it, and this follows what the daemon read (to make it read the file again: systemctl reload udev-proxy)\n`,
      )
    }

    rig.config('  - { name: new, mach: { class: mouse }, container: explain-b }')
    const { code, stdout, stderr } = await made.run(MAIN, 'devices', '--config', path)
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `udev-proxy: ${path}: 2 mistakes in the config (udev-proxy check), and this follows what the daemon read before\n`,
    })
    expect(stdout).toContain('held')
    const monitor = await outcomeOf('timeout', ['--preserve-status', '5', MAIN, 'monitor', '--config', path])
    expect(monitor).toMatchObject({ code: 0, stderr: stderr })
    expect((await outcomeOf(MAIN, ['status', '--config', path])).code).toBe(0)
  })

  test('another file that is asked for is explained as it is', async ({ rig }) => {
    await rig.daemon('  - { name: held, match: { class: joystick }, container: explain-a }')
    const other = join(rig.directory, 'other.yaml')
    await copyFile(rig.config('  - { name: tried, match: { class: joystick }, container: explain-b }'), other)
    const { stdout, stderr } = await host().run(MAIN, 'explain', PAD.node, '--config', other)
    expect(stderr).toBe('')
    expect(stdout).toContain('\nroute tried takes it\n')
  })
})

describe('udev-proxy devices', () => {
  test('lists units with class, ids, nodes, owner, and a match', async ({ rig }) => {
    await rig.container('explain-a')
    const { code, stdout, stderr } = await host().run(MAIN, 'devices', '--config', rig.config(ROUTES))

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n')).toEqual([
      '"Sony DualSense [Wireless]" (054c:0ce6)',
      '  class  joystick',
      '  ids    bus usb, vendor 054c, product 0ce6, version 8111, uniq a0:5a:5c:01:02:03, phys usb-0000:00:14.0-2/input3',
      '  nodes  /dev/hidraw2, /dev/input/event7, /dev/input/js0',
      '  owner  player-one (explain-a)',
      '  match: { name: "Sony DualSense \\\\[Wireless\\\\]" }',
      '',
      '"Typing" (054c:0001)',
      '  class  keyboard, key',
      '  ids    bus usb, vendor 054c, product 0001, version 0001',
      '  nodes  /dev/input/event8',
      '  owner  no route (a keyboard, which rest does not name)',
      '  match: { name: "Typing" }',
      '',
    ])
  })

  test('gives matches that route each unit when they are copied', async ({ rig }) => {
    const made = host()
    const before = await list(made, rig.config('  []'))
    expect(before.map(({ destination }) => destination.kind)).toEqual(['none', 'none'])

    const routes = before.map(({ match }, index) => `  - ${match}\n    container: explain-${index}\n`)
    const after = await list(made, rig.config(routes.join('')))
    expect(after.map(({ destination }) => destination)).toMatchObject([
      { kind: 'route', route: 'route-1', container: 'explain-0', state: 'absent' },
      { kind: 'route', route: 'route-2', container: 'explain-1', state: 'absent' },
    ])
  })
})
