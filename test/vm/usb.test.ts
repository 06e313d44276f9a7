// Real USB devices: what udev says of them beyond the input device itself, and what it says that can't be.
import { readdirSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { output } from '../integration/harness/command.js'
import type { Heard } from '../integration/harness/client.js'
import { Client } from '../integration/harness/client.js'
import { CLIENT } from '../integration/harness/image.js'
import type { UsbSpec } from '../devices/usb.js'
import { USB_DEVICES, USB_GAMEPAD, USB_MOUSE } from '../devices/usb.js'
import type { Served } from './corpus/daemons.js'
import { serve } from './corpus/daemons.js'
import { filesOf } from './corpus/files.js'
import { loadGadgets, plugUsb } from './harness/gadget.js'
import { ARCADE, journal, rootOf } from './harness/machine.js'
import type { SysfsDevice } from './harness/sysfs-devices.js'
import { devicesBelow, usbAbove } from './harness/sysfs-devices.js'
import { until } from './harness/until.js'

/** As long as the strings of a USB device can be. */
const WORDY: UsbSpec = {
  vendor: 0x1209,
  product: 0x5c09,
  release: 0x0100,
  manufacturer: 'M'.repeat(126),
  productName: 'P'.repeat(126),
  serial: 'S'.repeat(126),
  interfaces: [USB_MOUSE],
}
const LINK = `input/by-id/usb-${'M'.repeat(63)}_${'P'.repeat(63)}_${'S'.repeat(126)}-event-mouse`

const [COMPOSITE] = USB_DEVICES as [UsbSpec]
const RULES = '/run/udev/rules.d/99-usb.rules'
const WHEN_BOUND = 'SAID_WHEN_BOUND'
const ENUMERATE = ['--enumerate', '--subsystem', 'input', '--usb']

let application: Client
let builtin: Served
let root: string

beforeAll(async () => {
  await loadGadgets(USB_DEVICES.length)
  ;[application, root] = await Promise.all([Client.start(ARCADE), rootOf(ARCADE)])
  builtin = await serve('builtin')
  await mkdir(dirname(RULES), { recursive: true })
  // A driver is bound to the USB device after the input device was announced.
  await writeFile(RULES, `ACTION=="bind", SUBSYSTEM=="usb", ENV{${WHEN_BOUND}}="1"\n`)
  await output('udevadm', ['control', '--reload'])
}, 240_000)

afterAll(async () => {
  await rm(RULES, { force: true })
  await output('udevadm', ['control', '--reload'])
  await builtin.stop()
}, 120_000)

/** What a client that has enumerated has found above a device. */
function usbOf(lines: string, devpath: string): NonNullable<Heard['usb']> {
  const found = lines
    .split('\n')
    .filter((line) => line.includes(`"devpath":"${devpath}"`))
    .map((line) => (JSON.parse(line) as Heard).usb)
  if (found[0] === undefined) throw new Error(`${devpath} was not found`)
  return found[0]
}

function usbRecords(place: string): string[] {
  return readdirSync(join(place, 'run/udev/data'))
    .filter((id) => /^(?:\+usb:|c189:)/.test(id))
    .toSorted()
}

/** The names of the records of the machine's hubs. */
async function hubs(): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir('/sys/bus/usb/devices')) {
    const uevent = await readFile(`/sys/bus/usb/devices/${name}/uevent`, 'utf8')
    const minor = /^MINOR=(\d+)$/m.exec(uevent)?.[1]
    if (minor !== undefined && /^TYPE=9\//m.test(uevent)) found.push(`c189:${minor}`)
  }
  return found
}

/** Without when udev saw it first, and what a rule of the host says. */
function untimed(usb: NonNullable<Heard['usb']>): unknown {
  return JSON.parse(JSON.stringify(usb), (key, value: unknown) =>
    key === 'USEC_INITIALIZED' || key === WHEN_BOUND ? undefined : value,
  )
}

async function eventOf(devpath: string): Promise<SysfsDevice> {
  return until('its event node', () =>
    devicesBelow(devpath).find(({ sysname }) => sysname.startsWith('event')),
  )
}

test('an application finds what the host knows of the USB device that its pad is a part of, and nothing of others', async () => {
  const usb = await plugUsb({ ...COMPOSITE, interfaces: [USB_GAMEPAD, USB_MOUSE] }, 0)
  onTestFailed(() => usb.unplug())
  const names = ['event', 'js', 'mouse']
  const devices = await until('its nodes', () => {
    const all = devicesBelow(usb.devpath).filter(({ sysname }) => /^(?:event|js|mouse)/.test(sysname))
    return all.length >= 4 && all
  })
  expect(new Set(devices.map(({ sysname }) => sysname.replace(/\d+$/, '')))).toEqual(new Set(names))
  const byBuiltin = await Client.start(builtin.container)
  for (const { devpath } of devices) await application.hears('add', devpath)
  await output('udevadm', ['settle'])

  const [host, inside, own] = await Promise.all([
    output(CLIENT, ENUMERATE),
    ARCADE.exec('libudev-client', ...ENUMERATE),
    builtin.container.exec('libudev-client', ...ENUMERATE),
  ])
  for (const { devpath } of devices) {
    const onHost = usbOf(host, devpath)
    expect(onHost.usb_device?.properties).toMatchObject({
      ID_VENDOR_ID: '1209',
      ID_MODEL: 'Keyboard_and_Gamepad',
      ID_SERIAL_SHORT: 'KG-000123',
      ID_PATH: expect.stringContaining('usb-0:1') as string,
      ID_FOR_SEAT: expect.any(String) as string,
      [WHEN_BOUND]: '1',
    })
    expect(onHost.usb_interface?.properties).toMatchObject({ [WHEN_BOUND]: '1' })
    expect(usbOf(inside, devpath)).toEqual(onHost)
    expect(untimed(usbOf(own, devpath))).toEqual(untimed(onHost))
  }
  const parents = [...new Set(devices.flatMap(({ devpath }) => usbAbove(devpath).map(({ id }) => id)))]
  const ownRoot = await rootOf(builtin.container)
  expect(usbRecords(root)).toEqual(parents.toSorted())
  // It has the machine's own devices as well, one of them behind a hub.
  expect(usbRecords(ownRoot)).toEqual(expect.arrayContaining(parents))
  for (const hub of await hubs()) expect(usbRecords(ownRoot)).not.toContain(hub)
  for (const place of [root, ownRoot]) expect(readdirSync(join(place, 'dev'))).not.toContain('bus')

  usb.unplug()
  for (const { devpath } of devices) {
    await application.hears('remove', devpath)
    await byBuiltin.hears('remove', devpath)
  }
  await until('no record', () => readdirSync(join(root, 'run/udev/data')).length === 0)
  await until('none in the other', () => !usbRecords(ownRoot).some((id) => parents.includes(id)))
  expect([...application.heard, ...byBuiltin.heard].filter(({ subsystem }) => subsystem === 'usb')).toEqual(
    [],
  )
}, 120_000)

test('strings so long that no file can have the name of their link cost that link, and nothing else', async () => {
  const usb = await plugUsb(WORDY, 0)
  onTestFailed(() => usb.unplug())
  const event = await eventOf(usb.devpath)
  const heard = await application.hears('add', event.devpath)
  expect(heard.node).toMatchObject({ exists: true, open_errno: 0 })
  expect(heard.properties['DEVLINKS']).toContain(`/dev/${LINK}`)
  expect(LINK.slice('input/by-id/'.length)).toHaveLength(270)

  await output('udevadm', ['settle'])
  const [host, inside] = [filesOf(event, ''), filesOf(event, root)]
  expect(inside).toEqual(host)
  expect(inside.files.properties.get(`/dev/${LINK}`)).toBe('no link')
  const byPath = [...inside.files.properties].filter(([path]) => path.startsWith('/dev/input/by-path/'))
  expect(byPath).toEqual([[expect.any(String), `../${event.sysname}`]])

  usb.unplug()
  await application.hears('remove', event.devpath)
  await until('an empty /dev/input', async () => (await readdir(join(root, 'dev/input'))).length === 0)
  // The other daemon has a line of its own.
  const lines = await journal('UDEV_PROXY_ACTION=link', `UDEV_PROXY_CONTAINER=${ARCADE.name}`)
  expect(lines.filter(({ MESSAGE }) => String(MESSAGE).startsWith(`/dev/${LINK} `))).toEqual([
    expect.objectContaining({
      UDEV_PROXY_CONTAINER: ARCADE.name,
      UDEV_PROXY_DEVICE: `input/${event.sysname}`,
    }),
  ])
  expect(application.mishaps).toEqual([])
})
