// `docker rename`: routes by name follow the container, and its stage follows it.
import { describe, expect } from 'vitest'
import { Client } from './harness/client.js'
import { test } from './harness/rig.js'

const routes = (...names: string[]): string =>
  names.map((name) => `  - { name: ${name}, match: { name: "Pad ${name}" }, container: ${name} }`).join('\n')

describe('a running container that is renamed', () => {
  test('keeps what both names are routed, loses what only the old one was, and gets what the new one is', async ({
    rig,
  }) => {
    const daemon = await rig.daemon(
      `${routes('name-a', 'name-b')}\n  - { name: both, match: { name: Pad }, container: "name-[ab]" }`,
    )
    const { container, client } = await rig.player('name-a')
    const [old, kept, next] = [
      rig.pad({ name: 'Pad name-a' }),
      rig.pad({ name: 'Pad' }),
      rig.pad({ name: 'Pad name-b' }),
    ]
    await rig.plug(old, kept, next)
    for (const pad of [old, kept]) await client.hears('add', pad.js)
    const inode = await container.exec('stat', '-c', '%i', kept.eventNode)

    await rig.engine.docker('rename', 'name-a', 'name-b')

    await client.hears('remove', old.input)
    expect((await client.hears('add', next.event)).node?.rdev).toBe(next.eventNumber)
    await daemon.says('info', /^container name-a is called name-b now$/)
    expect(await rig.engine.docker('exec', 'name-b', 'stat', '-c', '%i', kept.eventNode)).toBe(inode)
    expect(
      client.heard.filter(({ devpath, action }) => devpath === kept.event && action === 'add'),
    ).toHaveLength(1)
    await rig.unplug(kept)
    await client.hears('remove', kept.input)
    await rig.engine.docker('rename', 'name-b', 'name-a')
  })

  test('is followed when it was renamed while no daemon ran', async ({ rig }) => {
    const routed = '  - { name: both, match: { name: Pad }, container: "name-[ab]" }'
    const daemon = await rig.daemon(routed)
    const { container, client } = await rig.player('name-a')
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    await client.hears('add', pad.js)
    await daemon.stop()
    await rig.engine.docker('rename', 'name-a', 'name-b')

    await rig.daemon(routed)

    // No input device of the machine is this one: a daemon that starts finds it gone.
    await client.hears('remove', pad.input)
    const later = rig.pad({ name: 'Pad' })
    await rig.plug(later)
    expect((await client.hears('add', later.event)).node?.rdev).toBe(later.eventNumber)
    await rig.engine.docker('rename', 'name-b', 'name-a')
    expect(await container.list('/dev/input')).toHaveLength(2)
  })

  test('leaves its name to another, which is served beside it', async ({ rig }) => {
    await rig.daemon(routes('name-a', 'name-b'))
    const first = await rig.player('name-a')
    const [one, two] = [rig.pad({ name: 'Pad name-a' }), rig.pad({ name: 'Pad name-b' })]
    await rig.plug(one)
    await first.client.hears('add', one.js)

    await rig.engine.docker('rename', 'name-a', 'name-b')
    await first.client.hears('remove', one.input)
    const second = await rig.container('name-a')
    await second.waitForPath(one.eventNode)
    const client = await Client.start(second, '--subsystem', 'input')
    await rig.plug(two)

    expect((await first.client.hears('add', two.event)).node?.rdev).toBe(two.eventNumber)
    expect(client.summary.filter((line) => line.startsWith('add'))).toEqual([])
    await rig.engine.docker('rm', '-f', 'name-b')
  })
})
