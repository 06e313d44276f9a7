// The messages by which clients learn of a device (device_monitor_send_device, with the order of keys that systemd 252 uses).
import type { UdevEvent } from './event.js'
import { encodeMessage, encodeProperties } from './message.js'
import { fitting } from './message-limit.js'
import type { UdevRecord } from './record.js'
import { keptProperties } from './record.js'

/** Kernel keys that have a place of their own in the message. */
const PLACED = new Set(['ACTION', 'DEVPATH', 'SUBSYSTEM', 'SEQNUM', 'MAJOR', 'MINOR'])

/** The GROUP_UDEV datagram of `event`. A remove carries all that the database had: some clients drop one without its class. */
export function announcement(event: UdevEvent): Buffer {
  const { device, tags } = event.record
  return encodeMessage(
    { subsystem: device.subsystem, devtype: event.kernel.get('DEVTYPE'), tags },
    properties(event),
  )
}

/** What libudev-zero hears on its own group: no header, and a name relative to /dev (udev_monitor.c of libudev-zero puts `/dev/` before any). */
export function libudevZeroAnnouncement(event: UdevEvent): Buffer {
  const { node } = event.record.device
  const named = properties(event).map(([key, value]): [string, string] =>
    key === 'DEVNAME' && node !== undefined ? [key, node.name] : [key, value],
  )
  return encodeProperties(named)
}

/** The properties of the message: as the host's udevd has them where it said them, else built from the record. */
function properties(event: UdevEvent): readonly [string, string][] {
  return fitting(event.said === undefined ? built(event) : carried(event, event.said))
}

/** What the host's udevd said, but for what is different inside. */
function carried(
  { action, seqnum, record }: UdevEvent,
  said: ReadonlyMap<string, string>,
): [string, string][] {
  const { node } = record.device
  const message = new Map(said).set('ACTION', action).set('SEQNUM', String(seqnum))
  if (node !== undefined) message.set('DEVNAME', `/dev/${node.name}`)
  for (const [key, list] of lists(record)) {
    if (list === '') message.delete(key)
    else message.set(key, list)
  }
  return [...message]
}

/** In udevd's order. */
function built(event: UdevEvent): [string, string][] {
  const { action, seqnum, kernel, record } = event
  const { device, initializedAt } = record
  const { node } = device
  const said: [string, string][] = [
    // Clients from 252 on would otherwise take all tags for current ones.
    ['UDEV_DATABASE_VERSION', '1'],
    ['ACTION', action],
    ['DEVPATH', device.devpath],
    ['SUBSYSTEM', device.subsystem],
  ]
  // In the kernel's order, which has DEVNAME in it: behind a SYNTH_UUID.
  const named = node === undefined ? kernel : new Map(kernel).set('DEVNAME', `/dev/${node.name}`)
  for (const property of named) if (!PLACED.has(property[0])) said.push(property)
  said.push(['SEQNUM', String(seqnum)], ['USEC_INITIALIZED', String(initializedAt)])
  if (node !== undefined) said.push(['MAJOR', String(node.major)], ['MINOR', String(node.minor)])
  said.push(...(action === 'remove' ? fromDatabase(record) : fromRules(record)))
  return said
}

/** As the rules have set them, one after the other. */
function fromRules(record: UdevRecord): [string, string][] {
  const { properties, positions = {} } = record
  const placed = lists(record).filter(([, list]) => list !== '')
  const said: [string, string][] = []
  const place = (index: number): void => {
    for (const list of placed) if ((positions[list[0]] ?? properties.size) === index) said.push(list)
  }
  let index = 0
  for (const property of properties) {
    place(index++)
    said.push(property)
  }
  place(index)
  return said
}

/** As the database had them: udevd reads it back before it lets go of a device (event_execute_rules_on_remove), and an empty value is none then. */
function fromDatabase(record: UdevRecord): [string, string][] {
  return [
    ...keptProperties(record).filter(([, value]) => value !== ''),
    ...lists(record).filter(([, list]) => list !== ''),
  ]
}

function lists({ links, tags, currentTags }: UdevRecord): ['DEVLINKS' | 'TAGS' | 'CURRENT_TAGS', string][] {
  return [
    ['DEVLINKS', links.map((link) => `/dev/${link}`).join(' ')],
    ['TAGS', tags.length > 0 ? `:${tags.join(':')}:` : ''],
    ['CURRENT_TAGS', currentTags.length > 0 ? `:${currentTags.join(':')}:` : ''],
  ]
}
