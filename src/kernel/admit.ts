// The kernel's uevents as far as they are believed: a node must be able to have the number that it names.
import { hasNode, parentOf } from './device.js'
import type { NodeNumbers } from './number.js'
import { numberOf } from './number.js'
import type { Malformed, Uevent } from './uevent.js'
import { parseUevent } from './uevent.js'
import { unitOf } from './unit.js'

/** `outdated`: the device has gone, and its number is another's by now; the uevents that say so are still to come. */
export type Refusal = Malformed | 'outdated'

/** The uevent in `datagram`, or why it is not admitted. */
export function admit(datagram: Buffer, numbers: NodeNumbers): Uevent | Refusal {
  const uevent = parseUevent(datagram)
  return typeof uevent === 'string' ? uevent : (refusalOf(uevent, numbers) ?? uevent)
}

/** Only an add gives a device its number: what else happens, happens to one that has it. */
function refusalOf(uevent: Uevent, numbers: NodeNumbers): Refusal | undefined {
  const { action, devpath, subsystem, properties } = uevent
  if (action !== 'add' || !hasNode(subsystem, devpath)) return undefined
  const number = numberOf(properties, subsystem)
  if (number === undefined || !numbers.isMajorOf(subsystem, number.major)) return 'wrong number'
  const holder = numbers.holderOf(number)
  if (holder === undefined || isSameDevice(holder, devpath)) return undefined
  return numbers.isHolder(devpath) ? 'wrong number' : 'outdated'
}

/** Also of a device that was moved since: no two units of one boot have the same name. */
function isSameDevice(a: string, b: string): boolean {
  return a === b || nameInUnit(a) === nameInUnit(b)
}

function nameInUnit(devpath: string): string {
  const unit = unitOf(devpath)
  return unit === undefined ? devpath : devpath.slice(parentOf(unit).length)
}
