// The message by which clients learn of a device (device_monitor_send_device, with the order of keys that systemd 252 uses).
import { encodeMessage } from './message.js'
import type { UdevRecord } from './record.js'

/** Kernel keys that have a place of their own in the message. */
const PLACED = new Set(['DEVPATH', 'SUBSYSTEM', 'MAJOR', 'MINOR', 'DEVNAME'])

/** The GROUP_UDEV datagram for `record`. A remove carries all properties too: some clients drop one without its class. */
export function announcement(action: 'add' | 'remove', record: UdevRecord, seqnum: number): Buffer {
  const { device, properties, tags, links } = record
  const { node } = device
  const list = tags.length > 0 ? `:${tags.join(':')}:` : undefined
  const said: [string, string][] = [
    // Clients from 252 on would otherwise take all tags for current ones.
    ['UDEV_DATABASE_VERSION', '1'],
    ['ACTION', action],
    ['DEVPATH', device.devpath],
    ['SUBSYSTEM', device.subsystem],
  ]
  if (node !== undefined) said.push(['DEVNAME', `/dev/${node.name}`])
  for (const property of device.properties) if (!PLACED.has(property[0])) said.push(property)
  said.push(['SEQNUM', String(seqnum)], ['USEC_INITIALIZED', String(device.initializedAt)])
  if (node !== undefined) said.push(['MAJOR', String(node.major)], ['MINOR', String(node.minor)])
  said.push(...properties)
  if (links.length > 0) said.push(['DEVLINKS', links.map((link) => `/dev/${link}`).join(' ')])
  if (list !== undefined) said.push(['TAGS', list], ['CURRENT_TAGS', list])
  return encodeMessage({ subsystem: device.subsystem, tags }, said)
}
