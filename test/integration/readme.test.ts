// The examples of the README's Tools section, run as they stand there.
import { readFileSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { Client } from './harness/client.js'
import { ENVIRONMENT, outcomeOf } from './harness/command.js'
import { MAIN } from './harness/daemon.js'
import { MadeHost } from './harness/made-host.js'
import { test } from './harness/rig.js'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const TOOLS = /^## Tools\n(.*?)^## /ms.exec(README)?.[1] ?? ''
const LINES = [...TOOLS.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
  block.trimEnd().split('\n'),
)
const examples = (command: string): string[] => LINES.filter((line) => line.includes(`udev-proxy ${command}`))
const argumentsOf = (example: string): string[] => example.replace(/ *#.*/, '').split(' ').slice(1)

test('every example of emit does what it says', async ({ rig }) => {
  const container = await rig.container('retroarch-1')
  await container.shell('mkdir -p /run/udev && : > /run/udev/control')
  const client = await Client.start(container)
  const bin = join(rig.directory, 'bin')
  await mkdir(bin)
  await symlink(resolve(MAIN), join(bin, 'udev-proxy'))
  const environment = [`DOCKER_HOST=unix://${rig.engine.socket}`, `PATH=${bin}:${ENVIRONMENT['PATH'] ?? ''}`]

  for (const example of examples('emit')) {
    const { code, stdout, stderr } = await outcomeOf('env', [...environment, 'sh', '-c', example])
    expect({ example, code, stderr }).toEqual({ example, code: 0, stderr: '' })
    expect(stdout).toMatch(example.includes('--dry-run') ? /^00000000  6c 69 62/ : /^sent to retroarch-1: /)
  }

  await client.hears('remove', '/devices/bomb')
  expect(examples('emit')).toHaveLength(4)
  expect(client.summary).toEqual(['add bomb', 'remove bomb', 'add bomb'])
})

test('every example of status tells what the daemon does, at the socket where it is by default', async ({
  rig,
}) => {
  const daemon = await rig.daemon('  - { name: one, match: { name: "Pad*" }, container: retroarch-1 }')
  const atDefault = 'mkdir -p /run/udev-proxy && mount --bind "$0" /run/udev-proxy && exec "$@"'
  const place = ['--mount', 'sh', '-c', atDefault, rig.directory]

  for (const example of examples('status')) {
    const args = argumentsOf(example)
    const isWatch = args.includes('--watch')
    const limit = isWatch ? ['timeout', '--foreground', '--preserve-status', '--signal', 'INT', '10'] : []
    const { code, stdout, stderr } = await outcomeOf('unshare', [...place, ...limit, MAIN, ...args])
    expect({ example, code, stderr }).toEqual({ example, code: 0, stderr: '' })
    if (args.includes('--json')) expect(JSON.parse(stdout)).toMatchObject({ pid: daemon.pid })
    else expect(stdout).toMatch(new RegExp(`^udev-proxy \\S+, pid ${daemon.pid}, runs for `))
  }
  expect(examples('status')).toHaveLength(3)
})

test('the examples of devices and explain tell of the devices of a host', async () => {
  const host = new MadeHost()
  onTestFinished(() => host.remove())

  for (const command of ['devices', 'explain']) {
    const [example = '', ...others] = examples(command)
    const { code, stdout, stderr } = await host.run(MAIN, ...argumentsOf(example))
    expect({ code, stderr, others }).toEqual({ code: 0, stderr: '', others: [] })
    expect(stdout).toMatch(/^"Sony DualSense/)
  }
})

test('every example of monitor prints until it is ended', async ({ rig }) => {
  await rig.container('retroarch-1')
  const environment = [`DOCKER_HOST=unix://${rig.engine.socket}`]

  const outcomes = await Promise.all(
    examples('monitor').map(async (example) => {
      const args = argumentsOf(example)
      // In the foreground it sends its signal once, not to the group as well: a second SIGTERM ends a program at once.
      const run = ['timeout', '--foreground', '--preserve-status', '25', MAIN, ...args]
      return { example, ...(await outcomeOf('env', [...environment, ...run])) }
    }),
  )

  expect(outcomes).toHaveLength(3)
  for (const { example, code, stdout, stderr } of outcomes) {
    expect({ example, code, stderr }).toEqual({ example, code: 0, stderr: '' })
    expect(stdout).toMatch(
      example.includes('--json') ? /^(\{.*\}\n)*$/ : /^monitor will print the received events for:\n/,
    )
  }
})
