// Uevents as the kernel writes them, for the unit tests.
import type { Device, Surroundings } from '../../src/kernel/index.js'
import { deviceFrom } from '../../src/kernel/index.js'

/** NUL-terminated strings, one after the other. */
export function datagram(strings: readonly string[]): Buffer {
  return Buffer.from(strings.map((string) => `${string}\0`).join(''))
}

export interface PadSpec {
  number?: number
  name?: string
  vendor?: string
  product?: string
  bus?: string
  uniq?: string
  /** The HID device above it, if there is one. */
  hid?: string
  ev?: string
  key?: string
  abs?: string
  rel?: string
}

/** BTN_SOUTH … BTN_THUMBR: what a gamepad has. */
const PAD_KEYS = '7cdb000000000000 0 0 0 0'
/** ESC to KEY_D and more: every code from 1 to 31. */
export const KEYBOARD_KEYS = '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe'

export function inputDevpath({ number = 23, hid }: PadSpec): string {
  return `${hid ?? '/devices/virtual'}/input/input${number}`
}

/** The properties of an inputN's uevent; a gamepad unless the spec says otherwise. */
export function inputProperties(spec: PadSpec = {}): Map<string, string> {
  const { name = 'Test Pad', vendor = '45e', product = '28e', bus = '3', uniq = '' } = spec
  const properties = new Map([
    ['ACTION', 'add'],
    ['DEVPATH', inputDevpath(spec)],
    ['SUBSYSTEM', 'input'],
    ['PRODUCT', `${bus}/${vendor}/${product}/110`],
    ['NAME', `"${name}"`],
    ['PHYS', '"test/input0"'],
    ['UNIQ', `"${uniq}"`],
    ['PROP', '0'],
    ['EV', spec.ev ?? 'b'],
    ['KEY', spec.key ?? PAD_KEYS],
    ['ABS', spec.abs ?? '3003f'],
  ])
  if (spec.rel !== undefined) properties.set('REL', spec.rel)
  return properties
}

const NOWHERE: Surroundings = { facts: () => undefined, capabilities: () => undefined }

/** The device of an inputN. */
export function inputDevice(spec: PadSpec = {}, seqnum = 100): Device {
  return existing(deviceFrom({ properties: inputProperties(spec), seqnum, at: seqnum * 1000 }, NOWHERE))
}

/** A device below `parent`: `event7`, `js0`, `mouse0`. */
export function childDevice(parent: Device, sysname: string, minor: number, seqnum = 101): Device {
  const properties = new Map([
    ['ACTION', 'add'],
    ['DEVPATH', `${parent.devpath}/${sysname}`],
    ['SUBSYSTEM', 'input'],
    ['MAJOR', '13'],
    ['MINOR', String(minor)],
    ['DEVNAME', `input/${sysname}`],
  ])
  const surroundings = {
    ...NOWHERE,
    facts: (devpath: string) => (devpath === parent.devpath ? parent.facts : undefined),
  }
  return existing(deviceFrom({ properties, seqnum, at: seqnum * 1000 }, surroundings))
}

/** A HID device, for instance `0003:054C:0CE6.0001`. */
export function hidDevice(id = '0003:054C:0CE6.0001', seqnum = 90): Device {
  const [bus = '', vendor = '', product = ''] = id.split(/[:.]/)
  const properties = new Map([
    ['ACTION', 'add'],
    ['DEVPATH', `/devices/virtual/misc/uhid/${id}`],
    ['SUBSYSTEM', 'hid'],
    ['HID_ID', `${bus}:0000${vendor}:0000${product}`],
    ['HID_NAME', 'Test HID Pad'],
    ['HID_PHYS', ''],
    ['HID_UNIQ', '00:11:22:33:44:55'],
    ['MODALIAS', `hid:b${bus}g0001v0000${vendor}p0000${product}`],
  ])
  return existing(deviceFrom({ properties, seqnum, at: seqnum * 1000 }, NOWHERE))
}

export function hidrawDevice(hid: Device, number = 2, seqnum = 95): Device {
  const properties = new Map([
    ['ACTION', 'add'],
    ['DEVPATH', `${hid.devpath}/hidraw/hidraw${number}`],
    ['SUBSYSTEM', 'hidraw'],
    ['MAJOR', '245'],
    ['MINOR', String(number)],
    ['DEVNAME', `hidraw${number}`],
  ])
  const surroundings = {
    ...NOWHERE,
    facts: (devpath: string) => (devpath === hid.devpath ? hid.facts : undefined),
  }
  return existing(deviceFrom({ properties, seqnum, at: seqnum * 1000 }, surroundings))
}

function existing(device: Device | undefined): Device {
  if (device === undefined) throw new Error('the test describes no device')
  return device
}
