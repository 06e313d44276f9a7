// What the installed tools tell of a real pad: the daemon's state, its route, what its container gets, and a match for it.
import { readFile, stat } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import type { StatusReport } from '../../src/attach/status-report.js'
import type { ListedUnit } from '../../src/cli/device-list.js'
import { output } from '../integration/harness/command.js'
import { PADS, STAGE, serviceState } from './harness/machine.js'
import { plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

let pad: InputDevice
const tool = async (...args: string[]): Promise<string> => output('udev-proxy', args)

beforeAll(async () => {
  pad = plugXboxPad('Told Pad')
  await PADS.waitForPath(`/dev/input/${pad.event}`)
})

test('status asks the service, whose socket is for root alone', async () => {
  const socket = await stat('/run/udev-proxy/control.sock')
  expect({ mode: socket.mode & 0o777, uid: socket.uid }).toEqual({ mode: 0o600, uid: 0 })
  const report = JSON.parse(await tool('status', '--json')) as StatusReport
  expect(report.pid).toBe(Number((await serviceState('MainPID'))['MainPID']))
  const pads = report.containers.find(({ name }) => name === PADS.name)
  expect(pads).toMatchObject({ state: 'served' })
  const unit = pads?.units.find(({ title }) => title === '"Told Pad" (045e:028e)')
  expect(unit?.devices.map(({ state }) => state)).toEqual(['live', 'live', 'live'])
})

test('explain shows the route, and the nodes and the record that the container has', async () => {
  const text = await tool('explain', `/dev/input/${pad.event}`)
  expect(text).toMatch(
    /\nroute player-one takes it\n {2}match, by input\d+\n {4}holds {2}vendor {2}wanted "045e" {2}has "045e"\n/,
  )
  expect(text).toContain(`\nowner: container ${PADS.name}, which runs\n`)
  expect(text).toMatch(new RegExp(`\n/dev/input/${pad.event} +13:\\d+ +0660 +1000:1000`))
  const [, id = ''] = /\nrecord \/run\/udev\/data\/(\S+)\n/.exec(text) ?? []
  const record = await readFile(`${STAGE}/${PADS.name}/udev/data/${id}`, 'utf8')
  for (const line of record.trimEnd().split('\n')) expect(text).toContain(`\n  ${line}\n`)
})

test('devices lists it with a match', async () => {
  const units = JSON.parse(await tool('devices', '--json')) as ListedUnit[]
  expect(units.find(({ unit }) => unit === pad.devpath)).toMatchObject({
    title: '"Told Pad" (045e:028e)',
    classes: ['joystick'],
    destination: { route: 'player-one', container: PADS.name, state: 'served' },
    match: 'match: { name: "Told Pad" }',
  })
})

test('a device that was unplugged is in none of them', async () => {
  pad.unplug()
  await until('status without it', async () => !(await tool('status')).includes('Told Pad'), 60_000)
})
