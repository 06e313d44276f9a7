// `udev-proxy status`: what a running daemon tells of itself.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect } from 'vitest'
import type { StatusReport } from '../../src/attach/status-report.js'
import type { Outcome } from './harness/command.js'
import { ENVIRONMENT, outcomeOf } from './harness/command.js'
import { MAIN } from './harness/daemon.js'
import type { Rig } from './harness/rig.js'
import { test } from './harness/rig.js'
import { Transcript } from './harness/transcript.js'

const ROUTES = `
  - { name: one, match: { name: "Status Pad" }, container: status-a }
  - { name: two, match: { name: "Status Wheel" }, container: status-b }
  - { name: three, match: { vendor: "f00d" }, container: status-c }
`

async function status(rig: Rig, ...args: string[]): Promise<Outcome> {
  return outcomeOf(MAIN, ['status', '--config', rig.config(ROUTES), ...args])
}

async function reportOf(rig: Rig): Promise<StatusReport> {
  const { code, stdout, stderr } = await status(rig, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as StatusReport
}

describe('udev-proxy status', () => {
  test('tells what is attached where, what waits and why, and what was counted', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTES)
    const { client } = await rig.player('status-a')
    await rig.container('status-c', [], { network: 'host' })
    // The engine tells of them one by one: until status-c is known, what is meant for it is made ready for it.
    await expect
      .poll(async () => (await reportOf(rig)).containers.map(({ state }) => state))
      .toEqual(['served', 'absent', 'refused'])
    const [pad, wheel] = [rig.pad({ name: 'Status Pad', vendor: '1234' }), rig.pad({ name: 'Status Wheel' })]
    const shared = rig.pad({ name: 'Shared', vendor: 'f00d' })
    const keyboard = rig.pad({ name: 'Typing', vendor: 'f00d', kind: 'keyboard' })

    await rig.plug(wheel, shared, keyboard, rig.pad({ name: 'Stranger', vendor: '1' }), pad)
    await client.hears('add', pad.event)

    await expect.poll(async () => (await reportOf(rig)).waiting.length).toBe(3)
    const report = await reportOf(rig)
    expect(report).toMatchObject({
      pid: daemon.pid,
      config: { path: rig.config(ROUTES) },
      engine: { name: `docker (${rig.engine.socket})`, state: 'reached' },
      unrouted: 1,
      failures: [],
    })
    expect(report.uptime).toBeLessThan(600)
    const [a, b, c] = report.containers
    expect(a).toMatchObject({
      name: 'status-a',
      state: 'served',
      hasOwnUdevd: false,
      units: [
        { unit: pad.input, title: expect.stringContaining('"Status Pad" (1234:') as string, route: 'one' },
      ],
    })
    expect(a?.id).toMatch(/^[0-9a-f]{12}$/)
    expect(a?.units[0]?.devices.map(({ state, node }) => [state, node?.path])).toEqual([
      ['live', undefined],
      ['live', pad.jsNode],
      ['live', pad.eventNode],
    ])
    expect(a?.units[0]?.devices[2]?.node).toMatchObject({ number: pad.eventNumber, mode: '0660' })
    expect(b).toMatchObject({ name: 'status-b', state: 'absent' })
    expect(b?.units[0]?.devices.map(({ state }) => state)).toEqual(['staged', 'staged', 'staged'])
    expect(c).toMatchObject({ name: 'status-c', state: 'refused', units: [] })
    expect(c?.reason).toMatch(/network namespace/)
    expect(report.waiting.map(({ unit, why, route }) => [unit, why, route])).toEqual([
      [wheel.input, 'absent', 'two'],
      [shared.input, 'refused', 'three'],
      [keyboard.input, 'keyboard', 'three'],
    ])
    expect(report.counters).toMatchObject({ overruns: 0, attaches: 6, detaches: 0, retries: 0 })
    expect(report.counters.uevents).toBeGreaterThan(11)
    expect(report.held).toMatchObject({
      units: 5,
      attachments: 6,
      sessions: 1,
      queue: 0,
      retries: 0,
      awaited: 0,
    })

    await rig.unplug(pad, wheel)
    await client.hears('remove', pad.input)
    const after = await reportOf(rig)
    expect(after.counters).toMatchObject({ attaches: 6, detaches: 6 })
    expect(after.held).toMatchObject({ units: 3, attachments: 0, links: 0 })
  })

  test('tells it in tables', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const { client } = await rig.player('status-a')
    const pad = rig.pad({ name: 'Status Pad', vendor: '1234', product: '5678' })
    await rig.plug(pad)
    await client.hears('add', pad.event)

    const { code, stdout, stderr } = await status(rig)

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const nodes = [pad.jsNode, pad.eventNode].map((node) => node.replace('/dev/input/', '')).join(' ')
    expect(stdout).toMatch(/^udev-proxy \S+, pid \d+, runs for /)
    expect(stdout).toMatch(/\nCONTAINER +ID +STATE\nstatus-a +[0-9a-f]{12} +served\n/)
    expect(stdout).toMatch(new RegExp(`\\nstatus-a +"Status Pad" \\(1234:5678\\) +one +live +${nodes}\\n`))
    expect(stdout).toMatch(/\nuevents \d+, dropped 0, overruns 0, /)
  })

  test('names a step that goes on failing, with its reason and its next try', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const { container } = await rig.player('status-a')
    const pad = rig.pad({ name: 'Status Pad' })
    // What is no directory takes no record.
    await outcomeOf('sh', [
      '-c',
      `rm -r ${rig.stage}/status-a/udev/data && : >${rig.stage}/status-a/udev/data`,
    ])
    await rig.plug(pad)

    await expect
      .poll(async () => (await reportOf(rig)).counters.retries, { timeout: 20_000 })
      .toBeGreaterThan(2)
    const { failures, containers } = await reportOf(rig)
    expect(failures).toHaveLength(3)
    expect(failures[2]).toMatchObject({
      container: 'status-a',
      devpath: pad.event,
      step: 'record',
      route: 'one',
    })
    expect(failures[2]?.reason).toMatch(/ENOTDIR/)
    expect(containers[0]?.units[0]?.devices.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed'])
    expect(await container.list('/dev/input')).toEqual([])
    expect((await status(rig)).stdout).toMatch(/\nFAILED +IN +STEP +TRIES +NEXT +REASON\n/)
  })

  test('says in one sentence that no daemon runs: 69', async ({ rig }) => {
    const { code, stdout, stderr } = await status(rig)

    expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
    expect(stderr).toBe(
      `udev-proxy: udev-proxy does not run: nobody answers at ${rig.control} (systemctl status udev-proxy)\n`,
    )
  })

  test('says that it needs root: 77', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=+dac_read_search']
    const command = [MAIN, 'status', '--config', rig.config(ROUTES)]

    const { code, stdout, stderr } = await outcomeOf('setpriv', [
      ...nobody,
      '--ambient-caps=+dac_read_search',
      '--',
      ...command,
    ])

    expect({ code, stdout }).toEqual({ code: 77, stdout: '' })
    expect(stderr).toBe(`udev-proxy: not allowed to ask at ${rig.control}: run this as root\n`)
  })

  test('goes on telling with --watch, a block for each change, until it is interrupted', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTES)
    const { client } = await rig.player('status-a')
    const watch = spawn(MAIN, ['status', '--json', '--watch', '--config', rig.config(ROUTES)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ENVIRONMENT,
    })
    const out = new Transcript('udev-proxy status', (line) => JSON.parse(line) as StatusReport)
    const err = new Transcript('udev-proxy status, stderr', (line: string) => line)
    out.read(watch.stdout)
    err.read(watch.stderr)
    const isLive = ({ containers }: StatusReport): boolean =>
      containers.some(({ units }) => units.some(({ devices }) => devices[2]?.state === 'live'))
    await out.until('the first', () => true)

    const pad = rig.pad({ name: 'Status Pad' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
    await out.until('the pad', isLive)
    await daemon.stop()
    await err.until('its end', (line) => line.includes('udev-proxy does not run'))
    await rig.daemon(ROUTES)
    await out.until('the next daemon', ({ pid }) => pid !== daemon.pid)

    watch.kill('SIGINT')
    expect(await once(watch, 'exit')).toEqual([0, null])
  })
})

test('draws in place on a terminal, and ends with 0 at Ctrl-C', async ({ rig }) => {
  await rig.daemon(ROUTES)
  // Without exec a shell may stay in between, and would end with 130 itself.
  const command = `exec ${MAIN} status --watch --config ${rig.config(ROUTES)}`
  // script(1) gives it a terminal, and types for us.
  const watch = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: ENVIRONMENT,
  })
  let shown = ''
  watch.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()))
  await expect.poll(() => shown.split('\x1b[H').length, { timeout: 20_000 }).toBeGreaterThan(3)
  const exited = once(watch, 'exit')
  watch.stdin.write('\x03')
  expect(await exited).toEqual([0, null])
  const [before, first, second] = shown.split('\x1b[H')
  expect(before).toBe('\x1b[2J')
  for (const screen of [first, second]) expect(screen).toMatch(/^udev-proxy .*uevents \d+.*\x1b\[J$/s)
})

describe("the daemon's control socket", () => {
  test('is for root alone, and goes with it', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTES)
    const stat = statSync(rig.control)
    expect({ mode: stat.mode & 0o777, uid: stat.uid }).toEqual({ mode: 0o600, uid: 0 })
    expect(await daemon.stop()).toBe(0)
    expect(statSync(rig.control, { throwIfNoEntry: false })).toBeUndefined()
  })

  test('keeps a second daemon from touching anything: 77', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTES)
    const before = await reportOf(rig)

    const second = await outcomeOf(MAIN, ['run', '--config', rig.config(ROUTES)])

    expect({ ...second, stderr: second.stderr.trim().split('\n').length }).toEqual({
      code: 77,
      stdout: '',
      stderr: 1,
    })
    expect(second.stderr).toContain(`another udev-proxy runs and has the control socket ${rig.control}`)
    expect((await reportOf(rig)).pid).toBe(before.pid)
    expect(await daemon.stop()).toBe(0)
  })

  test('is taken over from a daemon that was killed', async ({ rig }) => {
    const killed = await rig.daemon(ROUTES)
    await killed.stop('SIGKILL')
    expect(statSync(rig.control).isSocket()).toBe(true)

    const next = await rig.daemon(ROUTES)
    expect((await reportOf(rig)).pid).toBe(next.pid)
  })

  test('does not hold up the end of the daemon for somebody who does not read', async ({ rig }) => {
    const daemon = await rig.daemon(ROUTES)
    const idle = connect(rig.control)
    idle.pause()
    idle.on('error', () => undefined)
    await once(idle, 'connect')
    const start = performance.now()
    expect(await daemon.stop()).toBe(0)
    expect(performance.now() - start).toBeLessThan(3000)
    idle.destroy()
  })
})
