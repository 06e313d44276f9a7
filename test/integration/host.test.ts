// Properties from the host's udevd: what it says is carried over, and only that.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished } from 'vitest'
import { moveUevent, movedTo } from './harness/pad.js'
import type { Answer } from './harness/stand-in-udevd.js'
import { StandInUdevd } from './harness/stand-in-udevd.js'
import type { Rig } from './harness/rig.js'
import { test } from './harness/rig.js'

const PATIENT = { hostTimeout: 60_000 }
const route = (more = '') =>
  `  - { name: one, match: { name: "Host Pad*" }, container: host-a, properties: host${more} }`

/** Rules of a host that has its own ideas. */
const answer: Answer = ({ action, seqnum, subsystem }) => ({
  USEC_INITIALIZED: '4711',
  ...(subsystem === 'input' && {
    ID_INPUT: '1',
    ID_INPUT_JOYSTICK: '1',
    MY_RULE: `said of ${action}`,
    ...(action !== 'remove' && { '.PRIVATE': '1' }),
    DEVLINKS: '/dev/input/by-id/usb-Host_Pad-event-joystick',
    TAGS: ':seat:mine:seat-couch:',
    CURRENT_TAGS: ':mine:seat-couch:',
    ID_SEAT: 'seat-couch',
    LIBINPUT_IGNORE_DEVICE: '1',
    SEQNUM: String(seqnum),
  }),
})

function udevd(said: Answer): StandInUdevd {
  const started = new StandInUdevd(said)
  onTestFinished(() => started.stop())
  return started
}

async function played(rig: Rig, options: Record<string, number>, more?: string) {
  const daemon = await rig.daemon(route(more), undefined, options)
  return { daemon, ...(await rig.player('host-a')) }
}

describe('what a container is told of a device', () => {
  test("is what the host's udevd says, but for what keeps the host away from it", async ({ rig }) => {
    const host = udevd(answer)
    const { container, client } = await played(rig, PATIENT)
    const pad = rig.pad({ name: 'Host Pad' })

    await rig.plug(pad)
    const event = await client.hears('add', pad.event)

    const kernel = host.heard.find(({ devpath }) => devpath === pad.event)
    const { ID_SEAT, LIBINPUT_IGNORE_DEVICE, TAGS, ...said } = event.properties
    expect([ID_SEAT, LIBINPUT_IGNORE_DEVICE]).toEqual([undefined, undefined])
    expect(said).toEqual({
      ...Object.fromEntries(kernel?.properties ?? []),
      DEVNAME: pad.eventNode,
      USEC_INITIALIZED: '4711',
      ID_INPUT: '1',
      ID_INPUT_JOYSTICK: '1',
      MY_RULE: 'said of add',
      '.PRIVATE': '1',
      DEVLINKS: '/dev/input/by-id/usb-Host_Pad-event-joystick',
      CURRENT_TAGS: ':mine:',
    })
    // libudev keeps tags in no order.
    expect(TAGS?.split(':').toSorted()).toEqual(['', '', 'mine', 'seat'])
    expect(event.record).toBe(
      [
        'S:input/by-id/usb-Host_Pad-event-joystick',
        'I:4711',
        ...['ID_INPUT=1', 'ID_INPUT_JOYSTICK=1', 'MY_RULE=said of add'].map((line) => `E:${line}`),
        ...['G:seat', 'G:mine', 'Q:mine', 'V:1', ''],
      ].join('\n'),
    )
    expect(await container.list('/run/udev/tags')).toEqual(['mine', 'seat'])
    expect(await container.list('/run/udev/tags/mine')).toContain(`c${pad.eventNumber}`)
    expect(await container.exec('readlink', '/dev/input/by-id/usb-Host_Pad-event-joystick')).toBe(
      `../event${pad.eventNode.replace(/^.*event/, '')}`,
    )

    await rig.unplug(pad)
    const removed = await client.hears('remove', pad.event)
    expect(removed.properties).toMatchObject({ MY_RULE: 'said of remove', USEC_INITIALIZED: '4711' })
    expect(removed.record).toBeNull()
  })

  test('waits for udevd, while the node is there already', async ({ rig }) => {
    const host = udevd(() => undefined)
    const { container, client } = await played(rig, PATIENT)
    const pad = rig.pad({ name: 'Host Pad' })

    await rig.plug(pad)
    await expect
      .poll(() => container.list('/dev/input'), { timeout: 10_000 })
      .toContain(pad.eventNode.replace('/dev/input/', ''))
    expect(client.heard).toEqual([])
    expect(await container.list('/run/udev/data')).toEqual([])

    for (const uevent of host.heard) await host.say(uevent, answer(uevent) ?? {})
    await client.hears('add', pad.event)
    expect(client.summary).toHaveLength(3)
  })

  test('comes from the builtin rules when udevd stays silent, which is said once', async ({ rig }) => {
    udevd(() => undefined)
    const { daemon, client } = await played(rig, { hostTimeout: 200 })
    const pad = rig.pad({ name: 'Host Pad' })

    await rig.plug(pad)
    const event = await client.hears('add', pad.event)
    expect(event.properties).toMatchObject({ ID_INPUT_JOYSTICK: '1' })
    expect(event.properties['MY_RULE']).toBeUndefined()
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
    expect(daemon.messages('warn')).toEqual([expect.stringMatching(/udevd .*: builtin properties are used/)])
  })

  test('is put right by a change when udevd tells late, record first, and once', async ({ rig }) => {
    const host = udevd(() => undefined)
    const { client } = await played(rig, { hostTimeout: 200 })
    const pad = rig.pad({ name: 'Host Pad' })
    await rig.plug(pad)
    const event = await client.hears('add', pad.event)
    expect(event.properties['MY_RULE']).toBeUndefined()
    await client.hears('add', pad.js)
    await client.hears('add', pad.input)

    for (const uevent of [...host.heard, ...host.heard]) await host.say(uevent, answer(uevent) ?? {})
    for (const devpath of [pad.input, pad.js, pad.event]) {
      const changed = await client.hears('change', devpath)
      expect(changed.properties).toMatchObject({ MY_RULE: 'said of add', USEC_INITIALIZED: '4711' })
      expect(changed.record).toContain('E:MY_RULE=said of add\n')
    }

    // What udevd says of a device that has gone, or of its end, late, is heard by nobody.
    await rig.unplug(pad)
    const removed = await client.hears('remove', pad.input)
    expect(removed.properties).toMatchObject({ MY_RULE: 'said of add' })
    for (const uevent of host.heard) await host.say(uevent, answer(uevent) ?? {})
    const other = rig.pad({ name: 'Host Pad' })
    await rig.plug(other)
    await client.hears('add', other.event)
    expect(client.summary.filter((line) => !line.includes(other.input.slice(-5)))).toHaveLength(9)
  })

  test('is never taken from a message that belongs to no event of the kernel', async ({ rig }) => {
    const host = udevd(() => undefined)
    const { client } = await played(rig, PATIENT)
    const pad = rig.pad({ name: 'Host Pad' })
    await rig.plug(pad)
    await expect.poll(() => host.heard.length).toBeGreaterThan(2)

    for (const uevent of host.heard) {
      const properties = new Map([...uevent.properties, ['SEQNUM', String(uevent.seqnum + 1_000_000)]])
      await host.say({ ...uevent, properties }, { ID_INPUT: '1' })
    }
    await pause(300)
    expect(client.heard).toEqual([])
  })
})

test('a change is announced when udevd has told of it, with the record written before', async ({ rig }) => {
  const host = udevd((uevent) => ({ ...answer(uevent), ...(uevent.action === 'change' && { CHANGED: '1' }) }))
  const { client } = await played(rig, PATIENT)
  const pad = rig.pad({ name: 'Host Pad' })
  await rig.plug(pad)
  await client.hears('add', pad.event)

  await rig.kernel.send(
    pad.add.filter(({ devpath }) => devpath === pad.event).map((add) => ({ ...add, action: 'change' })),
  )
  const changed = await client.hears('change', pad.event)
  expect(changed.properties).toMatchObject({ CHANGED: '1', MY_RULE: 'said of change' })
  expect(changed.record).toContain('E:CHANGED=1\n')
  expect(host.heard.at(-1)?.action).toBe('change')
})

test('an add that somebody triggers is announced again when udevd has told of it', async ({ rig }) => {
  const host = udevd((uevent) => ({
    ...answer(uevent),
    ...(uevent.properties.has('SYNTH_UUID') && { AGAIN: '1' }),
  }))
  const { client } = await played(rig, PATIENT)
  const pad = rig.pad({ name: 'Host Pad' })
  await rig.plug(pad)
  await client.hears('add', pad.event)

  const event = pad.add.filter(({ devpath }) => devpath === pad.event)
  await rig.kernel.send(event.map((add) => ({ ...add, properties: { SYNTH_UUID: '0', ...add.properties } })))
  const adds = () => client.heard.filter(({ action, devpath }) => action === 'add' && devpath === pad.event)
  await expect.poll(() => adds().length, { timeout: 10_000 }).toBe(2)
  expect(adds()[1]?.properties).toMatchObject({ AGAIN: '1', SYNTH_UUID: '0' })
  expect(adds()[1]?.record).toContain('E:AGAIN=1\n')
  expect(host.heard.at(-1)?.action).toBe('add')
})

/** A pad that was announced, and then moved; `told` is what was heard of that. */
async function playedAndMoved(rig: Rig, options: Record<string, number>) {
  const { client } = await played(rig, options)
  const pad = rig.pad({ name: 'Host Pad' })
  const moved = movedTo(pad, pad.input, pad.input.replace('/virtual/', '/platform/'))
  await rig.plug(pad)
  await client.hears('add', pad.event)
  await rig.kernel.send([moveUevent(pad, moved)])
  return { client, pad, moved, told: await client.hears('move', moved.input) }
}

test('a move is announced when udevd has told of it, with what it says', async ({ rig }) => {
  udevd(answer)
  const { client, pad, moved, told } = await playedAndMoved(rig, PATIENT)
  expect(told.properties).toMatchObject({
    DEVPATH_OLD: pad.input,
    MY_RULE: 'said of move',
    USEC_INITIALIZED: '4711',
  })
  expect(told.record).toContain('E:MY_RULE=said of move\n')
  expect(told.record).not.toContain('DEVPATH_OLD')

  await rig.unplug(moved)
  const removed = await client.hears('remove', moved.input)
  expect(removed.properties).toMatchObject({ MY_RULE: 'said of remove', USEC_INITIALIZED: '4711' })
  expect(client.summary.filter((line) => line.startsWith('add'))).toHaveLength(3)
  expect(client.summary.filter((line) => line.startsWith('remove'))).toHaveLength(3)
})

test('a move of which udevd stays silent is announced by the builtin rules', async ({ rig }) => {
  udevd((uevent) => (uevent.action === 'move' ? undefined : answer(uevent)))
  const { client, pad, moved, told } = await playedAndMoved(rig, { hostTimeout: 200 })
  expect(told.properties).toMatchObject({ DEVPATH_OLD: pad.input, ID_INPUT_JOYSTICK: '1' })
  await rig.unplug(moved)
  await client.hears('remove', moved.input)
})

test('a device whose link can not be made is announced without it, which is said once, and leaves nothing behind', async ({
  rig,
}) => {
  const long = `input/by-id/usb-${'M'.repeat(127)}_${'P'.repeat(126)}-event-mouse`
  const others = ['input/by-path/pci-0000:00:14.0-usb-0:1:1.0-event-mouse', 'host-pad']
  const climbing = 'input/../../climbed'
  const refused = [long, climbing, 'input/event99', 'char/13:64', `far/${'x'.repeat(256)}`]
  const links = [...refused, ...others].map((link) => `/dev/${link}`).join(' ')
  udevd((uevent) => ({ ...answer(uevent), ...(uevent.devpath.includes('/event') && { DEVLINKS: links }) }))
  const { daemon, container, client } = await played(rig, PATIENT)
  const pad = rig.pad({ name: 'Host Pad' })
  const before = await container.list('/dev')

  await rig.plug(pad)
  const event = await client.hears('add', pad.event)
  expect(long).toHaveLength('input/by-id/'.length + 270)
  expect(event.properties['DEVLINKS']?.split(' ').toSorted()).toEqual(links.split(' ').toSorted())
  for (const link of [...refused, ...others]) expect(event.record).toContain(`S:${link}\n`)
  expect(event.node).toMatchObject({ exists: true })
  const node = pad.eventNode.replace('/dev/', '')
  for (const link of others)
    expect(await container.exec('readlink', '-f', `/dev/${link}`)).toBe(`/dev/${node}`)
  expect(existsSync(join(rig.stage, 'climbed'))).toBe(false)
  const entries = async () => (await container.list('/dev')).filter((name) => !before.includes(name))
  expect((await entries()).toSorted()).toEqual(['char', 'host-pad'].filter((name) => !before.includes(name)))

  await rig.kernel.send(
    pad.add.filter(({ devpath }) => devpath === pad.event).map((add) => ({ ...add, action: 'change' })),
  )
  await client.hears('change', pad.event)
  const warnings = daemon.log.entries.filter(({ level }) => level === 'warn')
  expect(
    warnings.map(({ message }) => refused.filter((link) => message.startsWith(`/dev/${link} `))),
  ).toEqual(expect.arrayContaining(refused.map((link) => [link])))
  expect(warnings).toHaveLength(refused.length)
  for (const warning of warnings)
    expect(warning).toMatchObject({ container: 'host-a', device: node, route: 'one', action: 'link' })

  await rig.unplug(pad)
  await client.hears('remove', pad.input)
  expect(await container.list('/dev/input')).toEqual([])
  expect((await entries()).filter((name) => name !== 'char')).toEqual([])
  expect(daemon.messages('error')).toEqual([])
})

test('links that a later message brings are made before it is announced, and those that it drops are gone', async ({
  rig,
}) => {
  const words = {
    add: '/dev/first /dev/kept /dev/input/one',
    change: '/dev/kept /dev/far/second /dev/input/two',
  }
  udevd((uevent) => ({
    ...answer(uevent),
    ...(uevent.devpath.includes('/event') &&
      uevent.action in words && { DEVLINKS: words[uevent.action as keyof typeof words] }),
  }))
  const { daemon, container, client } = await played(rig, PATIENT)
  const pad = rig.pad({ name: 'Host Pad' })
  const links = ['first', 'kept', 'far/second', 'input/one', 'input/two']
  const script = `cd /dev; for l in ${links.join(' ')}; do if test -L $l; then echo $l $(readlink -f $l); fi; done`
  const there = async () => (await container.exec('sh', '-c', script)).split('\n').filter(Boolean)
  const here = (...names: string[]) => names.map((name) => `${name} ${pad.eventNode}`)

  await rig.plug(pad)
  await client.hears('add', pad.event)
  expect(await there()).toEqual(here('first', 'kept', 'input/one'))
  await rig.kernel.send(
    pad.add.filter(({ devpath }) => devpath === pad.event).map((add) => ({ ...add, action: 'change' })),
  )
  await client.hears('change', pad.event)
  expect(await there()).toEqual(here('kept', 'far/second', 'input/two'))
  await rig.unplug(pad)
  await client.hears('remove', pad.input)
  expect(await there()).toEqual([])
  expect([daemon.messages('warn'), daemon.messages('error')]).toEqual([[], []])
})

test('what the container has in the way of a link costs the link alone', async ({ rig }) => {
  udevd((uevent) => ({
    ...answer(uevent),
    ...(uevent.devpath.includes('/event') && {
      DEVLINKS: '/dev/null/pad /dev/fd /dev/nowhere/pad /dev/full',
    }),
  }))
  const { daemon, container, client } = await played(rig, PATIENT)
  await container.exec('ln', '-s', '/there/is/none', '/dev/nowhere')
  const pad = rig.pad({ name: 'Host Pad' })

  await rig.plug(pad)
  expect((await client.hears('add', pad.event)).node).toMatchObject({ exists: true })
  const ignored = daemon.messages('warn').map((message) => message.slice(0, message.indexOf(' of ')))
  expect(ignored.toSorted()).toEqual(['/dev/fd', '/dev/full', '/dev/nowhere/pad', '/dev/null/pad'])
  await rig.unplug(pad)
  await client.hears('remove', pad.input)
  expect(await container.exec('readlink', '/dev/nowhere')).toBe('/there/is/none')
})
