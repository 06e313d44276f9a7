// Containers that can't be served as they are: one warning that says why, and nothing done.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { output } from './harness/command.js'
import { constants } from 'node:os'
import { Client } from './harness/client.js'
import type { Daemon } from './harness/daemon.js'
import { MAIN } from './harness/daemon.js'
import type { Pad } from './harness/pad.js'
import type { Container } from './harness/docker-engine.js'
import type { Rig } from './harness/rig.js'
import { hidrawMajor, test } from './harness/rig.js'

const ROUTES = `
  - { name: one, match: { name: "Refused Pad" }, container: refused }
  - { name: two, match: { name: "Marker" }, container: served }
`
const OWN = ROUTES.replace('container: refused', 'container: refused, network: own')

describe('a container is refused', () => {
  test('when it shares the network namespace of the host', async ({ rig }) => {
    await expectRefusal(rig, () => rig.container('refused', [], { network: 'host' }), /add network: host to/)
  })

  test('when it shares the network namespace of another container, and its route says own', async ({
    rig,
  }) => {
    const start = async () => {
      const other = await rig.container('other')
      return rig.container('refused', [], { network: `container:${other.name}` })
    }
    await expectRefusal(rig, start, /shares its network namespace with container other/, OWN)
  })

  test("when it has the host's /dev", async ({ rig }) => {
    await expectRefusal(rig, () => rig.container('refused', ['-v', '/dev:/dev']), /\/dev/)
  })

  test('when it was created with --device for a node in /dev/input', async ({ rig }) => {
    const args = ['--device', '/dev/null:/dev/input/event0']
    const reason = /by --device \/dev\/input\/event0; create it without/
    await expectRefusal(rig, () => rig.container('refused', args), reason)
  })

  test('when it has a volume there', async ({ rig }) => {
    await writeFile(join(rig.directory, 'own'), '')
    const args = ['-v', `${rig.directory}/own:/run/udev/own`]
    const reason = /\/run\/udev \(own\), by a volume at \/run\/udev\/own; create it without that -v/
    await expectRefusal(rig, () => rig.container('refused', args), reason)
  })

  test('when something inside makes nodes, and is served once they are gone', async ({ rig }) => {
    const own = '[ -e /dev/input/event0 ] || { mkdir -p /dev/input; : >/dev/input/event0; }'
    const options = { command: ['sh', '-c', `${own}; sleep 100000`] }
    const start = async () => {
      const container = await rig.container('refused', [], options)
      await container.waitForPath('/dev/input/event0')
      return container
    }
    const { daemon, container } = await expectRefusal(rig, start, /something inside has made .* entrypoint/)
    await container.shell('rm /dev/input/event0')
    await daemon.says('info', /refused can be served now/)
    const pad = rig.pad({ name: 'Refused Pad' })
    await rig.plug(pad)
    await container.waitForPath(pad.eventNode)
  })

  test('when it is read-only and has no /run/udev', async ({ rig }) => {
    await expectRefusal(rig, () => rig.container('refused', ['--read-only']), /--tmpfs \/run/)
  })
})

describe('a hidraw node that the container was given by --device', () => {
  const ROUTE = '  - { name: one, match: { name: "Given Pad" }, container: given }'
  const clientOf = (container: Container) =>
    Client.start(container, '--subsystem', 'input', '--subsystem', 'hidraw')

  test('is used as it is when its number is right, and stays there after the unplug', async ({ rig }) => {
    const pad = rig.pad({ name: 'Given Pad', hidrawMajor: hidrawMajor() })
    let daemon = await rig.daemon(ROUTE)
    const container = await withDevice(rig, pad, pad.hidrawNumber)
    const client = await clientOf(container)
    const own = await container.exec('stat', '-c', '%d %i %t:%T', pad.hidrawNode)

    await rig.plug(pad)
    const added = await client.hears('add', pad.hidraw)
    expect(added.node).toMatchObject({ exists: true, rdev: pad.hidrawNumber })
    expect(await container.exec('stat', '-c', '%d %i %t:%T', pad.hidrawNode)).toBe(own)
    // A daemon after this one finds that it is not in sysfs.
    await daemon.stop()
    daemon = await rig.daemon(ROUTE)
    await client.hears('remove', pad.hidraw)
    await client.hears('remove', pad.input)

    expect(await container.exec('stat', '-c', '%d %i %t:%T', pad.hidrawNode)).toBe(own)
    expect([...daemon.messages('warn'), ...daemon.messages('error')]).toEqual([])
  })

  test('keeps this device out alone when it is another device, which is said once', async ({ rig }) => {
    const pad = rig.pad({ name: 'Given Pad', hidrawMajor: hidrawMajor() })
    const daemon = await rig.daemon(ROUTE)
    const container = await withDevice(rig, pad, '1:3')
    const client = await clientOf(container)

    await rig.plug(pad)
    await client.hears('add', pad.event)
    const { message } = await daemon.says('warn', /hidraw/)
    expect(message).toMatch(
      new RegExp(
        `^hidraw\\d+ is not attached to given: the container has another device at ${pad.hidrawNode} \\(1:3, not ${pad.hidrawNumber}\\); create it without`,
      ),
    )
    await rig.unplug(pad)
    await client.hears('remove', pad.input)
    expect(client.heard.map(({ devpath }) => devpath)).not.toContain(pad.hidraw)
    expect(await container.exec('stat', '-c', '%t:%T', pad.hidrawNode)).toBe('1:3')
    expect(daemon.messages('warn')).toHaveLength(1)
    expect(daemon.messages('error')).toEqual([])
  })

  /** A container that was created with --device for a node of this number, under the name of the pad's. */
  async function withDevice(rig: Rig, pad: Pad, number: string): Promise<Container> {
    const node = join(rig.directory, 'node')
    await output('mknod', [node, 'c', ...number.split(':')])
    return rig.container('given', ['--device', `${node}:${pad.hidrawNode}`])
  }
})

test('a container that may not open what it is given is told of once, with the line to add', async ({
  rig,
}) => {
  const daemon = await rig.daemon('  - { name: one, match: { name: "Closed Pad*" }, container: closed }')
  const container = await rig.engine.run({ name: 'closed' })
  try {
    const client = await Client.start(container, '--subsystem', 'input')
    const pads = [rig.pad({ name: 'Closed Pad' }), rig.pad({ name: 'Closed Pad too' })]
    for (const pad of pads) {
      await rig.plug(pad)
      expect((await client.hears('add', pad.event)).node?.open_errno).toBe(constants.errno.EPERM)
    }
    const rule = "--device-cgroup-rule='c 13:\\* rw' \\(compose: device_cgroup_rules: \\['c 13:\\* rw'\\]\\)"
    const said = new RegExp(
      `can't open (?:event|js)\\d+ \\(13:\\d+\\): its device cgroup does not allow it; create it with ${rule}`,
    )
    const { message } = await daemon.says('warn', said)
    expect(message).toMatch(/^closed can't open/)
    const args = ['status', '--config', join(rig.directory, 'config.yaml')]
    expect(await output(process.execPath, [MAIN, ...args])).toMatch(said)
    await rig.unplug(...pads)
    for (const pad of pads) await client.hears('remove', pad.input)
    expect(daemon.messages('warn')).toHaveLength(1)
  } finally {
    await container.remove()
  }
})

/** Plugs a device for the container that `start` starts, and one for a container that can be served. */
async function expectRefusal(
  rig: Rig,
  start: () => Promise<Container>,
  reason: RegExp,
  routes = ROUTES,
): Promise<{ daemon: Daemon; container: Container }> {
  const daemon = await rig.daemon(routes)
  const { client: served } = await rig.player('served')
  const container = await start()
  const before = await viewOf(container)
  const pad = rig.pad({ name: 'Refused Pad' })
  const markers = [rig.pad({ name: 'Marker' }), rig.pad({ name: 'Marker' })]

  await rig.plug(pad)
  await daemon.says('warn', /refused/)
  for (const marker of markers) {
    await rig.plug(marker)
    await served.hears('add', marker.event)
  }
  await rig.unplug(pad, ...markers)
  await Promise.all(markers.map(({ input }) => served.hears('remove', input)))

  const warnings = daemon.messages('warn')
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatch(reason)
  expect(warnings[0]).toMatch(/\brefused\b/)
  expect(warnings[0]).toContain('Refused Pad')
  expect(daemon.messages('error')).toEqual([])
  expect(await viewOf(container)).toBe(before)
  return { daemon, container }
}

/** Everything of a container that a refused device could have changed. */
async function viewOf(container: Container): Promise<string> {
  const [mounts, input, udev] = await Promise.all([
    container.exec('cat', '/proc/self/mounts'),
    container.shell('ls -la /dev/input 2>&1 || true'),
    container.shell('ls -la /run/udev 2>&1 || true'),
  ])
  return [mounts, input, udev].join('\n')
}
