// Real USB devices: what udev says of them beyond the input device itself, and what it says that can't be.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { output } from '../integration/harness/command.js'
import { Client } from '../integration/harness/client.js'
import type { UsbSpec } from '../devices/usb.js'
import { USB_DEVICES, USB_MOUSE } from '../devices/usb.js'
import { filesOf } from './corpus/files.js'
import { loadGadgets, plugUsb } from './harness/gadget.js'
import { ARCADE, journal, rootOf } from './harness/machine.js'
import type { SysfsDevice } from './harness/sysfs-devices.js'
import { devicesBelow } from './harness/sysfs-devices.js'
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

let application: Client
let root: string

beforeAll(async () => {
  await loadGadgets(USB_DEVICES.length)
  ;[application, root] = await Promise.all([Client.start(ARCADE), rootOf(ARCADE)])
}, 120_000)

/** Both event node and hidraw node are there. */
async function eventOf(devpath: string): Promise<SysfsDevice> {
  return until('its event node', () =>
    devicesBelow(devpath).find(({ sysname }) => sysname.startsWith('event')),
  )
}

test('strings so long that no file can have the name of their link cost that link, and nothing else', async () => {
  const usb = await plugUsb(WORDY, 0)
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
  const lines = await journal('UDEV_PROXY_ACTION=link')
  expect(lines.filter(({ MESSAGE }) => String(MESSAGE).startsWith(`/dev/${LINK} `))).toEqual([
    expect.objectContaining({
      UDEV_PROXY_CONTAINER: ARCADE.name,
      UDEV_PROXY_DEVICE: `input/${event.sysname}`,
    }),
  ])
  expect(application.mishaps).toEqual([])
})
