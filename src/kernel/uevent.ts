// One datagram of the kernel's uevent socket, parsed (lib/kobject_uevent.c).
import { decodeBytes } from '../bytes.js'
import { decimal, numberOf } from './number.js'

/** The actions the kernel can announce (lib/kobject_uevent.c: kobject_actions). */
export const ACTIONS = new Set([
  'add',
  'remove',
  'change',
  'move',
  'online',
  'offline',
  'bind',
  'unbind',
] as const)
export type Action = typeof ACTIONS extends Set<infer A> ? A : never

export interface Uevent {
  action: Action
  devpath: string
  subsystem: string
  /** The kernel's global counter; never 0. */
  seqnum: number
  /** Everything the kernel said, ACTION, DEVPATH, SUBSYSTEM and SEQNUM included, in its order. */
  properties: ReadonlyMap<string, string>
}

/** Why a datagram is not a uevent. */
export type Malformed =
  'too long' | 'not terminated' | 'no header' | 'no key' | 'incomplete' | 'contradictory' | 'wrong number'

/** libudev's receive buffer up to systemd 251; the kernel itself stays below 2048 bytes and 64 keys. */
const MAX_DATAGRAM = 8192

/** Parses `add@/devices/…\0ACTION=add\0…`. Never throws: what is not a uevent comes back as the reason. */
export function parseUevent(datagram: Buffer): Uevent | Malformed {
  if (datagram.length >= MAX_DATAGRAM) return 'too long'
  if (datagram.length === 0 || datagram[datagram.length - 1] !== 0) return 'not terminated'

  const text = decodeBytes(datagram)
  const header = text.slice(0, text.indexOf('\0'))
  if (!header.includes('@/')) return 'no header'
  const properties = new Map<string, string>()
  for (let start = header.length + 1; start < text.length;) {
    const end = text.indexOf('\0', start)
    const equals = text.indexOf('=', start)
    if (equals <= start || equals > end) return 'no key'
    properties.set(text.slice(start, equals), text.slice(equals + 1, end))
    start = end + 1
  }

  const action = properties.get('ACTION')
  const devpath = properties.get('DEVPATH')
  const subsystem = properties.get('SUBSYSTEM')
  const seqnum = decimal(properties.get('SEQNUM')) ?? 0
  if (!isAction(action) || devpath === undefined || !subsystem) return 'incomplete'
  if (seqnum === 0) return 'incomplete'
  // The devpath is appended to /sys: it must name one place there.
  if (header !== `${action}@${devpath}` || !isNormalised(devpath)) return 'contradictory'
  if (!hasPlainNumber(properties)) return 'wrong number'
  return { action, devpath, subsystem, seqnum, properties }
}

/** Whether MAJOR and MINOR, where they are, are numbers that any node can have. */
function hasPlainNumber(properties: ReadonlyMap<string, string>): boolean {
  return (!properties.has('MAJOR') && !properties.has('MINOR')) || numberOf(properties) !== undefined
}

/** The devpath that a datagram names, whatever else is wrong with it. */
export function devpathIn(datagram: Buffer): string | undefined {
  const [header = '', ...strings] = decodeBytes(datagram).split('\0')
  const stated = strings.find((string) => string.startsWith('DEVPATH=/'))
  return stated?.slice('DEVPATH='.length) ?? /^[a-z]+@(\/.+)$/s.exec(header)?.[1]
}

function isNormalised(devpath: string): boolean {
  return !/(?:^|\/)\.{0,2}(?:\/|$)/.test(devpath.slice(1))
}

/** Whether a device has come with it: an add that a write to a uevent file asks for tells of one that was there. */
export function isArrival(uevent: Uevent): boolean {
  return uevent.action === 'add' && !isSynthetic(uevent)
}

/** Driver of receivers: when it is bound it has asked what is paired, and makes a HID device of each with the answers (drivers/hid/hid-logitech-dj.c). */
const RECEIVER_DRIVER = 'logitech-djreceiver'

/** Whether the driver of a HID device has finished with it what it begins with its probe. */
export function isProbeEnd(uevent: Uevent): boolean {
  const isBind = uevent.action === 'bind' && uevent.subsystem === 'hid' && !isSynthetic(uevent)
  return isBind && uevent.properties.get('DRIVER') !== RECEIVER_DRIVER
}

/** Whether a HID device has lost its driver with it. */
export function isHidUnbind(uevent: Uevent): boolean {
  return uevent.action === 'unbind' && uevent.subsystem === 'hid' && !isSynthetic(uevent)
}

/** Whether a write to a uevent file has asked for it (kobject_synth_uevent): nothing has happened to the device then. */
function isSynthetic({ properties }: Uevent): boolean {
  return properties.has('SYNTH_UUID')
}

/** Whether `text` is an action that the kernel can announce. */
export function isAction(text: string | undefined): text is Action {
  return (ACTIONS as ReadonlySet<string | undefined>).has(text)
}
