// Leaves what the kernel and udevd said of a few typical devices for test/fixtures/golden.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deviceFrom, parentOf, readBytes, readLinkName, readProperties } from '../../../src/kernel/index.js'
import { native } from '../../../src/native.js'
import { BuiltinRules } from '../../../src/udev/builtin.js'
import { openHwdb } from '../../../src/udev/hwdb.js'
import { DUALSENSE_TOUCHPAD, XBOX_360 } from '../../devices/gamepads.js'
import { DUALSENSE_HID } from '../../devices/hid-pads.js'
import { PLAIN_HID } from '../../devices/hid-plain.js'
import { KEYBOARD } from '../../devices/keyboards.js'
import { MOUSE } from '../../devices/pointers.js'
import { USB_DEVICES } from '../../devices/usb.js'
import type { Golden, GoldenDirectory } from '../../golden/golden.js'
import { surroundingsIn } from '../../golden/golden.js'
import type { SysfsDevice } from '../harness/sysfs-devices.js'
import type { Ear } from './ear.js'
import { recordText } from './files.js'
import type { Specimen } from './specimens.js'

const TITLES: readonly (string | undefined)[] = [
  XBOX_360.name,
  DUALSENSE_TOUCHPAD.name,
  KEYBOARD.name,
  MOUSE.name,
  DUALSENSE_HID.name,
  PLAIN_HID[0]?.name,
  USB_DEVICES[0]?.productName,
  USB_DEVICES[1]?.productName,
]

/** The order in which a device goes through them. */
const ACTIONS = ['add', 'bind', 'change', 'unbind', 'remove']

/** Attributes that udev's default rules read of a device or of one above it. */
const ATTRIBUTES = [
  ...['uevent', 'name', 'phys', 'uniq', 'properties', 'modalias', 'report_descriptor'],
  ...['id/bustype', 'id/vendor', 'id/product', 'id/version'],
  ...['ev', 'key', 'rel', 'abs', 'sw'].map((name) => `capabilities/${name}`),
  ...['bInterfaceNumber', 'bInterfaceClass', 'bInterfaceSubClass', 'bInterfaceProtocol'],
  ...[
    'manufacturer',
    'product',
    'serial',
    'idVendor',
    'idProduct',
    'bcdDevice',
    'descriptors',
    'speed',
    'version',
  ],
]
const LINKS = ['subsystem', 'driver']

/** Whether the bytes of this device are kept. */
export function isGolden({ kind, title }: Specimen): boolean {
  return kind !== 'recording' && TITLES.includes(title)
}

/** What there is to know while the device is plugged. */
export function goldenOf(title: string, devices: readonly SysfsDevice[]): Golden {
  const golden: Golden = { title, events: [], records: {}, sysfs: {}, hwdb: {}, axes: {} }
  for (const { devpath, id } of devices) {
    for (let path = devpath; path.length > '/devices'.length; path = parentOf(path)) {
      golden.sysfs[path] ??= copyOf(path)
    }
    const record = recordText(id, '')
    if (record !== undefined) golden.records[id] = record
  }
  golden.sysfs['/class/dmi/id'] = copyOf('/class/dmi/id')
  noteQuestions(golden, devices)
  return golden
}

/** Writes it, with what was said from its add to its remove. */
export async function writeGolden(
  golden: Golden,
  specimen: Specimen,
  devices: readonly SysfsDevice[],
  kernel: Ear,
  udevd: Ear,
  directory: string,
): Promise<void> {
  for (const { devpath } of devices) {
    for (const action of ACTIONS) {
      const told = udevd.of(action, devpath)
      for (const [index, { datagram }] of kernel.of(action, devpath).entries()) {
        golden.events.push({ kernel: datagram, udevd: told[index]?.datagram ?? '' })
      }
    }
  }
  await mkdir(directory, { recursive: true })
  const name = `${specimen.kind} ${specimen.title}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  await writeFile(join(directory, `${name}.json`), `${JSON.stringify(golden, undefined, 2)}\n`)
}

function copyOf(path: string): GoldenDirectory {
  const copy: GoldenDirectory = { files: {}, links: {} }
  for (const name of ATTRIBUTES) {
    const content = readBytes(path, name)
    if (content !== undefined) copy.files[name] = content.toString('hex')
  }
  for (const name of LINKS) {
    const target = readLinkName(path, name)
    if (target !== undefined) copy.links[name] = target
  }
  return copy
}

/** Lets the rules ask the hardware database and the nodes, and notes the answers. */
function noteQuestions(golden: Golden, devices: readonly SysfsDevice[]): void {
  const hwdb = openHwdb()
  const rules = new BuiltinRules({
    udevVersion: 252,
    hwdb: {
      lookup: (key) => {
        const found = hwdb?.lookup(key) ?? new Map<string, string>()
        if (found.size > 0) golden.hwdb[key] = Object.fromEntries(found)
        return found
      },
    },
    absInfo: (node, axes) => {
      const found = native.readAbsInfo(node, axes)
      const known = (golden.axes[node.path] ??= {})
      for (const [index, axis] of axes.entries()) {
        const answer = found[index]
        if (answer !== undefined) known[axis] = answer
      }
      return found
    },
  })
  for (const { devpath } of devices) {
    const properties = readProperties(devpath)
    const device = properties && deviceFrom({ properties, seqnum: 1, at: 1 }, surroundingsIn())
    if (device !== undefined) rules.recordOf(device)
  }
  hwdb?.close()
}
