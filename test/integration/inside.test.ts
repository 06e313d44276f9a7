// What a container finds on its stage beside nodes and records, and what its route may change of that.
import { describe, expect, onTestFinished } from 'vitest'
import { native, GROUP_LIBUDEV_ZERO } from '../../src/native.js'
import { Client } from './harness/client.js'
import type { Container } from './harness/docker-engine.js'
import { mountInside } from './harness/mounts.js'
import { moveUevent, movedTo } from './harness/pad.js'
import { hidrawMajor, test } from './harness/rig.js'

const route = (more = '') =>
  `  - { name: one, match: { name: "Pad*" }, container: inside-a, properties: builtin${more} }`
const base = (path: string) => path.slice(path.lastIndexOf('/') + 1)

describe('a device node', () => {
  test("has udevd's mode, and belongs to the container's own group input", async ({ rig }) => {
    await rig.daemon(route())
    const container = await rig.container('inside-a')
    const client = await Client.start(container)
    const pad = rig.pad({ name: 'Pad', hidrawMajor: hidrawMajor() })

    await rig.plug(pad)
    const nodes = [pad.event, pad.js, pad.hidraw].map(
      async (devpath) => (await client.hears('add', devpath)).node,
    )
    expect((await Promise.all(nodes)).map((node) => [node?.mode, node?.uid, node?.gid])).toEqual([
      ['0660', 0, 104],
      ['0664', 0, 104],
      ['0660', 0, 104],
    ])
  })

  test('has a name by number in /dev/char', async ({ rig }) => {
    await rig.daemon(route())
    const { container, client } = await rig.player('inside-a')
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
    expect(await container.exec('readlink', `/dev/char/${pad.eventNumber}`)).toBe(
      `../input/${base(pad.event)}`,
    )
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
    expect(await container.list('/dev/char')).toEqual([])
  })
})

describe("a route's own links", () => {
  test('lead to the event node, in and outside of /dev/input, and are announced and recorded', async ({
    rig,
  }) => {
    await rig.daemon(route(', links: [input/player1, gamepads/one]'))
    const { container, client } = await rig.player('inside-a')
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    const { properties, record } = await client.hears('add', pad.event)
    // libudev keeps them in a set of its own, in an order that differs from one process to the next.
    const links = properties['DEVLINKS']?.split(' ').toSorted()
    expect(links).toEqual(['/dev/gamepads/one', '/dev/input/player1'])
    expect(record).toMatch(/^S:input\/player1\nS:gamepads\/one\n/)
    expect(await container.exec('readlink', '/dev/input/player1')).toBe(base(pad.event))
    expect(await container.exec('readlink', '/dev/gamepads/one')).toBe(`../input/${base(pad.event)}`)
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
    expect(await container.list('/dev/input')).toEqual([])
    expect(await container.list('/dev/gamepads')).toEqual([])
  })

  test('cost no device where the container has a file system that takes none', async ({ rig }) => {
    const links = ['pts/pad', 'mqueue/pad', 'fixed/pad', 'full/pad', 'shm/pad']
    const daemon = await rig.daemon(route(`, links: [${links.join(', ')}]`))
    const { container, client } = await rig.player('inside-a', [
      ...['--tmpfs', '/dev/fixed:ro', '--tmpfs', '/dev/full:nr_inodes=1'],
    ])
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
    expect(await container.exec('readlink', '/dev/shm/pad')).toBe(`../input/${base(pad.event)}`)
    expect(daemon.messages('warn').toSorted()).toEqual(
      [
        /^\/dev\/fixed\/pad of event\d+ is not made in inside-a: the container has it read-only; the device is/,
        /^\/dev\/full\/pad of event\d+ is not made in inside-a: the file system there is full; the device is/,
        /^\/dev\/mqueue\/pad of event\d+ is not made in inside-a: the file system there takes no links; the/,
        /^\/dev\/pts\/pad of event\d+ is not made in inside-a: the file system there takes no links; the/,
      ].map((line) => expect.stringMatching(line) as string),
    )
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
    expect(await container.list('/dev/shm')).toEqual([])
    expect(daemon.messages('warn')).toHaveLength(4)
    expect(daemon.messages('error')).toEqual([])
  })

  test('that can not be removed any more hold up nobody, and the log says so', async ({ rig }) => {
    const daemon = await rig.daemon(route(', links: [games/pad]'))
    const { container, client } = await rig.player('inside-a', ['--tmpfs', '/dev/games'])
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
    await mountInside(
      await container.pid(),
      "mount(None, '/dev/games', None, MS_REMOUNT | MS_BIND | MS_RDONLY)",
    )
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
    expect(daemon.messages('warn')).toEqual([
      expect.stringMatching(
        /^\/dev\/games\/pad can not be removed in inside-a: the container has it read-only/,
      ),
    ])
  })

  test('stay with the device that had them first, and the log says so', async ({ rig }) => {
    const daemon = await rig.daemon(route(', links: [input/player1]'))
    const { container, client } = await rig.player('inside-a')
    const [first, second] = [rig.pad({ name: 'Pad 1' }), rig.pad({ name: 'Pad 2' })]
    await rig.plug(first)
    await client.hears('add', first.event)
    await rig.plug(second)
    const later = await client.hears('add', second.event)
    expect(later.properties['DEVLINKS']).toBeUndefined()
    expect(await container.exec('readlink', '/dev/input/player1')).toBe(base(first.event))
    expect(daemon.messages('warn')).toEqual([expect.stringMatching(/\/dev\/input\/player1 .*another device/)])
  })
})

describe('with legacyJs', () => {
  test('joysticks are numbered in the order of plugging, and a number that is free is used again', async ({
    rig,
  }) => {
    await rig.daemon(route(', legacyJs: true'))
    const { container, client } = await rig.player('inside-a')
    const pads = ['Pad 1', 'Pad 2', 'Pad 3'].map((name) => rig.pad({ name }))
    const [first, second, third] = pads
    if (first === undefined || second === undefined || third === undefined) throw new Error('no pads')

    await rig.plug(first)
    const one = await client.hears('add', first.js)
    await rig.plug(second)
    const two = await client.hears('add', second.js)
    expect([one, two].map(({ devnode, node }) => [devnode, node?.exists])).toEqual([
      ['/dev/input/js0', true],
      ['/dev/input/js1', true],
    ])
    expect(one.node?.rdev).toBe(one.node?.devnum)
    expect(one.record).toContain('E:DEVNAME=/dev/input/js0\n')

    await rig.unplug(first)
    expect((await client.hears('remove', first.js)).properties['DEVNAME']).toBe('/dev/input/js0')
    await client.hears('remove', first.input)
    await rig.plug(third)
    expect((await client.hears('add', third.js)).devnode).toBe('/dev/input/js0')
    expect((await container.list('/dev/input')).filter((name) => name.startsWith('js'))).toEqual([
      'js0',
      'js1',
    ])
    expect(await container.exec('stat', '-c', '%t:%T', '/dev/input/js1')).toBe(
      (two.node?.devnum ?? '')
        .split(':')
        .map((number) => Number(number).toString(16))
        .join(':'),
    )
  })
})

test('with libudevZero an announcement is also heard in the form that libudev-zero takes', async ({
  rig,
}) => {
  await rig.daemon(route(', libudevZero: true'))
  const { container, client } = await rig.player('inside-a')
  const heard = await listen(container)
  const pad = rig.pad({ name: 'Pad' })
  await rig.plug(pad)
  await client.hears('add', pad.event)
  await expect.poll(() => heard.map(({ DEVNAME }) => DEVNAME)).toContain(`input/${base(pad.event)}`)
  const event = heard.find(({ DEVPATH }) => DEVPATH === pad.event)
  expect(event).toMatchObject({ ACTION: 'add', SUBSYSTEM: 'input', ID_INPUT_JOYSTICK: '1' })
  expect(Number(event?.['SEQNUM'])).toBeGreaterThan(0)
})

test('a container with a udevd of its own gets the nodes and nothing else, which is said once', async ({
  rig,
}) => {
  const container = await rig.container('inside-a', ['--tmpfs', '/run'])
  await container.shell('mkdir -p /run/udev/data && (unix-listener /run/udev/control >/dev/null 2>&1 &)')
  const daemon = await rig.daemon(route())
  await daemon.says('info', /inside-a has a udevd of its own/)
  const client = await Client.start(container, '--subsystem', 'input')
  const pad = rig.pad({ name: 'Pad' })
  await rig.plug(pad)
  await expect
    .poll(() => container.list('/dev/input'), { timeout: 10_000 })
    .toEqual([base(pad.event), base(pad.js)])
  const event = pad.add.filter(({ devpath }) => devpath === pad.event)
  await rig.kernel.send(event.map((add) => ({ ...add, action: 'change' })))
  await rig.unplug(pad)
  await expect.poll(() => container.list('/dev/input'), { timeout: 10_000 }).toEqual([])
  expect(client.heard).toEqual([])
  expect(await container.list('/run/udev/data')).toEqual([])
  expect(daemon.messages('info').filter((line) => line.includes('udevd of its own'))).toHaveLength(1)
})

test('changes and binds of attached devices are announced, with the record written before', async ({
  rig,
}) => {
  await rig.daemon(route())
  const container = await rig.container('inside-a')
  const client = await Client.start(container)
  const pad = rig.pad({ name: 'Pad', hidrawMajor: hidrawMajor() })
  await rig.plug(pad)
  const added = await client.hears('add', pad.event)
  const bind = pad.add.find(({ action }) => action === 'bind')
  const bound = await client.hears('bind', bind?.devpath ?? '')
  expect(bound.properties['DRIVER']).toBe('hid-generic')

  const event = pad.add.filter(({ devpath }) => devpath === pad.event)
  await rig.kernel.send(event.map((add) => ({ ...add, action: 'change' })))
  const changed = await client.hears('change', pad.event)
  expect(changed.properties).toEqual({
    ...added.properties,
    ACTION: 'change',
    SEQNUM: changed.properties['SEQNUM'],
  })
  expect(changed.record).toBe(added.record)
})

test('an add that somebody triggers is announced again; one that says what is known already is not', async ({
  rig,
}) => {
  await rig.daemon(route())
  const container = await rig.container('inside-a')
  const client = await Client.start(container, '--subsystem', 'input')
  const pad = rig.pad({ name: 'Pad' })
  await rig.plug(pad)
  const added = await client.hears('add', pad.event)

  const event = pad.add.filter(({ devpath }) => devpath === pad.event)
  const triggered = event.map((add) => ({ ...add, properties: { SYNTH_UUID: '0', ...add.properties } }))
  await rig.kernel.send([...event, ...triggered])
  const adds = () => client.heard.filter(({ action, devpath }) => action === 'add' && devpath === pad.event)
  await expect.poll(() => adds().length, { timeout: 10_000 }).toBeGreaterThan(1)
  expect(adds()).toHaveLength(2)
  const again = adds()[1]
  // The time when it was first seen included.
  expect(again?.properties).toEqual({
    ...added.properties,
    SYNTH_UUID: '0',
    SEQNUM: again?.properties['SEQNUM'],
  })
  expect(again?.record).toBe(added.record)
})

describe('a device that is moved while it is attached', () => {
  test('is announced as moved, and stays: what comes later is told of where it is then', async ({ rig }) => {
    const daemon = await rig.daemon(route())
    const container = await rig.container('inside-a')
    const client = await Client.start(container)
    const pad = rig.pad({ name: 'Pad', hidrawMajor: hidrawMajor() })
    const hid = pad.add[0]?.devpath ?? ''
    await rig.plug(pad)
    const added = await client.hears('add', hid)
    await client.hears('bind', hid)
    const inodes = async () =>
      container.exec('stat', '-c', '%n %i', pad.eventNode, pad.jsNode, pad.hidrawNode)
    const before = await inodes()
    const heard = client.heard.length

    const to = `/devices/${base(hid)}`
    const moved = movedTo(pad, hid, to)
    await rig.kernel.send([moveUevent(pad, moved)])
    const told = await client.hears('move', to)
    expect(told.properties).toEqual({
      ...added.properties,
      ACTION: 'move',
      DEVPATH: to,
      DEVPATH_OLD: hid,
      DRIVER: 'hid-generic',
      SEQNUM: told.properties['SEQNUM'],
    })
    expect(Number(told.properties['SEQNUM'])).toBeGreaterThan(Number(added.properties['SEQNUM']))

    const event = moved.add.filter(({ devpath }) => devpath === moved.event)
    await rig.kernel.send(event.map((add) => ({ ...add, action: 'change' })))
    await client.hears('change', moved.event)
    expect(await inodes()).toBe(before)

    await rig.unplug(moved)
    await client.hears('remove', to)
    expect(client.heard.slice(heard).map(({ action, devpath }) => `${action} ${devpath}`)).toEqual([
      `move ${to}`,
      `change ${moved.event}`,
      ...moved.remove.map(({ action, devpath }) => `${action} ${devpath}`),
    ])
    expect(await container.list('/dev/input')).toEqual([])
    expect(await container.list('/run/udev/data')).toEqual([])
    expect([...daemon.messages('warn'), ...daemon.messages('error')]).toEqual([])
  })

  test('has its record written before, with the same time', async ({ rig }) => {
    await rig.daemon(route())
    const { client } = await rig.player('inside-a')
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    const added = await client.hears('add', pad.input)
    const moved = movedTo(pad, pad.input, `/devices/platform/elsewhere/${base(pad.input)}`)
    await rig.kernel.send([moveUevent(pad, moved)])
    const told = await client.hears('move', moved.input)
    expect(told.properties).toMatchObject({
      DEVPATH_OLD: pad.input,
      USEC_INITIALIZED: added.properties['USEC_INITIALIZED'],
      ID_INPUT_JOYSTICK: '1',
    })
    expect(told.record).toBe(added.record)
    await rig.unplug(moved)
    await client.hears('remove', moved.input)
    expect(client.summary.filter((line) => line.startsWith('move'))).toHaveLength(1)
  })

  test('is told nothing of when something above it was moved', async ({ rig }) => {
    await rig.daemon(route())
    const { container, client } = await rig.player('inside-a')
    const pad = rig.pad({ name: 'Pad', hidrawMajor: hidrawMajor() })
    const [from, to] = ['/devices/virtual/misc/uhid', '/devices/virtual/misc/other']
    const moved = movedTo(pad, from, to)
    await rig.plug(pad)
    await client.hears('add', pad.event)
    await rig.kernel.send([
      { action: 'move', devpath: to, properties: { SUBSYSTEM: 'misc', DEVPATH_OLD: from } },
    ])
    await rig.unplug(moved)
    await client.hears('remove', moved.input)
    const later = client.heard.slice(3).map(({ action, devpath }) => `${action} ${devpath}`)
    expect(later.toSorted()).toEqual(
      [moved.js, moved.event, moved.input].map((devpath) => `remove ${devpath}`).toSorted(),
    )
    expect(await container.list('/dev/input')).toEqual([])
  })
})

/** What is heard by those who listen as libudev-zero does, in the container's network namespace. */
async function listen(container: Container): Promise<Partial<Record<string, string>>[]> {
  const handle = await native.openContainer(await container.pid())
  const heard: Partial<Record<string, string>>[] = []
  const socket = handle.openMonitor(GROUP_LIBUDEV_ZERO, 1 << 20, {
    onMessages: (messages) => {
      for (const message of messages) {
        const strings = message
          .toString()
          .split('\0')
          .filter((text) => text !== '')
        heard.push(
          Object.fromEntries(strings.map((text) => [text.split('=', 1).join(), text.replace(/^.*?=/, '')])),
        )
      }
    },
    onOverrun: () => undefined,
    onError: (error) => {
      throw error
    },
  })
  onTestFinished(() => {
    socket.close()
    handle.close()
  })
  return heard
}
