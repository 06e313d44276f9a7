// A host with devices that no driver made: a sysfs and a /dev of the test's own, which a command sees in a mount namespace.
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TreeDevice } from '../../unit/sysfs-tree.js'
import { SysfsTree } from '../../unit/sysfs-tree.js'
import type { Outcome } from './command.js'
import { outcomeOf } from './command.js'

/** A DualSense's HID device and inputN, with BTN_SOUTH … BTN_THUMBR and the axes of a gamepad. */
const PAD_HID = '/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.3/0003:054C:0CE6.0001'
const PAD_INPUT = `${PAD_HID}/input/input5`
/** ESC to KEY_D and more: a full keyboard. */
const KEYBOARD = '/devices/virtual/input/input6'

export const PAD = { hid: PAD_HID, input: PAD_INPUT, event: `${PAD_INPUT}/event7`, node: '/dev/input/event7' }
export const KEYS = { input: KEYBOARD, event: `${KEYBOARD}/event8`, node: '/dev/input/event8' }

const NODES = [
  'input/event7 c 13 71',
  'input/js0 c 13 0',
  'hidraw2 c 245 2',
  'input/event8 c 13 72',
  'input/mice c 13 63',
]
/** Names of nodes are relative to /dev; a command needs null besides. A udevd has left a record of event7, and of nothing else. */
const SCRIPT = `set -e
mount --rbind "$1" /sys
mount -t tmpfs tmpfs /dev
mknod -m 666 /dev/null c 1 3
mkdir /dev/input
${NODES.map((node) => `mknod /dev/${node}`).join('\n')}
mkdir -p /run/udev
mount -t tmpfs tmpfs /run/udev
mkdir /run/udev/data
printf '%s\n' S:input/by-id/usb-Sony-event-joystick I:4711 E:ID_INPUT=1 E:MY_RULE=yes G:seat Q:seat V:1 >/run/udev/data/c13:71
shift
exec "$@"`

export class MadeHost {
  private readonly tree = new SysfsTree()

  constructor() {
    this.add(PAD_HID, 'hid', [
      'HID_ID=0003:0000054C:00000CE6',
      'HID_NAME=Sony DualSense [Wireless]',
      'HID_PHYS=usb-0000:00:14.0-2/input3',
      'HID_UNIQ=a0:5a:5c:01:02:03',
    ])
    const capabilities = { ev: '20000b', key: '7cdb000000000000 0 0 0 0', abs: '3003f' }
    this.addInput(PAD_INPUT, 'PRODUCT=3/54c/ce6/8111', 'Sony DualSense [Wireless]', capabilities)
    this.addNode(PAD.event, 'input', 'input/event7', 13, 71)
    this.addNode(`${PAD_INPUT}/js0`, 'input', 'input/js0', 13, 0)
    this.addNode(`${PAD_HID}/hidraw/hidraw2`, 'hidraw', 'hidraw2', 245, 2)
    const keys = '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe'
    this.addInput(KEYBOARD, 'PRODUCT=3/54c/1/1', 'Typing', { ev: '120013', key: keys })
    this.addNode(KEYS.event, 'input', 'input/event8', 13, 72)
    this.addNode('/devices/virtual/input/mice', 'input', 'input/mice', 13, 63)
  }

  /** Runs a program on this host. */
  async run(program: string, ...args: string[]): Promise<Outcome> {
    return outcomeOf('unshare', ['--mount', 'sh', '-c', SCRIPT, 'sh', this.tree.root, program, ...args])
  }

  remove(): void {
    this.tree.remove()
  }

  private addInput(
    devpath: string,
    product: string,
    name: string,
    capabilities: Record<string, string>,
  ): void {
    const attributes = Object.entries(capabilities).map(
      ([key, bits]) => [`capabilities/${key}`, bits] as const,
    )
    this.add(devpath, 'input', [product, `NAME="${name}"`, 'PHYS=""', 'UNIQ=""'], {
      name,
      properties: '0',
      ...Object.fromEntries(attributes),
    })
  }

  private addNode(devpath: string, subsystem: string, name: string, major: number, minor: number): void {
    this.add(devpath, subsystem, [`MAJOR=${major}`, `MINOR=${minor}`, `DEVNAME=${name}`])
    this.link(`dev/char/${major}:${minor}`, devpath)
  }

  private add(
    devpath: string,
    subsystem: string,
    uevent: string[],
    attributes: NonNullable<TreeDevice['attributes']> = {},
  ): void {
    this.tree.add(devpath, { subsystem, uevent, attributes })
    const list = subsystem === 'hid' ? 'bus/hid/devices' : `class/${subsystem}`
    this.link(`${list}/${devpath.slice(devpath.lastIndexOf('/') + 1)}`, devpath)
  }

  private link(path: string, devpath: string): void {
    const link = join(this.tree.root, path)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(`${'../'.repeat(path.split('/').length - 1)}${devpath.slice(1)}`, link)
  }
}
