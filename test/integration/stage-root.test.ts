// The directory of the stages: whose it is, and what happens when it is taken away.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { Client } from './harness/client.js'
import { output, outcomeOf } from './harness/command.js'
import { Daemon, MAIN } from './harness/daemon.js'
import { mountsBelow } from './harness/mounts.js'
import type { Pad } from './harness/pad.js'
import type { Rig } from './harness/rig.js'
import { hidrawMajor, isStaged, test } from './harness/rig.js'

const ROUTES = `
  - { name: one, match: { name: "Pad of A" }, container: root-a }
  - { name: two, match: { name: "Pad of B" }, container: root-b }
`

/** A config whose stage is elsewhere. */
function configAt(rig: Rig, stage: string): string {
  const path = rig.config(ROUTES)
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^stage: .*$/m, `stage: ${stage}`))
  return path
}

describe("the stages' directory", () => {
  test('may be named through a symlink: one tmpfs, and a restart changes nothing', async ({ rig }) => {
    mkdirSync(join(rig.directory, 'real'))
    symlinkSync(join(rig.directory, 'real'), join(rig.directory, 'link'))
    const stage = join(rig.directory, 'link/stage')
    const config = configAt(rig, stage)
    let daemon = await Daemon.start(config)
    try {
      const volumes = ['-v', `${stage}/root-a/input:/dev/input:ro`, '-v', `${stage}/root-a/udev:/run/udev:ro`]
      const { client } = await rig.player('root-a', volumes)
      for (let round = 0; round < 2; round++) {
        const pad = rig.pad({ name: 'Pad of A' })
        await rig.plug(pad)
        expect((await client.hears('add', pad.event)).node?.rdev).toBe(pad.eventNumber)
        await daemon.stop()
        await rig.unplug(pad)
        daemon = await Daemon.start(config)
        expect(await mountsBelow(join(rig.directory, 'real'))).toEqual([join(rig.directory, 'real/stage')])
        // From the notes on the stage.
        await client.hears('remove', pad.input)
        expect(daemon.messages('warn')).toEqual([])
      }
      expect(client.summary).toHaveLength(12)
    } finally {
      await daemon.stop()
    }
  })

  test('is refused where something else is mounted, by run (77) and by check, and nothing is touched', async ({
    rig,
  }) => {
    const disk = join(rig.directory, 'disk')
    const stage = join(rig.directory, 'data')
    for (const path of [stage, join(disk, 'work/scratch')]) mkdirSync(path, { recursive: true })
    writeFileSync(join(disk, 'work/scratch/thesis.txt'), 'mine')
    await output('mount', ['--bind', disk, stage])
    const config = configAt(rig, stage)
    const look = async () => output('find', [disk, '-printf', '%p %m %y\\n'])
    const before = await look()

    for (const args of [
      ['run', '--config', config],
      ['check', config],
    ]) {
      const { code, stdout, stderr } = await outcomeOf(process.execPath, [MAIN, ...args])
      expect(code).toBe(77)
      expect(stdout + stderr).toContain(`${stage}, where the stages are to be, is where `)
      expect(stdout + stderr).toContain('choose another directory as stage: in the config')
      expect(stdout + stderr).not.toMatch(/\n {4}at /)
    }
    expect(await look()).toBe(before)
    expect(existsSync(rig.control)).toBe(false)
  })

  test.for(['/dev', '/', '/run/udev', '/run'])('is refused at %s', async (stage, { rig }) => {
    const { code, stdout, stderr } = await outcomeOf(process.execPath, [
      MAIN,
      'run',
      '--config',
      configAt(rig, stage),
    ])
    expect(code).toBe(stage === '/' ? 78 : 77)
    expect(stdout + stderr).not.toMatch(/\n {4}at /)
  })

  test('keeps what is no stage in its tmpfs', async ({ rig }) => {
    await (await rig.daemon(ROUTES)).stop()
    expect(isStaged(rig, 'root-a')).toBe(true)
    mkdirSync(join(rig.stage, 'photos/input'), { recursive: true })
    writeFileSync(join(rig.stage, 'photos/input/one.jpg'), 'mine')

    const daemon = await rig.daemon(ROUTES)

    await daemon.says('warn', /no stage is left alone: photos$/)
    await daemon.stop()
    expect(readFileSync(join(rig.stage, 'photos/input/one.jpg'), 'utf8')).toBe('mine')
  })
})

describe.for([
  { title: 'that the daemon mounts', isGiven: false },
  { title: 'that is a volume', isGiven: true },
])('a stage $title', ({ isGiven }) => {
  test.for([
    { what: 'unmounted', take: async (stage: string) => output('umount', ['--lazy', stage]) },
    {
      what: 'unmounted and mounted anew',
      take: async (stage: string) => {
        await output('umount', ['--lazy', stage])
        await output('mount', ['-t', 'tmpfs', '-o', 'mode=0700', 'udev-proxy', stage])
      },
    },
    { what: 'removed', take: async (stage: string) => output('rm', ['-r', join(stage, 'root-a')]) },
    {
      what: 'removed in part',
      take: async (stage: string) =>
        output('rm', ['-r', ...['udev/data', 'dev', 'input'].map((name) => join(stage, 'root-a', name))]),
    },
  ])('is made anew when it is $what under the daemon that runs', async ({ take }, { rig }) => {
    const daemon = await rig.daemon(ROUTES)
    await expect.poll(() => isStaged(rig, 'root-a')).toBe(true)
    const container = await rig.container('root-a', isGiven ? rig.volumes('root-a') : [])
    const client = await Client.start(container, '--subsystem', 'input', '--subsystem', 'hidraw')
    const plug = async (): Promise<Pad> => {
      const pad = rig.pad({ name: 'Pad of A', hidrawMajor: hidrawMajor() })
      await rig.plug(pad)
      const added = await client.hears('add', pad.hidraw)
      expect(added.node?.rdev).toBe(pad.hidrawNumber)
      return pad
    }
    const pads = [await plug(), await plug()]
    const mounts = async (): Promise<number> =>
      (await container.exec('cat', '/proc/self/mountinfo')).split('\n').length
    const before = await mounts()

    for (let round = 0; round < 2; round++) {
      await take(rig.stage)
      // One goes, and one stays.
      const gone = pads.shift()
      if (gone === undefined) throw new Error('none')
      await rig.unplug(gone)
      await client.hears('remove', gone.input)
      pads.push(await plug())
      expect(await mounts()).toBe(before)
      expect(await container.list('/dev/input')).toEqual(
        pads.flatMap(({ eventNode, jsNode }) => [eventNode.slice(11), jsNode.slice(11)]).toSorted(),
      )
      const records = await container.list('/run/udev/data')
      for (const pad of pads) expect(records).toContain(`c${pad.eventNumber}`)
      expect((await container.list('/dev')).filter((name) => name.startsWith('hidraw'))).toHaveLength(2)
      expect(daemon.messages('warn')).toHaveLength(round + 1)
    }
    expect(daemon.messages('warn')[0]).toMatch(
      /was (?:unmounted|removed).*: (?:there is one|it is made anew)/,
    )
    expect(daemon.messages('error')).toEqual([])
    const all = client.heard.map(({ action, devpath }) => `${action} ${devpath}`)
    expect(new Set(all).size).toBe(all.length)
    await rig.unplug(...pads)
    for (const pad of pads) await client.hears('remove', pad.input)
    expect(await container.list('/dev/input')).toEqual([])
    expect((await container.list('/dev')).filter((name) => name.startsWith('hidraw'))).toEqual([])
  })
})

test('a daemon in a mount namespace of its own ends when the stage that it was given is unmounted: 75', async ({
  rig,
}) => {
  mkdirSync(rig.stage, { recursive: true })
  // What happens to mounts of the host comes to the daemon's, as systemd has it for services.
  await output('mount', ['--bind', rig.directory, rig.directory])
  await output('mount', ['--make-shared', rig.directory])
  await output('mount', ['-t', 'tmpfs', '-o', 'mode=0700', 'udev-proxy', rig.stage])
  let daemon = await rig.daemon(ROUTES, undefined, undefined, [
    'unshare',
    '--mount',
    '--propagation',
    'slave',
  ])
  const { client, container } = await rig.player('root-a')
  const pad = rig.pad({ name: 'Pad of A' })
  await rig.plug(pad)
  await client.hears('add', pad.event)
  // The stage says what the clients know a moment later.
  const known = join(rig.stage, 'root-a/udev/udev-proxy', `c${pad.eventNumber}`)
  await expect.poll(() => existsSync(known)).toBe(true)

  await output('umount', ['--lazy', rig.stage])
  await rig.unplug(pad)

  expect(await daemon.end()).toBe(75)
  expect([...daemon.messages('warn'), ...daemon.messages('error')]).toEqual([
    expect.stringMatching(
      /^the stage's file system at \S+ was unmounted, .* the containers keep what they have$/,
    ),
  ])
  daemon = await rig.daemon(ROUTES)
  await client.hears('remove', pad.input)
  const next = rig.pad({ name: 'Pad of A' })
  await rig.plug(next)
  await client.hears('add', next.event)
  expect(await container.list('/dev/input')).toContain(next.eventNode.slice(11))
  expect(client.summary).toHaveLength(9)
})

test('a stage that is read-only is told of once, and once when it is not any more', async ({ rig }) => {
  const daemon = await rig.daemon(ROUTES)
  const { client } = await rig.player('root-a')
  await daemon.says('debug', /root-a is served/)
  await output('mount', ['-o', 'remount,ro', rig.stage])
  await rig.plug(rig.pad({ name: 'Pad of A' }), rig.pad({ name: 'Pad of A' }))
  await daemon.says('error', /could not be attached to root-a: .*EROFS/)
  expect(daemon.messages('warn')).toEqual([
    expect.stringMatching(/^udev-proxy could not write down that .*EROFS/),
  ])

  await output('mount', ['-o', 'remount,rw', rig.stage])
  const pad = rig.pad({ name: 'Pad of A' })
  await rig.plug(pad)
  await client.hears('add', pad.event)
  await daemon.says('info', /^notes on the devices in root-a can be written again$/)
  expect(daemon.messages('warn')).toHaveLength(1)
})
