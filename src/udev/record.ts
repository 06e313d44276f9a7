// What udev knows of a device, and its form in the database below /run/udev/data (src/libsystemd/sd-device/device-private.c).
import type { Device } from '../kernel/device.js'

/** A device with what the rules gave it. The database's record and every message of the device are made from this alone. */
export interface UdevRecord {
  device: Device
  /** Properties that the rules set; the kernel's are in `device`. */
  properties: ReadonlyMap<string, string>
  tags: readonly string[]
  /** Paths of symlinks to the node, relative to /dev. */
  links: readonly string[]
}

/** The name of a device's file in the database (device_get_device_id). */
export function recordId({ node, subsystem, sysname }: Device): string {
  return node === undefined ? `+${subsystem}:${sysname}` : `c${node.major}:${node.minor}`
}

/**
 * The content of the database's file, or undefined when there is none: udevd writes an empty file for a node without anything to tell, and none for
 * a device without node (device_update_db).
 */
export function recordText({ device, properties, tags, links }: UdevRecord): string | undefined {
  if (properties.size + tags.length + links.length === 0) return device.node === undefined ? undefined : ''
  const lines = [
    ...links.map((link) => `S:${link}`),
    `I:${device.initializedAt}`,
    ...[...properties].map(([key, value]) => `E:${key}=${value}`),
    ...tags.map((tag) => `G:${tag}`),
    ...tags.map((tag) => `Q:${tag}`),
    'V:1',
  ]
  return lines.join('\n') + '\n'
}
