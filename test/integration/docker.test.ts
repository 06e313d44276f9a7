// Docker Engines that are not there yet, go away, or map users.
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject } from 'vitest'
import { Client } from './harness/client.js'
import { DockerEngine } from './harness/docker-engine.js'
import { unmountBelow } from './harness/mounts.js'
import type { Rig } from './harness/rig.js'
import { DEVICE_RULES, hidrawMajor, test as base } from './harness/rig.js'

const ROUTE = '  - { name: one, match: { name: "Pad*" }, container: docker-a }'

type EngineFactory = (args?: string[], prefix?: string[]) => DockerEngine

/** A test with a Docker Engine of its own, which is not started yet. */
const test = base.extend<{ engineOf: EngineFactory }>({
  engineOf: async ({ rig }, use) => {
    // Root of a user-namespaced container must get to its file system.
    await chmod(rig.directory, 0o755)
    const engines: DockerEngine[] = []
    await use((args, prefix) => {
      const engine = new DockerEngine(join(rig.directory, 'docker'), args, prefix)
      engines.push(engine)
      return engine
    })
    for (const engine of engines) await engine.destroy()
  },
})

describe('Docker', () => {
  test('may start after the daemon', async ({ rig, engineOf }) => {
    const own = engineOf()
    const daemon = await rig.daemon(ROUTE, own.socket)
    const early = rig.pad({ name: 'Pad' })
    await daemon.says('warn', /docker/i)
    await rig.plug(early)

    await startWithImage(own)
    const container = await own.run({ name: 'docker-a', args: DEVICE_RULES })
    await container.waitForPath(early.eventNode)
  })

  test('may be restarted; devices wait for it and for the container', async ({ rig, engineOf }) => {
    const own = engineOf()
    await startWithImage(own)
    const daemon = await rig.daemon(ROUTE, own.socket)
    const container = await own.run({ name: 'docker-a', args: DEVICE_RULES })
    const before = await Client.start(container, '--subsystem', 'input')
    const [early, meanwhile, later] = [
      rig.pad({ name: 'Pad' }),
      rig.pad({ name: 'Pad' }),
      rig.pad({ name: 'Pad' }),
    ]
    await rig.plug(early)
    await before.hears('add', early.event)

    await own.stop()
    await daemon.says('warn', /docker/i)
    await rig.plug(meanwhile)
    await own.start()
    await container.start()
    await container.waitForPath(meanwhile.eventNode)
    const client = await Client.start(container, '--subsystem', 'input')
    await rig.plug(later)
    await client.hears('add', later.event)

    expect(await container.list('/dev/input')).toHaveLength(6)
  })

  test.for([
    ['the announcement, and opens the node', false],
    ['it also with its stage as a volume, of a directory that it could not enter', true],
  ] as const)('may map users: root of the container hears %s', async ([, isGiven], { rig, engineOf }) => {
    const own = engineOf(['--userns-remap', 'dockremap'], await withMappedUser(rig))
    await startWithImage(own)
    const routes = `${ROUTE.slice(0, -2)}, node: { mode: "0666" } }`
    const daemon = await rig.daemon(routes, own.socket)
    const volumes = isGiven ? rig.volumes('docker-a') : []
    const container = await own.run({ name: 'docker-a', args: [...DEVICE_RULES, ...volumes] })
    const client = await Client.start(container, '--subsystem', 'input')
    const pad = rig.pad({ name: 'Pad' })

    await rig.plug(pad)
    const heard = await client.hears('add', pad.event)
    await rig.unplug(pad)
    await client.hears('remove', pad.input)

    expect(await container.exec('cat', '/proc/self/uid_map')).toMatch(/^ *0 +100000 +65536$/)
    expect(heard.node?.rdev).toBe(pad.eventNumber)
    expect(heard.node?.open_errno).toBe(constants.errno.ENXIO)

    if (isGiven) return
    // Its stage is lost and made anew.
    const mounts = async (): Promise<number> =>
      (await container.exec('cat', '/proc/self/mountinfo')).split('\n').length
    const before = await mounts()
    await daemon.stop()
    await unmountBelow(rig.stage)
    await rig.daemon(routes, own.socket)
    const next = rig.pad({ name: 'Pad' })
    await rig.plug(next)
    expect((await client.hears('add', next.event)).node?.open_errno).toBe(constants.errno.ENXIO)
    expect(await mounts()).toBe(before)
    expect(client.mishaps).toEqual([])
  })

  test('may map users: a hidraw node is bound with its mode and its owner inside, who opens it', async ({
    rig,
    engineOf,
  }) => {
    const own = engineOf(['--userns-remap', 'dockremap'], await withMappedUser(rig))
    await startWithImage(own)
    const daemon = await rig.daemon(ROUTE, own.socket)
    const container = await own.run({ name: 'docker-a', args: DEVICE_RULES })
    const client = await Client.start(container, '--subsystem', 'hidraw')
    const pad = rig.pad({ name: 'Pad', hidrawMajor: hidrawMajor() })

    await rig.plug(pad)
    const { node } = await client.hears('add', pad.hidraw)
    // root and the group input of the container, by its own ids; the driver is not there, which the kernel asks for last
    expect(node).toMatchObject({ rdev: pad.hidrawNumber, mode: '0660', uid: 0, gid: 104 })
    expect(node?.open_errno).toBe(constants.errno.ENXIO)
    const open = `exec 3<>${pad.hidrawNode}`
    const asPlayer = (group: string) =>
      own.docker('exec', '-u', `1000:${group}`, 'docker-a', 'sh', '-c', `(${open}) 2>&1 || true`)
    expect(await asPlayer('input')).toMatch(/No such device/)
    expect(await asPlayer('1000')).toMatch(/Permission denied/)

    await rig.unplug(pad)
    await client.hears('remove', pad.hidraw)
    await expect.poll(() => container.list('/dev')).not.toContain(pad.hidrawNode.slice('/dev/'.length))
    expect([...daemon.messages('warn'), ...daemon.messages('error')]).toEqual([])
  })
})

async function startWithImage(engine: DockerEngine): Promise<void> {
  await engine.start()
  await engine.load(inject('imageTar'))
}

/**
 * A command line before dockerd's by which it finds a user with subordinate ids, without a change to the
 * machine's own files.
 */
async function withMappedUser({ directory }: Rig): Promise<string[]> {
  const files = {
    passwd: `${await readFile('/etc/passwd', 'utf8')}dockremap:x:64321:64321::/:/bin/false\n`,
    group: `${await readFile('/etc/group', 'utf8')}dockremap:x:64321:\n`,
    subuid: 'dockremap:100000:65536\n',
    subgid: 'dockremap:100000:65536\n',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  const binds = Object.keys(files).map(
    (name) => `touch /etc/${name}; mount --bind ${join(directory, name)} /etc/${name}`,
  )
  return ['unshare', '--mount', 'sh', '-c', `${binds.join(' && ')} && exec "$@"`, 'sh']
}
