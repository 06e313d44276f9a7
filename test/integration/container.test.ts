// Containers that come and go, and how a route names them.
import { describe, expect } from 'vitest'
import { Client } from './harness/client.js'
import { test } from './harness/rig.js'

const ROUTE = '  - { name: one, match: { name: "Pad*" }, container: life-a }'

describe('a device waits', () => {
  test('for an owner that does not run, and is attached when it starts', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTE)
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    const container = await rig.container('life-a')

    await container.waitForPath(pad.eventNode)
    await container.waitForPath(`/run/udev/data/c${pad.eventNumber}`)
    await daemon.says('info', /life-a/)

    expect(await container.exec('stat', '-c', '%t:%T %a', pad.eventNode)).toMatch(/^d:[0-9a-f]+ 660$/)
    const client = await Client.start(container)
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
    expect(await container.list('/dev/input')).toEqual([])
  })

  test('and is announced in a container that got its stage after the start', async ({ rig }) => {
    await rig.daemon(ROUTE)
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    // The control file comes with the stage, the announcement after it: a client that starts in between may
    // hear it or find the node.
    const container = await rig.container('life-a', [], {
      command: ['libudev-client', '--wait', '--subsystem', 'input'],
    })
    const client = Client.ofLog(container)
    await client.ready()
    await container.waitForPath(pad.eventNode)
    const later = rig.pad({ name: 'Pad' })
    await rig.plug(later)
    await client.hears('add', later.event)

    expect(client.mishaps).toEqual([])
    expect(await container.list('/dev/input')).toHaveLength(4)
  })
})

describe('a container that is restarted', () => {
  test('is served anew, with what is still plugged', async ({ rig }) => {
    await rig.daemon(ROUTE)
    const first = await rig.player('life-a')
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    await first.client.hears('add', pad.event)

    await first.container.stop()
    await first.container.start()
    const client = await Client.start(first.container, '--subsystem', 'input')
    await first.container.waitForPath(pad.eventNode)
    const later = rig.pad({ name: 'Pad' })
    await rig.plug(later)

    expect((await client.hears('add', later.event)).node?.rdev).toBe(later.eventNumber)
    await rig.unplug(pad)
    expect((await client.hears('remove', pad.event)).node?.exists).toBe(false)
  })

  test('has none of what was unplugged while it was down', async ({ rig }) => {
    await rig.daemon(ROUTE)
    const first = await rig.player('life-a')
    const [gone, kept] = [rig.pad({ name: 'Pad' }), rig.pad({ name: 'Pad' })]
    await rig.plug(gone, kept)
    await first.client.hears('add', kept.event)

    await first.container.stop()
    await rig.unplug(gone)
    await first.container.start()
    await first.container.waitForPath(kept.eventNode)

    expect(await first.container.list('/dev/input')).toEqual(
      [kept.eventNode.slice(11), kept.jsNode.slice(11)].toSorted(),
    )
  })
})

describe('a daemon that is restarted', () => {
  test('serves a container that ran before it', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTE)
    const { client } = await rig.player('life-a')
    expect(await daemon.stop()).toBe(0)
    await rig.daemon(ROUTE)
    const pad = rig.pad({ name: 'Pad' })

    await rig.plug(pad)

    expect((await client.hears('add', pad.event)).node?.rdev).toBe(pad.eventNumber)
  })
})

describe('a daemon that was down', () => {
  test('takes away what was unplugged meanwhile, and announces it from memory', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTE)
    const { container, client } = await rig.player('life-a')
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    const added = await client.hears('add', pad.event)

    await daemon.stop()
    await rig.unplug(pad)
    await rig.daemon(ROUTE)
    const removed = await client.hears('remove', pad.event)
    await client.hears('remove', pad.input)

    const { SEQNUM } = removed.properties
    // A property whose name begins with a dot is never kept.
    const kept = Object.entries(added.properties).filter(([key]) => !key.startsWith('.'))
    expect(removed.properties).toEqual({ ...Object.fromEntries(kept), ACTION: 'remove', SEQNUM })
    expect(await container.list('/dev/input')).toEqual([])
    expect(await container.list('/run/udev/data')).toEqual([])
  })
})

describe('a route names its container', () => {
  test('by label', async ({ rig }) => {
    await rig.daemon('  - { name: one, match: { name: "Pad*" }, container: { label: { seat: couch } } }')
    await rig.container('life-b', ['--label', 'seat=desk'])
    const { client } = await rig.player('life-a', ['--label', 'seat=couch'])
    const pad = rig.pad({ name: 'Pad' })

    await rig.plug(pad)

    expect((await client.hears('add', pad.event)).node?.exists).toBe(true)
  })

  test('by compose project and service', async ({ rig }) => {
    await rig.daemon(
      '  - { name: one, match: { name: "Pad*" }, container: { compose: { project: arcade, service: player } } }',
    )
    const label = (project: string) => [
      ...['--label', `com.docker.compose.project=${project}`],
      ...['--label', 'com.docker.compose.service=player'],
    ]
    await rig.container('life-b', label('office'))
    const { client } = await rig.player('life-a', label('arcade'))
    const pad = rig.pad({ name: 'Pad' })

    await rig.plug(pad)

    expect((await client.hears('add', pad.event)).node?.exists).toBe(true)
  })

  test('by compose service: of a scaled one number 1, unless the route says which, and no one-off container', async ({
    rig,
  }) => {
    const service = 'compose: { project: arcade, service: game'
    const daemon = await rig.daemon(
      `  - { name: one, match: { name: "Pad" }, container: { ${service} } } }
  - { name: two, match: { name: "Other" }, container: { ${service}, number: 2 } } }`,
    )
    const label = (number: string, oneoff: string) => [
      ...['--label', 'com.docker.compose.project=arcade', '--label', 'com.docker.compose.service=game'],
      ...['--label', `com.docker.compose.container-number=${number}`],
      ...['--label', `com.docker.compose.oneoff=${oneoff}`],
    ]
    // In the order of their start, which decides where nothing else does.
    const oneOff = await rig.container('life-game-run', label('1', 'True'))
    const second = await rig.player('life-game-2', label('2', 'False'))
    const [pad, other] = [rig.pad({ name: 'Pad' }), rig.pad({ name: 'Other' })]
    await rig.plug(pad, other)
    await second.client.hears('add', other.event)
    const first = await rig.player('life-game-1', label('1', 'False'))
    await first.container.waitForPath(pad.eventNode)

    await rig.unplug(other)
    await second.client.hears('remove', other.input)
    expect(second.client.heard.map(({ devpath }) => devpath)).not.toContain(pad.event)
    expect(await oneOff.list('/dev/input')).toEqual([])
    expect([...daemon.messages('warn'), ...daemon.messages('error')]).toEqual([])
  })

  test('by id', async ({ rig }) => {
    const container = await rig.container('life-a')
    const id = await rig.engine.docker('inspect', '--format', '{{.Id}}', container.name)
    await rig.daemon(`  - { name: one, match: { name: "Pad*" }, container: { id: "${id}" } }`)
    const client = await Client.start(container, '--subsystem', 'input')
    const pad = rig.pad({ name: 'Pad' })

    await rig.plug(pad)

    expect((await client.hears('add', pad.event)).node?.exists).toBe(true)
  })

  test('by a glob, and of several the one that was started first gets the device, with a warning', async ({
    rig,
  }) => {
    const daemon = await rig.daemon('  - { name: one, match: { name: "Pad*" }, container: "life-*" }')
    const first = await rig.player('life-z')
    const second = await rig.container('life-a')
    const pad = rig.pad({ name: 'Pad' })

    await rig.plug(pad)
    await first.client.hears('add', pad.event)
    const warning = await daemon.says('warn', /life-a/)
    await rig.unplug(pad)
    await first.client.hears('remove', pad.input)

    expect(warning.message).toMatch(/life-z/)
    expect(await second.list('/dev/input')).toEqual([])
    expect(daemon.messages('warn')).toHaveLength(1)
  })
})
