// The main job: a device appears in the container that owns it, in order, and in no other.
import { describe, expect } from 'vitest'
import { constants } from 'node:os'
import type { Heard } from './harness/client.js'
import { Client } from './harness/client.js'
import { test } from './harness/rig.js'
import { UdevadmMonitor } from './harness/udevadm.js'

const ROUTES = `
  - { name: one, match: { name: "Pad of A" }, container: hotplug-a, node: { mode: "0640", uid: 1000, gid: 1001 } }
  - { name: two, match: { name: "Pad of B" }, container: hotplug-b }
`

describe('a plugged pad', () => {
  test('is announced when its node and its record are there, and only in its container', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const [a, b] = await Promise.all([rig.player('hotplug-a'), rig.player('hotplug-b')])
    const monitors = await Promise.all([UdevadmMonitor.start(a.container), UdevadmMonitor.start(b.container)])
    const mine = rig.pad({ name: 'Pad of A' })
    const other = rig.pad({ name: 'Pad of B' })

    await rig.plug(mine)
    const [input, js, event] = await heardAll(a.client, 'add', [mine.input, mine.js, mine.event])
    await rig.plug(other)
    await heardAll(b.client, 'add', [other.input, other.js, other.event])
    await Promise.all([
      monitors[0].prints(`add ${mine.event} (input)`),
      monitors[1].prints(`add ${other.event} (input)`),
    ])

    expect(event?.node).toEqual({
      exists: true,
      devnum: mine.eventNumber,
      rdev: mine.eventNumber,
      mode: '0640',
      uid: 1000,
      gid: 1001,
      // Nobody made this device: the cgroup lets the client through, and no driver answers.
      open_errno: constants.errno.ENXIO,
    })
    expect(js?.node?.rdev).toBe(js?.node?.devnum)
    // inputN has no node, but udevd announces it and keeps a record of it.
    expect(input?.devnode).toBeNull()
    for (const one of [input, js, event]) expectRecordOf(one)

    expect(a.client.summary).toEqual(
      ['add', 'add', 'add'].map((action, index) => `${action} ${sysnames(mine)[index] ?? ''}`),
    )
    expect(b.client.summary).toEqual(
      ['add', 'add', 'add'].map((action, index) => `${action} ${sysnames(other)[index] ?? ''}`),
    )
    expect(monitors[1].titles.join()).not.toContain(mine.input)
    expect(await b.container.list('/dev/input')).toEqual([sysname(other.event), sysname(other.js)].toSorted())
    expect(await b.container.list('/run/udev/data')).toEqual(recordNames(b.client.heard))
    expect(await a.container.list('/run/udev/data')).toEqual(recordNames(a.client.heard))
  })

  test('has the properties that udevd would give it, in the message and in the record alike', async ({
    rig,
  }) => {
    await rig.daemon(ROUTES)
    const { container, client } = await rig.player('hotplug-a')
    const monitor = await UdevadmMonitor.start(container)
    const pad = rig.pad({ name: 'Pad of A', vendor: '54c', product: 'ce6', uniq: 'aa:bb' })

    await rig.plug(pad)
    const [input, event] = await heardAll(client, 'add', [pad.input, pad.event])
    const printed = await monitor.prints(`add ${pad.event} (input)`)

    const expected = {
      ACTION: 'add',
      DEVPATH: pad.event,
      SUBSYSTEM: 'input',
      DEVNAME: pad.eventNode,
      MAJOR: '13',
      MINOR: pad.eventNumber.slice(3),
      ID_INPUT: '1',
      ID_INPUT_JOYSTICK: '1',
      // A device that hangs on no USB port has no ids of its own in udev: clients read its inputN's PRODUCT.
      ID_SERIAL: 'noserial',
    }
    expect(event?.properties).toMatchObject(expected)
    expect(printed.properties).toMatchObject(expected)
    expect(Number(event?.properties['SEQNUM'])).toBeGreaterThan(0)
    expect(Number(event?.properties['USEC_INITIALIZED'])).toBeGreaterThan(0)
    expect(input?.properties).toMatchObject({ NAME: '"Pad of A"', UNIQ: '"aa:bb"', PRODUCT: '3/54c/ce6/111' })
    expect(event?.tags).toEqual(expect.arrayContaining(['seat', 'uaccess']))
    expect(event?.initialized).toBe(true)
  })

  test('reaches a client that asks for a tag, through the filter of its socket', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const container = await rig.container('hotplug-a')
    const [tagged, typed] = await Promise.all([
      Client.start(container, '--tag', 'uaccess'),
      Client.start(container, '--subsystem', 'hidraw'),
    ])
    const all = await Client.start(container)
    const pad = rig.pad({ name: 'Pad of A' })

    await rig.plug(pad)
    await tagged.hears('add', pad.event)
    await rig.unplug(pad)
    await tagged.hears('remove', pad.js)
    await all.hears('remove', pad.input)

    expect(tagged.summary.toSorted()).toEqual(
      [pad.js, pad.event]
        .flatMap((devpath) => [`add ${sysname(devpath)}`, `remove ${sysname(devpath)}`])
        .toSorted(),
    )
    expect(typed.summary).toEqual([])
  })
})

describe('an unplugged pad', () => {
  test('is gone, node and record, when its removal is announced with all its properties', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const [a, b] = await Promise.all([rig.player('hotplug-a'), rig.player('hotplug-b')])
    const mine = rig.pad({ name: 'Pad of A' })
    const other = rig.pad({ name: 'Pad of B' })
    await rig.plug(mine, other)
    const added = await heardAll(a.client, 'add', [mine.input, mine.js, mine.event])
    await heardAll(b.client, 'add', [other.event])

    await rig.unplug(mine)
    const removed = await heardAll(a.client, 'remove', [mine.input, mine.js, mine.event])
    await rig.unplug(other)
    await heardAll(b.client, 'remove', [other.input])

    removed.forEach((heard, index) => {
      const before = { ...added[index]?.properties }
      delete before['.INPUT_CLASS']
      expect(heard.properties).toEqual({ ...before, ACTION: 'remove', SEQNUM: heard.properties['SEQNUM'] })
      expect(heard.record).toBeNull()
      expect(heard.node?.exists ?? false).toBe(false)
    })
    expect(a.client.summary.slice(3)).toEqual(
      [mine.js, mine.event, mine.input].map((devpath) => `remove ${sysname(devpath)}`),
    )
    expect(a.client.heard.map(({ devpath }) => devpath)).not.toContain(other.input)
    expect(b.client.summary.filter((line) => line.startsWith('remove'))).toHaveLength(3)
    for (const directory of ['/dev/input', '/run/udev/data']) {
      expect(await a.container.list(directory)).toEqual([])
      expect(await b.container.list(directory)).toEqual([])
    }
  })

  test('that was plugged a moment ago leaves nothing', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const { container, client } = await rig.player('hotplug-a')
    const brief = Array.from({ length: 10 }, () => rig.pad({ name: 'Pad of A' }))
    const marker = rig.pad({ name: 'Pad of A' })

    await rig.kernel.send([...brief.flatMap(({ add, remove }) => [...add, ...remove]), ...marker.add])
    await heardAll(client, 'add', [marker.event])
    await rig.unplug(marker)
    await heardAll(client, 'remove', [marker.input])

    const last = new Map(client.heard.map(({ action, devpath }) => [devpath, action]))
    expect([...last.values()].filter((action) => action !== 'remove')).toEqual([])
    expect(await container.list('/dev/input')).toEqual([])
    expect(await container.list('/run/udev/data')).toEqual([])
  })
})

async function heardAll(client: Client, action: string, devpaths: string[]): Promise<Heard[]> {
  return Promise.all(devpaths.map((devpath) => client.hears(action, devpath)))
}

/** The record says what the message says: each E: line is a property, each G: line a tag. */
function expectRecordOf(heard: Heard | undefined): void {
  const lines = heard?.record?.trim().split('\n') ?? []
  const values = (letter: string) =>
    lines.filter((line) => line.startsWith(`${letter}:`)).map((line) => line.slice(2))
  expect(values('E')).toContain('ID_INPUT_JOYSTICK=1')
  for (const property of values('E')) {
    const [, key = '', value] = /^([^=]*)=(.*)$/.exec(property) ?? []
    expect(heard?.properties[key]).toBe(value)
  }
  expect(values('I')).toEqual([heard?.properties['USEC_INITIALIZED']])
  expect(values('G').toSorted()).toEqual(heard?.tags.filter((tag) => tag !== '').toSorted())
  expect(values('V')).toEqual(['1'])
}

function recordNames(heard: Heard[]): string[] {
  return heard
    .map(({ node, devpath }) => (node === null ? `+input:${sysname(devpath)}` : `c${node.devnum}`))
    .toSorted()
}

function sysname(devpath: string): string {
  return devpath.slice(devpath.lastIndexOf('/') + 1)
}

function sysnames(pad: { input: string; js: string; event: string }): string[] {
  return [pad.input, pad.js, pad.event].map(sysname)
}
