// A bug ends the daemon, always: one that is started anew does better than one that goes on with half of its state.
import { resolve } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { Daemon } from './harness/daemon.js'
import { test } from './harness/rig.js'

const ROUTES = '  - { name: one, match: { name: "Bug Pad" }, container: bug-a }'

describe('a bug ends the process with 70, and is told once', () => {
  test.for(['plan', 'timer', 'promise', 'callback', 'end'])('%s', async (bug, { rig }) => {
    const preload = resolve('test/integration/harness/bugs.mjs')
    const prefix = ['env', `UDEV_PROXY_BUG=${bug}`, process.execPath, '--import', preload]
    const daemon = await Daemon.start(rig.config(ROUTES), prefix)
    onTestFinished(async () => {
      await daemon.stop('SIGKILL')
    })
    const { client } = await rig.player('bug-a')
    const pad = rig.pad({ name: 'Bug Pad' })
    await rig.plug(pad)
    await client.hears('add', pad.event)

    process.kill(daemon.pid, 'SIGUSR2')
    await daemon.says('text', /^there is a bug now$/)
    await rig.unplug(pad)

    expect(await daemon.end()).toBe(70)
    const errors = daemon.messages('error')
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(/^stopping because of a bug: TypeError: [^]*\n +at /)
    expect(daemon.messages('text')).toEqual(['there is a bug now'])
  })
})
