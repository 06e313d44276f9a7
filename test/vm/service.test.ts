// The installed unit under a real systemd: ready, watched, confined, stopped, and taken away again.
import { readFile, readdir, readlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { output, outcomeOf } from '../integration/harness/command.js'
import { CAPABILITIES } from '../../src/service/requirements.js'
import { CONFIG, PADS, SERVICE, serviceState, STAGE, systemctl } from './harness/machine.js'
import { plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

let pad: InputDevice | undefined

test('the service has told systemd that it is ready, and in a line what it does', async () => {
  const state = await serviceState('Type', 'ActiveState', 'SubState', 'StatusText', 'NRestarts')
  expect(state).toMatchObject({ Type: 'notify', ActiveState: 'active', SubState: 'running', NRestarts: '0' })
  expect(state['StatusText']).toMatch(/\w/)
  expect(await output('systemctl', ['status', '--no-pager', SERVICE])).toContain(
    `Status: "${String(state['StatusText'])}"`,
  )
})

test('it starts before Docker, so that stages exist when containers start that have them as volumes', async () => {
  expect((await serviceState('Before'))['Before']?.split(' ')).toContain('docker.service')
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
  pad = plugXboxPad()
  await PADS.waitForPath(`/dev/input/${pad.event}`)
  await systemctl('stop')
  expect(await serviceState('ActiveState', 'Result', 'ExecMainStatus')).toEqual({
    ActiveState: 'inactive',
    Result: 'success',
    ExecMainStatus: '0',
  })
  expect(await readdir(`${STAGE}/${PADS.name}/input`)).toContain(pad.event)
  // The redirection opens the node.
  await PADS.shell(`: </dev/input/${pad.event}`)
})

test('a config with mistakes is told in the journal, and the service is not started again and again', async () => {
  const config = await readFile(CONFIG)
  await writeFile(CONFIG, 'version: 1\nrouts: []\n')
  await expect(systemctl('start')).rejects.toThrow(/config\.yaml:2:1/)
  // It would be `activating` if systemd were about to restart it.
  const failed = { ActiveState: 'failed', ExecMainStatus: '78', NRestarts: '0' }
  expect(await serviceState(...Object.keys(failed))).toEqual(failed)
  await writeFile(CONFIG, config)
})

test('a start finds what was plugged, and what was unplugged, while it did not run', async () => {
  const unplugged = pad
  unplugged?.unplug()
  pad = plugXboxPad('Late Pad')
  await systemctl('start')
  await PADS.waitForPath(`/dev/input/${pad.event}`)
  await until('the unplugged one to go', async () => {
    const nodes = await readdir(`${STAGE}/${PADS.name}/input`)
    return nodes.length === 2
  })
  pad.unplug()
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
