// A datagram of either group as a libudev client has it (device_monitor_receive_device and device_new_from_nulstr in systemd 252).
import { decimal } from '../kernel/number.js'
import type { Action } from '../kernel/uevent.js'
import { isAction, parseUevent } from '../kernel/uevent.js'
import { decodeMessage } from './message.js'

export interface Received {
  action: Action
  devpath: string
  subsystem: string
  seqnum: number
  /** In the client's order. */
  properties: ReadonlyMap<string, string>
  /** What the kernel has said, where a client ends a value at a newline. */
  whole?: ReadonlyMap<string, string>
}

const PREFIX = Buffer.from('libudev\0', 'latin1')
/** libudev sets a device number when it has read the message, and makes its lists anew whenever properties are asked for. */
const LATE = ['MAJOR', 'MINOR', 'DEVLINKS', 'TAGS', 'CURRENT_TAGS']

/** The event, or why a client would refuse it. It is its beginning that tells what a datagram is, and not its group. */
export function receivedEvent(datagram: Buffer): Received | string {
  if (!datagram.subarray(0, PREFIX.length).equals(PREFIX)) {
    const uevent = parseUevent(datagram)
    if (typeof uevent === 'string') return uevent
    return { ...uevent, properties: asClient(uevent.properties), whole: uevent.properties }
  }
  const properties = decodeMessage(datagram)
  if (properties === undefined) return 'broken'
  const [action, devpath, subsystem] = ['ACTION', 'DEVPATH', 'SUBSYSTEM'].map((key) => properties.get(key))
  const seqnum = decimal(properties.get('SEQNUM')) ?? 0
  if (!isAction(action) || devpath === undefined || subsystem === undefined || seqnum === 0)
    return 'incomplete'
  return { action, devpath, subsystem, seqnum, properties: asClient(properties) }
}

function asClient(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const seen = new Map<string, string>()
  // libudev keeps the version of the database to itself.
  for (const [key, value] of properties)
    if (key !== 'UDEV_DATABASE_VERSION' && !LATE.includes(key)) seen.set(key, value)
  const devname = seen.get('DEVNAME')
  if (devname !== undefined && !devname.startsWith('/')) seen.set('DEVNAME', `/dev/${devname}`)
  for (const key of LATE) {
    const value = properties.get(key)
    if (value !== undefined) seen.set(key, value)
  }
  // A value ends at a newline.
  for (const [key, value] of seen)
    if (value.includes('\n')) seen.set(key, value.slice(0, value.indexOf('\n')))
  return seen
}
