// The daemon as a process: how it starts, how it refuses to, how it ends.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { outcomeOf } from './harness/command.js'
import { MAIN } from './harness/daemon.js'
import { mountsBelow } from './harness/mounts.js'
import { test } from './harness/rig.js'

const ROUTE = '  - { name: one, match: { name: "Pad*" }, container: process-a }'

describe('udev-proxy run', () => {
  test.for(['SIGTERM', 'SIGINT'] as const)(
    'ends at %s, quickly and with 0, and leaves the stage',
    async (signal, { rig }) => {
      const daemon = await rig.daemon(ROUTE)
      const { container, client } = await rig.player('process-a')
      const pad = rig.pad({ name: 'Pad' })
      await rig.plug(pad)
      await client.hears('add', pad.event)

      const start = performance.now()
      expect(await daemon.stop(signal)).toBe(0)

      expect(performance.now() - start).toBeLessThan(3000)
      expect(await mountsBelow(rig.stage)).toEqual([rig.stage])
      expect(await container.list('/dev/input')).toEqual(
        [pad.eventNode.slice(11), pad.jsNode.slice(11)].toSorted(),
      )
      expect(client.summary).toHaveLength(3)
    },
  )

  test('does not start with a config that has mistakes: 78, and all of them are shown', async ({ rig }) => {
    const path = join(rig.directory, 'wrong.yaml')
    writeFileSync(
      path,
      'version: 1\nroutes:\n  - name: one\n    match: { vendor: 054c, nam: Pad }\n    container: a\n',
    )

    const run = await outcomeOf(process.execPath, [MAIN, 'run', '--config', path])
    const check = await outcomeOf(process.execPath, [MAIN, 'check', path])

    for (const { code, stdout, stderr } of [run, check]) {
      expect(code).toBe(78)
      expect(stdout + stderr).toContain(`${path}:4:`)
      expect(stdout + stderr).toMatch(/quote/)
      expect(stdout + stderr).toMatch(/name/)
    }
  })

  test('does not start without a config: 78, with its path', async ({ rig }) => {
    const path = join(rig.directory, 'missing.yaml')

    const { code, stdout, stderr } = await outcomeOf(process.execPath, [MAIN, 'run', '--config', path])

    expect(code).toBe(78)
    expect(stdout + stderr).toContain(path)
  })

  test('says in one sentence that it needs root: 77', async ({ rig }) => {
    // The repository may be in a home that others can't read: that one capability does not make a root.
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups']
    const reader = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
    const command = [process.execPath, MAIN, 'run', '--config', rig.config(ROUTE)]

    const { code, stdout, stderr } = await outcomeOf('setpriv', [...nobody, ...reader, '--', ...command])

    expect(code).toBe(77)
    expect((stdout + stderr).trim().split('\n')).toHaveLength(1)
    expect(stdout + stderr).toMatch(/root/)
    expect(existsSync(rig.stage)).toBe(false)
  })

  test('names the capability that root lacks: 77', async ({ rig }) => {
    const command = [process.execPath, MAIN, 'run', '--config', rig.config(ROUTE)]

    const { code, stdout, stderr } = await outcomeOf('setpriv', [
      '--bounding-set=-sys_admin',
      '--',
      ...command,
    ])

    expect(code).toBe(77)
    expect((stdout + stderr).trim().split('\n')).toHaveLength(1)
    expect(stdout + stderr).toMatch(/CAP_SYS_ADMIN/)
  })
})

describe('udev-proxy check', () => {
  test('ends with 0 when a config is right', async ({ rig }) => {
    const { code, stderr } = await outcomeOf(process.execPath, [MAIN, 'check', rig.config(ROUTE)])

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('offers a container that has nearly the name of a route, where the engine answers', async ({
    rig,
  }) => {
    await rig.container('near-games-1')
    const path = rig.config('  - { match: { name: "Pad*" }, container: Near_Games_1 }')

    const { code, stdout } = await outcomeOf(process.execPath, [MAIN, 'check', path])

    expect(code).toBe(0)
    expect(stdout).toMatch(/: ok, 1 route\n/)
    expect(stdout).toMatch(
      /:7:\d+: remark: there is no container Near_Games_1; did you mean near-games-1\?\n/,
    )
  })

  test('says no less without an engine', async ({ rig }) => {
    const path = rig.config(ROUTE, '/nowhere/docker.sock')
    const { code, stdout, stderr } = await outcomeOf(process.execPath, [MAIN, 'check', path])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${path}: ok, 1 route\n`, stderr: '' })
  })
})
