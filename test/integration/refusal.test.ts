// Containers that can't be served as they are: one warning that says why, and nothing done.
import { describe, expect } from 'vitest'
import type { Container } from './harness/docker-engine.js'
import type { Rig } from './harness/rig.js'
import { test } from './harness/rig.js'

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

  test('when it has something of its own in /dev/input', async ({ rig }) => {
    const args = ['--device', '/dev/null:/dev/input/event0']
    await expectRefusal(rig, () => rig.container('refused', args), /\/dev\/input/)
  })

  test('when it is read-only and has no /run/udev', async ({ rig }) => {
    await expectRefusal(rig, () => rig.container('refused', ['--read-only']), /--tmpfs \/run/)
  })
})

/** Plugs a device for the container that `start` starts, and one for a container that can be served. */
async function expectRefusal(
  rig: Rig,
  start: () => Promise<Container>,
  reason: RegExp,
  routes = ROUTES,
): Promise<void> {
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
