// `npm run demo`, built: what it tells, and what it leaves behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ENVIRONMENT, outcomeOf } from './harness/command.js'

const DEMO = 'dist/demo/main.js'

/** Directories, mounts and processes of a demo. */
function leftovers(): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return [
    ...readdirSync('/run').filter((name) => name.startsWith('udev-proxy-demo-')),
    ...mounts.filter((line) => line.includes('udev-proxy-demo')),
    ...processes().filter((command) => command.includes('demo/application.js')),
  ]
}

function processes(): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
      } catch {
        return []
      }
    })
}

describe('the demo', () => {
  test('tells the whole story from plug to unplug, exits with 0, and leaves nothing', async () => {
    const { code, stdout, stderr } = await outcomeOf(process.execPath, [DEMO])
    expect(stderr).toBe('')
    expect(stdout).not.toContain('MISSING')
    const labels = stdout.split('\n').flatMap((line) => /^ *\+\d+ µs {2}(\w+)/.exec(line)?.[1] ?? [])
    expect(labels[0]).toBe('plug')
    for (const label of ['uevent', 'route', 'node', 'record', 'announce', 'inside', 'unplug'])
      expect(labels).toContain(label)
    expect(stdout).toMatch(/because name is "udev-proxy demo pad"/)
    expect(stdout).toMatch(
      /heard add of event\d+; stat \/dev\/input\/event\d+: 13:\d+ 0660, open: (?:ok|ENXIO|ENODEV), record: there/,
    )
    expect(stdout).toMatch(/event\d+: node and record are gone/)
    expect(stdout).toContain('Every line happened.')
    expect(code).toBe(0)
    expect(leftovers()).toEqual([])
  })

  test.for(['SIGINT', 'SIGTERM'] as const)(
    'leaves nothing when %s ends it, whenever that is',
    async (signal) => {
      // From before the container exists until after the pad was plugged.
      for (const delay of [150, 300, 450, 600, 750, 900]) {
        const child = spawn(process.execPath, [DEMO], { stdio: 'ignore', env: ENVIRONMENT })
        const closed = once(child, 'close')
        await pause(delay)
        child.kill(signal)
        await closed
        expect(leftovers()).toEqual([])
      }
    },
  )

  test('says in one sentence that it needs root: 77', async () => {
    const { code, stdout, stderr } = await outcomeOf('setpriv', [
      '--reuid=65534',
      '--clear-groups',
      process.execPath,
      DEMO,
    ])
    expect(code).toBe(77)
    expect(stdout).toBe('')
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('root')
  })
})
