// What udev says of a device, as it is true inside the container that gets it.
import type { UdevEvent } from '../udev/event.js'
import type { Attachment } from './plan.js'

/** `event` with the name that the device's node has inside, and the route's own links `links`. */
export function eventInside(event: UdevEvent, { device }: Attachment, links: readonly string[]): UdevEvent {
  const { record } = event
  const { node } = device
  const isRenamed = node !== undefined && node.name !== record.device.node?.name
  if (links.length === 0 && !isRenamed) return event
  // The database names no node, but what it says goes before the kernel's name, which sysfs shows the container as well (device_read_db).
  const properties = isRenamed
    ? new Map([...record.properties, ['DEVNAME', `/dev/${node.name}`] as const])
    : record.properties
  return {
    ...event,
    record: {
      ...record,
      device: isRenamed ? { ...record.device, node } : record.device,
      properties,
      links: [...new Set([...record.links, ...links])],
    },
  }
}
