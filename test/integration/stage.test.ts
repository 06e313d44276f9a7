// The two ways in which a container gets its stage, and the nodes that are not on it.
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { MOUNTINFO_LIMIT } from '../../src/container/mountinfo.js'
import { SysfsTree } from '../unit/sysfs-tree.js'
import { Client } from './harness/client.js'
import { mountInside, unmountBelow } from './harness/mounts.js'
import type { Pad } from './harness/pad.js'
import { hidrawMajor, isStaged, test } from './harness/rig.js'

const ROUTES = `
  - { name: one, match: { name: "Pad of A" }, container: stage-a }
  - { name: two, match: { name: "Pad of B" }, container: stage-b }
`

describe('a stage that the daemon mounts', () => {
  test("is read-only inside, and holds libudev's control file", async ({ rig }) => {
    await rig.daemon(ROUTES)
    const container = await rig.container('stage-a')
    await container.waitForPath('/run/udev/control')
    await container.waitForPath('/dev/input')

    const mounts = (await container.exec('cat', '/proc/self/mounts'))
      .split('\n')
      .map((line) => line.split(' '))
    for (const target of ['/dev/input', '/run/udev']) {
      const found = mounts.filter(([, path]) => path === target)
      expect(found).toHaveLength(1)
      expect(found[0]?.[3]?.split(',')).toEqual(expect.arrayContaining(['ro', 'nosuid', 'noexec']))
      expect(found[0]?.[3]?.split(',')).not.toContain('nodev')
      await expect(container.shell(`echo > ${target}/x`)).rejects.toThrow('Read-only')
    }
  })

  test('works in a read-only container that has a /run of its own', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const { client } = await rig.player('stage-a', ['--read-only', '--tmpfs', '/run'])
    const pad = rig.pad({ name: 'Pad of A' })

    await rig.plug(pad)

    expect((await client.hears('add', pad.event)).node?.rdev).toBe(pad.eventNumber)
  })
})

describe('a stage that is a volume', () => {
  test('serves a client that is the first process', async ({ rig }) => {
    await rig.daemon(ROUTES)
    await expect.poll(() => isStaged(rig, 'stage-a')).toBe(true)
    const container = await rig.container('stage-a', rig.volumes('stage-a'), {
      command: ['libudev-client', '--subsystem', 'input'],
    })
    const client = Client.ofLog(container)
    await client.ready()
    const pad = rig.pad({ name: 'Pad of A' })

    await rig.plug(pad)
    const heard = await client.hears('add', pad.event)
    await rig.unplug(pad)
    await client.hears('remove', pad.input)

    expect(heard.node?.rdev).toBe(pad.eventNumber)
    expect(heard.record).toContain('E:ID_INPUT_JOYSTICK=1')
    expect(client.summary).toHaveLength(6)
    const mounts = await container.exec('cat', '/proc/self/mounts')
    expect(mounts.match(/ \/dev\/input /g)).toHaveLength(1)
    expect(mounts.match(/ \/run\/udev /g)).toHaveLength(1)
  })

  test('is complete at the first instruction, and what was seen then is not announced', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTES)
    const before = rig.pad({ name: 'Pad of A' })
    const later = rig.pad({ name: 'Pad of A' })
    await expect.poll(() => isStaged(rig, 'stage-a')).toBe(true)
    await rig.plug(before)
    await expect
      .poll(() => existsSync(`${rig.stage}/stage-a/input/event${before.eventNode.slice(16)}`))
      .toBe(true)
    const container = await rig.container('stage-a', rig.volumes('stage-a'), {
      command: ['sh', '-c', 'ls /dev/input; ls /run/udev/data; exec libudev-client --subsystem input'],
    })
    const client = Client.ofLog(container)
    await client.ready()

    await rig.plug(later)
    await client.hears('add', later.event)

    const listed = client.transcript.entries.flatMap((line) => ('text' in line ? [line.text] : []))
    expect(listed).toContain(before.eventNode.slice(11))
    expect(listed).toContain(`c${before.eventNumber}`)
    expect(client.heard.map(({ devpath }) => devpath)).toEqual([later.input, later.js, later.event])
    expect(daemon.messages('warn')).toEqual([])
  })
})

describe('a hidraw node', () => {
  test('is bound into its container alone, and unbound at unplug', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const [a, b] = await Promise.all([rig.container('stage-a'), rig.container('stage-b')])
    const client = await Client.start(a, '--subsystem', 'input', '--subsystem', 'hidraw')
    const other = await Client.start(b)
    const pad = rig.pad({ name: 'Pad of A', hidrawMajor: hidrawMajor() })
    const marker = rig.pad({ name: 'Pad of B' })

    await rig.plug(pad)
    const added = await client.hears('add', pad.hidraw)
    await rig.plug(marker)
    await other.hears('add', marker.event)
    expect(await b.list('/dev')).not.toContain(pad.hidrawNode.slice(5))
    expect(await a.list('/dev')).toContain(pad.hidrawNode.slice(5))
    await rig.unplug(pad)
    const removed = await client.hears('remove', pad.hidraw)

    expect(added.node).toEqual({
      exists: true,
      devnum: pad.hidrawNumber,
      rdev: pad.hidrawNumber,
      mode: '0660',
      uid: 0,
      // Of the group input in the image.
      gid: 104,
      open_errno: expect.toBeOneOf([constants.errno.ENXIO, constants.errno.ENODEV]) as number,
    })
    expect(added.record).not.toBeNull()
    expect(removed.node?.exists).toBe(false)
    expect(removed.record).toBeNull()
    expect(await a.list('/dev')).not.toContain(pad.hidrawNode.slice(5))
    expect(await a.exec('cat', '/proc/self/mounts')).not.toContain('hidraw')
    expect(other.heard.map(({ devpath }) => devpath)).not.toContain(pad.hidraw)
  })
})

/** A sysfs that has this pad alone, as if it had been plugged just now and its bind were still to come. */
function freshSysfs(tree: SysfsTree, { add }: Pad): void {
  for (const entry of readdirSync(tree.root)) rmSync(join(tree.root, entry), { recursive: true })
  for (const { action, devpath, properties } of add) {
    if (action !== 'add') continue
    const { SUBSYSTEM = '', ...others } = properties
    const uevent = Object.entries(others).map(([key, value]) => `${key}=${value}`)
    const driver = SUBSYSTEM === 'hid' ? { driver: 'hid-generic' } : {}
    tree.add(devpath, { subsystem: SUBSYSTEM, uevent, ...driver })
    const list = join(tree.root, SUBSYSTEM === 'hid' ? 'bus/hid/devices' : `class/${SUBSYSTEM}`)
    mkdirSync(list, { recursive: true })
    const link = join(list, devpath.slice(devpath.lastIndexOf('/') + 1))
    symlinkSync(relative(list, join(tree.root, devpath)), link)
  }
}

test('a HID device that its container has is no news to it when the stage is lost, however young it is', async ({
  rig,
}) => {
  const tree = new SysfsTree()
  onTestFinished(() => tree.remove())
  // In a mount namespace of its own: what it mounts goes with it.
  const script = 'mount --rbind "$0" /sys && exec "$@"'
  const prefix = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, tree.root]
  const pad = rig.pad({ name: 'Pad of A', hidrawMajor: hidrawMajor() })
  const container = await rig.container('stage-a')
  const first = await rig.daemon(ROUTES, undefined, undefined, prefix)
  const client = await Client.start(container, '--subsystem', 'input', '--subsystem', 'hidraw')
  freshSysfs(tree, pad)
  await rig.plug(pad)
  await client.hears('add', pad.hidraw)
  await first.stop()

  freshSysfs(tree, pad)
  const daemon = await rig.daemon(ROUTES, undefined, undefined, prefix)
  const marker = rig.pad({ name: 'Pad of A' })
  await rig.plug(marker)
  await client.hears('add', marker.event)
  expect(client.summary.filter((line) => line.startsWith('remove'))).toEqual([])
  expect(new Set(client.summary).size).toBe(client.summary.length)
  await container.waitForPath(pad.eventNode)
  expect(daemon.messages('warn')).toEqual([])
  await rig.unplug(pad)
  await client.hears('remove', pad.input)
})

describe.for([
  { title: 'that the daemon mounts', isGiven: false },
  { title: 'that is a volume', isGiven: true },
])('a stage $title', ({ isGiven }) => {
  test('is replaced when it was unmounted and made anew while its container runs', async ({ rig }) => {
    let daemon = await rig.daemon(ROUTES)
    await expect.poll(() => isStaged(rig, 'stage-a')).toBe(true)
    const container = await rig.container('stage-a', isGiven ? rig.volumes('stage-a') : [])
    const client = await Client.start(container, '--subsystem', 'input', '--subsystem', 'hidraw')
    const plugged = async () => {
      const pad = rig.pad({ name: 'Pad of A', hidrawMajor: hidrawMajor() })
      await rig.plug(pad)
      await client.hears('add', pad.hidraw)
      return pad
    }
    let pad = await plugged()
    const mounts = async () => (await container.exec('cat', '/proc/self/mountinfo')).split('\n')
    const before = await mounts()

    for (let round = 0; round < 5; round++) {
      await daemon.stop()
      await unmountBelow(rig.stage)
      await rig.unplug(pad)
      daemon = await rig.daemon(ROUTES)
      // From what the container still showed of it, node and record gone before.
      for (const devpath of [pad.hidraw, pad.event, pad.js, pad.input]) {
        const removed = await client.hears('remove', devpath)
        expect({ node: removed.node?.exists ?? false, record: removed.record }).toEqual({
          node: false,
          record: null,
        })
      }
      expect((await client.hears('remove', pad.event)).properties['ID_INPUT_JOYSTICK']).toBe('1')
      const gone = pad
      pad = await plugged()
      const now = await mounts()
      expect(now).toHaveLength(before.length)
      expect(now.filter((line) => line.includes('//deleted'))).toEqual([])
      expect(await container.list('/dev')).not.toContain(gone.hidrawNode.slice(5))
      expect(daemon.messages('warn')).toEqual([])
    }
    // Each once.
    const all = client.heard.map(({ action, devpath }) => `${action} ${devpath}`)
    expect(new Set(all).size).toBe(all.length)
    expect(client.mishaps).toEqual([])
  })
})

test('a container with more mounts than are looked through costs nobody else anything', async ({ rig }) => {
  const before = await rig.daemon(ROUTES)
  const container = await rig.container('stage-a')
  const client = await Client.start(container, '--subsystem', 'input', '--subsystem', 'hidraw')
  const { client: other } = await rig.player('stage-b')
  const pad = rig.pad({ name: 'Pad of A', hidrawMajor: hidrawMajor() })
  await rig.plug(pad)
  await client.hears('add', pad.hidraw)
  // Blanks are four bytes each in mountinfo.
  await mountInside(
    await container.pid(),
    `
for part in range(15): os.mkdir(' ' * 250); os.chdir(' ' * 250)
deep = os.getcwd()
os.chdir('/')
for index in range(600): mount(deep, deep, None, MS_BIND)
`,
  )
  await rig.unplug(pad)
  await client.hears('remove', pad.hidraw)
  expect(await container.list('/dev')).not.toContain(pad.hidrawNode.slice(5))
  expect(before.messages('warn')).toEqual([])

  await before.stop()
  await unmountBelow(rig.stage)
  const daemon = await rig.daemon(ROUTES)
  const pads = [rig.pad({ name: 'Pad of A' }), rig.pad({ name: 'Pad of B' })] as const
  await rig.plug(...pads)
  await other.hears('add', pads[1].event)
  await daemon.says(
    'warn',
    /stage-a, which can't be served: it has so many mounts .*; restart it, or unmount/,
  )
  const { length } = await readFile(`/proc/${await container.pid()}/mountinfo`)
  expect(length).toBeGreaterThan(MOUNTINFO_LIMIT)
})
