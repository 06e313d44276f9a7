// The installed unit under a real systemd: ready, watched, confined, stopped, and taken away again.
import { readFile, readdir, readlink, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { output, outcomeOf } from '../integration/harness/command.js'
import type { Container } from '../integration/harness/docker-engine.js'
import { CAPABILITIES } from '../../src/service/requirements.js'
import { CONFIG, runContainer, SERVICE, serviceState, STAGE, systemctl } from './harness/machine.js'
import { plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

let container: Container | undefined
let pad: InputDevice | undefined

afterEach(async () => {
  pad?.unplug()
  await container?.remove()
  pad = container = undefined
})

test('the service has told systemd that it is ready, and in a line what it does', async () => {
  const state = await serviceState('Type', 'ActiveState', 'SubState', 'StatusText', 'NRestarts')
  expect(state).toMatchObject({ Type: 'notify', ActiveState: 'active', SubState: 'running', NRestarts: '0' })
  expect(state['StatusText']).toMatch(/\w/)
  expect(await output('systemctl', ['status', '--no-pager', SERVICE])).toContain(
    `Status: "${String(state['StatusText'])}"`,
  )
})

test('its heartbeats reach the watchdog', async () => {
  const before = await serviceState('WatchdogUSec', 'WatchdogTimestampMonotonic', 'MainPID')
  expect(before['WatchdogUSec']).toMatch(/^\d+s$/)
  await until(
    'a heartbeat',
    async () => {
      const { WatchdogTimestampMonotonic: at } = await serviceState('WatchdogTimestampMonotonic')
      return Number(at) > Number(before['WatchdogTimestampMonotonic'])
    },
    40_000,
  )
  expect(await serviceState('MainPID', 'NRestarts')).toEqual({ MainPID: before['MainPID'], NRestarts: '0' })
})

test('it runs with the capabilities that it names and no others, without new privileges, behind a system call filter', async () => {
  const status = await readFile(`/proc/${await mainPid()}/status`, 'utf8')
  const named = Object.values(CAPABILITIES).reduce((set, bit) => set | (1n << BigInt(bit)), 0n)
  for (const set of ['CapBnd', 'CapEff', 'CapPrm']) {
    expect(BigInt(`0x${field(status, set)}`), set).toBe(named)
  }
  expect(field(status, 'NoNewPrivs')).toBe('1')
  expect(field(status, 'Seccomp')).toBe('2')
})

test('it lives in a mount namespace of its own, where only its stage can be written', async () => {
  const pid = await mainPid()
  expect(await readlink(`/proc/${pid}/ns/mnt`)).not.toBe(await readlink('/proc/1/ns/mnt'))
  const write = (path: string) => outcomeOf('nsenter', ['--target', pid, '--mount', 'touch', path])
  for (const path of ['/etc/x', '/usr/x', '/run/x', '/root/x']) {
    expect((await write(path)).stderr, path).toContain('Read-only file system')
  }
  expect((await write(`${STAGE}/x`)).code).toBe(0)
})

test("the stage is a tmpfs in the machine's mount namespace that allows devices and no programs", async () => {
  const mounts = await readFile('/proc/1/mounts', 'utf8')
  const options = new RegExp(`^\\S+ ${STAGE} tmpfs (\\S+) `, 'm').exec(mounts)?.[1]?.split(',')
  expect(options).toEqual(expect.arrayContaining(['rw', 'nosuid', 'noexec']))
  expect(options).not.toContain('nodev')
})

test('systemctl stop ends it with exit 0, and what is on the stage stays usable in the container', async () => {
  container = await runContainer({ name: 'retroarch-1' })
  pad = plugXboxPad()
  const { event } = pad
  await container.waitForPath(`/dev/input/${event}`)
  await systemctl('stop')
  expect(await serviceState('ActiveState', 'Result', 'ExecMainStatus')).toEqual({
    ActiveState: 'inactive',
    Result: 'success',
    ExecMainStatus: '0',
  })
  expect(await readdir(`${STAGE}/retroarch-1/input`)).toContain(event)
  // A shell's redirection opens the node.
  await container.shell(`: </dev/input/${event}`)

  await systemctl('start')
  pad.unplug()
  pad = undefined
  await container.shell(`while [ -e /dev/input/${event} ]; do sleep 0.1; done`)
})

test('a config with mistakes is told in the journal, and the service is not started again and again', async () => {
  const config = await readFile(CONFIG)
  await systemctl('stop')
  await writeFile(CONFIG, 'version: 1\nrouts: []\n')
  try {
    await expect(systemctl('start')).rejects.toThrow(/config\.yaml:2:1/)
    await pause(3000)
    expect(await serviceState('ActiveState', 'ExecMainStatus', 'NRestarts')).toEqual({
      ActiveState: 'failed',
      ExecMainStatus: '78',
      NRestarts: '0',
    })
  } finally {
    await writeFile(CONFIG, config)
  }
  await systemctl('start')
})

async function mainPid(): Promise<string> {
  const { MainPID } = await serviceState('MainPID')
  if (MainPID === undefined || MainPID === '0') throw new Error(`${SERVICE} does not run`)
  return MainPID
}

/** The value of a line of /proc/PID/status. */
function field(status: string, name: string): string {
  const value = new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)?.[1]
  if (value === undefined) throw new Error(`no ${name} in /proc/PID/status`)
  return value
}
