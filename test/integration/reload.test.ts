// SIGHUP: the config is read anew, and only what it makes different is done.
import { appendFile, chmod, rm } from 'node:fs/promises'
import { describe, expect } from 'vitest'
import { output } from './harness/command.js'
import type { Daemon } from './harness/daemon.js'
import type { Pad } from './harness/pad.js'
import type { Player, Rig } from './harness/rig.js'
import { test } from './harness/rig.js'

const route = (container: string, more = ''): string =>
  `  - { name: one, match: { name: "Pad*" }, container: ${container}${more} }`

async function reloaded(rig: Rig, daemon: Daemon, routes: string): Promise<void> {
  const earlier = daemon.messages('info').filter((message) => message.startsWith('reloaded')).length
  rig.config(routes)
  process.kill(daemon.pid, 'SIGHUP')
  await daemon.log.until(
    'the reload',
    () => daemon.messages('info').filter((message) => message.startsWith('reloaded')).length > earlier,
  )
}

/** A daemon with `route`, and a pad that its container has heard of. */
async function attached(rig: Rig): Promise<Player & { daemon: Daemon; pad: Pad }> {
  const daemon = await rig.daemon(route('reload-a'))
  const player = await rig.player('reload-a')
  const pad = rig.pad({ name: 'Pad' })
  await rig.plug(pad)
  await player.client.hears('add', pad.js)
  return { daemon, ...player, pad }
}

describe('a config that is right', () => {
  test('moves a unit from one container to the other', async ({ rig }) => {
    const other = '  - { name: other, match: { name: Nothing }, container: reload-b }'
    const daemon = await rig.daemon(`${route('reload-a')}\n${other}`)
    const [a, b] = [await rig.player('reload-a'), await rig.player('reload-b')]
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    await a.client.hears('add', pad.js)

    await reloaded(rig, daemon, route('reload-b'))

    const added = await b.client.hears('add', pad.event)
    expect(added.node?.rdev).toBe(pad.eventNumber)
    expect((await a.client.hears('remove', pad.event)).node?.exists).toBe(false)
    expect(await a.container.list('/dev/input')).toEqual([])
  })

  test('changes mode and owner in place, and announces nothing', async ({ rig }) => {
    const { daemon, container, client, pad } = await attached(rig)
    const inode = await container.exec('stat', '-c', '%i', pad.eventNode)
    const heard = client.summary

    await reloaded(rig, daemon, route('reload-a', ', node: { mode: "0640", uid: 7, gid: 8 }'))

    expect(await container.exec('stat', '-c', '%i %a %u %g', pad.eventNode)).toBe(`${inode} 640 7 8`)
    expect(client.summary).toEqual(heard)
  })

  test('does nothing where only the name of a route is new', async ({ rig }) => {
    const { daemon, container, client, pad } = await attached(rig)
    const inode = await container.exec('stat', '-c', '%i', pad.eventNode)
    const heard = client.summary

    await reloaded(rig, daemon, route('reload-a').replace('name: one', 'name: another'))

    expect(await container.exec('stat', '-c', '%i', pad.eventNode)).toBe(inode)
    expect(client.summary).toEqual(heard)
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
  })

  test('lets go of a container that no route means any more, and tells it', async ({ rig }) => {
    const { daemon, container, client, pad } = await attached(rig)

    await reloaded(rig, daemon, route('somebody-else'))

    await client.hears('remove', pad.input)
    expect(await container.list('/dev/input')).toEqual([])
    // And takes it up again.
    await reloaded(rig, daemon, route('reload-a'))
    await container.waitForPath(pad.eventNode)
  })

  test('is told what waits for a restart', async ({ rig }) => {
    const daemon = await rig.daemon(route('reload-a'))
    await appendFile(rig.config(route('reload-a'), '/run/elsewhere.sock'), '')
    process.kill(daemon.pid, 'SIGHUP')
    const { message } = await daemon.says('warn', /: systemctl restart udev-proxy applies that/)
    expect(message).toMatch(/^docker\.socket in /)
  })
})

describe('a config with mistakes', () => {
  test('is not taken: every mistake is in the log with its place, and the one from before goes on', async ({
    rig,
  }) => {
    const daemon = await rig.daemon(route('reload-a'))
    const { client } = await rig.player('reload-a')
    const path = rig.config(`${route('reload-a')}\n  - { name: two, mach: {} }`)

    process.kill(daemon.pid, 'SIGHUP')
    await daemon.says(
      'error',
      /^config not reloaded, it has .* mistakes, the first at .*; udev-proxy keeps the config/,
    )

    expect(daemon.messages('error')[0]).toMatch(new RegExp(`^${path}:[78]:\\d+: `))
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    expect((await client.hears('add', pad.event)).node?.exists).toBe(true)
  })

  test('is not waited for where it is a FIFO', async ({ rig }) => {
    const daemon = await rig.daemon(route('reload-a'))
    const path = rig.config(route('reload-a'))
    await rm(path)
    await output('mkfifo', [path])

    process.kill(daemon.pid, 'SIGHUP')

    await daemon.says('error', /^config not reloaded/)
    expect(daemon.messages('error')[0]).toBe(
      `${path}:1:1: not a regular file (write the config into a file of its own, and name that)`,
    )
  })

  test('is not taken where others may write it', async ({ rig }) => {
    const daemon = await rig.daemon(route('reload-a'))
    await chmod(rig.config(route('reload-b')), 0o666)

    process.kill(daemon.pid, 'SIGHUP')

    await daemon.says('error', /others than its owner may write to it \(mode 0666\) \(chmod go-w /)
  })

  test('has warnings in the log', async ({ rig }) => {
    const daemon = await rig.daemon('  - match:\n      name: Pad #2\n    container: reload-a')
    const { message } = await daemon.says('warn', /is a comment outside quotes/)
    expect(message).toMatch(/config\.yaml:8:17: name: ends before "#2"/)
  })
})
