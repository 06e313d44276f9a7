// A daemon that is killed, restarted, or told to reload, under a real systemd, with real devices that come and go meanwhile.
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { Client } from '../integration/harness/client.js'
import { output } from '../integration/harness/command.js'
import { knowsMountsBeneath } from '../unit/native/support/beneath.js'
import { DUALSENSE_HID } from '../devices/hid-pads.js'
import { CONFIG, PADS, SERVICE, STAGE, rootOf, serviceState, systemctl } from './harness/machine.js'
import { plugHid } from './harness/uhid.js'
import { plugXboxPad } from './harness/uinput.js'
import type { InputDevice } from './harness/uinput.js'
import { until } from './harness/until.js'

const MOUNT_UNIT = 'run-udev\\x2dproxy-stage.mount'
let client: Client
let pad: InputDevice

const input = `${STAGE}/${PADS.name}/input`
const heardOf = (device: InputDevice): string[] =>
  client.heard
    .filter(({ devpath }) => devpath === `${device.devpath}/${device.event}`)
    .map(({ action }) => action)
    .filter((action) => action === 'add' || action === 'remove')
const inodeOf = async (device: InputDevice): Promise<bigint> =>
  (await stat(`${input}/${device.event}`, { bigint: true })).ino

beforeAll(async () => {
  client = await Client.start(PADS)
  pad = plugXboxPad('Steady Pad')
  await client.hears('add', `${pad.devpath}/${pad.js}`)
})

/** A host's udevd that is slow, as all is that is emulated, puts right by a change what was announced without it. */
async function quiet(): Promise<void> {
  await output('udevadm', ['settle'])
  let before: number
  do {
    before = client.heard.length
    await pause(3000)
  } while (client.heard.length > before)
}

test('systemctl restart is invisible in the container: the same nodes, and no announcement', async () => {
  // Its driver asks it for its HID_UNIQ, which the kernel's add did not have.
  const dualsense = await plugHid({ ...DUALSENSE_HID, name: 'Steady DualSense' })
  const isAsked = (): boolean =>
    client.heard.some(
      ({ devpath, properties }) => devpath === dualsense.hid && (properties['HID_UNIQ'] ?? '') !== '',
    )
  await until('its driver to have asked', isAsked)
  await quiet()
  const steady = [pad.devpath, dualsense.hid]
  const inode = await inodeOf(pad)
  const heard = client.heard.length
  await systemctl('restart')
  // One that comes afterwards shows that the new daemon serves the container.
  const next = plugXboxPad('Next Pad')
  await client.hears('add', `${next.devpath}/${next.event}`)
  expect(await inodeOf(pad)).toBe(inode)
  const ofSteady = client.heard
    .slice(heard)
    .filter(({ devpath }) => steady.some((root) => devpath.startsWith(root)))
  expect(ofSteady).toEqual([])
  next.unplug()
  dualsense.unplug()
  await client.hears('remove', next.devpath)
  await client.hears('remove', dualsense.hid)
})

test('the kernel of this machine knows no mounts beneath others: those of a lost stage are replaced without', async () => {
  expect(await knowsMountsBeneath()).toBe(false)
})

test.each([
  ['its mount unit is restarted', () => output('systemctl', ['restart', MOUNT_UNIT])],
  ['its file system is unmounted by hand', unmountByHand],
  ['it is uninstalled and installed again', reinstall],
])('the stage is replaced in a container that runs when %s', async (_, losesItsStage) => {
  const bound = await plugHid({ ...DUALSENSE_HID, name: 'Steady DualSense' })
  const rootDirectory = await rootOf(PADS)
  const mountsOf = async (): Promise<string[]> =>
    (await readFile(join(rootDirectory, '../mountinfo'), 'utf8'))
      .split('\n')
      .filter((line) => line.includes('udev-proxy'))
  const isKnown = (devpath: string): boolean => client.heard.some((one) => one.devpath.startsWith(devpath))
  await until('the DualSense to be known', async () => isKnown(bound.hid) && (await mountsOf()).length === 4)
  await quiet()
  const [before, device, heard] = [await mountsOf(), await stageDevice(), client.heard.length]
  await losesItsStage()
  // Emulated, a start takes up to 16 s, and the restart of a mount unit does not wait for it.
  const isActive = async () => (await serviceState('ActiveState'))['ActiveState'] === 'active'
  await until('the daemon to run again', isActive, 90_000)

  const next = plugXboxPad('Next Pad')
  await client.hears('add', `${next.devpath}/${next.event}`)
  expect(await stageDevice()).not.toBe(device)
  const steady = [pad.devpath, bound.hid]
  const ofSteady = client.heard
    .slice(heard)
    .filter(({ devpath }) => steady.some((one) => devpath.startsWith(one)))
  expect(ofSteady).toEqual([])
  const after = await mountsOf()
  expect(after).toHaveLength(before.length)
  expect(after.filter((line) => before.includes(line))).toEqual([])
  expect(await readdir(`${rootDirectory}/dev/input`)).toEqual(expect.arrayContaining([pad.event, next.event]))
  next.unplug()
  bound.unplug()
  await client.hears('remove', next.devpath)
  await client.hears('remove', bound.hid)
})

/** st_dev of the tmpfs. */
async function stageDevice(): Promise<number> {
  return (await stat(STAGE)).dev
}

/** The daemon can't mount for the host, and so ends: its next start brings the mount unit back. */
async function unmountByHand(): Promise<void> {
  const before = await serviceState('MainPID', 'NRestarts')
  await output('umount', ['--lazy', STAGE])
  // It notices when it is asked, and may end before it has answered.
  await output('udev-proxy', ['status']).catch(() => undefined)
  const isAgain = async (): Promise<boolean> => {
    const { MainPID, ActiveState } = await serviceState('MainPID', 'ActiveState')
    return MainPID !== before['MainPID'] && MainPID !== '0' && ActiveState === 'active'
  }
  await until('systemd to have started it again', isAgain, 90_000)
  const { NRestarts } = await serviceState('NRestarts')
  expect(Number(NRestarts)).toBe(Number(before['NRestarts']) + 1)
}

/** As for another version: the config stays. */
async function reinstall(): Promise<void> {
  await output('npm', ['run', 'uninstall:system'])
  await output('npm', ['run', 'install:system'])
  await output('systemctl', ['enable', SERVICE])
  await systemctl('start')
}

test('killed, it is started again by systemd, and the container ends with what is plugged, each once', async () => {
  const gone = plugXboxPad('Gone Pad')
  await client.hears('add', `${gone.devpath}/${gone.js}`)
  const before = await serviceState('NRestarts', 'MainPID')
  await output('systemctl', ['kill', '--kill-who=main', '-s', 'KILL', SERVICE])
  const came = plugXboxPad('Came Pad')
  gone.unplug()
  // Emulated, a start takes up to 16 s.
  const isAgain = async (): Promise<boolean> => {
    const { MainPID, ActiveState } = await serviceState('MainPID', 'ActiveState')
    return MainPID !== before['MainPID'] && ActiveState === 'active'
  }
  await until('systemd to have started it again', isAgain, 60_000)

  await client.hears('remove', `${gone.devpath}/${gone.event}`)
  await client.hears('add', `${came.devpath}/${came.js}`)
  const { NRestarts, MainPID, ActiveState } = await serviceState('NRestarts', 'MainPID', 'ActiveState')
  expect(Number(NRestarts)).toBe(Number(before['NRestarts']) + 1)
  expect(MainPID).not.toBe(before['MainPID'])
  expect(ActiveState).toBe('active')
  await until('the stage to have two pads', async () => (await readdir(input)).length === 4)
  expect((await readdir(input)).sort()).toEqual([pad.event, pad.js, came.event, came.js].sort())
  // None is added twice without a removal in between, and the last word is what is true.
  for (const [device, last] of [
    [pad, 'add'],
    [came, 'add'],
    [gone, 'remove'],
  ] as const) {
    const heard = heardOf(device)
    expect(heard.join(' ')).not.toContain('add add')
    expect(heard.at(-1)).toBe(last)
  }
  came.unplug()
  await client.hears('remove', came.devpath)
})

test('systemctl reload takes a config that is right, and fails where it has mistakes, which keeps the old one', async () => {
  const config = await readFile(CONFIG, 'utf8')
  onTestFinished(async () => writeFile(CONFIG, config))
  const pid = (await serviceState('MainPID'))['MainPID']
  await writeFile(CONFIG, `${config}\nrouts: []\n`)
  await expect(systemctl('reload')).rejects.toThrow(/config\.yaml:\d+:1: unknown key "routs"/)
  process.kill(Number(pid), 'SIGHUP')
  await until('the status to tell of it', async () =>
    (await serviceState('StatusText'))['StatusText']?.startsWith('config not reloaded, it has a mistake'),
  )
  const kept = plugXboxPad('Kept Pad')
  await client.hears('add', `${kept.devpath}/${kept.event}`)

  await writeFile(CONFIG, config)
  await systemctl('reload')
  await until('the status to be good again', async () =>
    (await serviceState('StatusText'))['StatusText']?.includes('attached'),
  )
  expect(await serviceState('MainPID', 'ActiveState')).toEqual({ MainPID: pid, ActiveState: 'active' })
  kept.unplug()
  pad.unplug()
  await client.hears('remove', pad.devpath)
})
