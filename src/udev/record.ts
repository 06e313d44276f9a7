// What udev knows of a device, and its form in the database below /run/udev/data (src/libsystemd/sd-device/device-private.c).
import type { Device } from '../kernel/device.js'

/** A device with what the rules gave it. The database's record and every message of the device are made from this alone. */
export interface UdevRecord {
  device: Device
  /** USEC_INITIALIZED: when udev first saw it, in microseconds of CLOCK_MONOTONIC. */
  initializedAt: number
  /** Properties that the rules set, in their order; the kernel's are in `device`. Those that begin with a dot are in messages of an add or a change only. */
  properties: ReadonlyMap<string, string>
  /** All tags that the device has had since it was added. */
  tags: readonly string[]
  /** The tags that the last event gave it. */
  currentTags: readonly string[]
  /** Paths of symlinks to the node, relative to /dev. */
  links: readonly string[]
  /** How many of the properties come before these in the message of an add or a change; they follow all of them where it is not known. */
  positions?: Positions
}

/** udevd puts these among the properties when the first link, or the first tag, is there (device_properties_prepare). */
export type Positions = Partial<Readonly<Record<'DEVLINKS' | 'TAGS' | 'CURRENT_TAGS', number>>>

/** The name of a device's file in the database (device_get_device_id). */
export function recordId({ node, subsystem, sysname }: Device): string {
  return node === undefined ? `+${subsystem}:${sysname}` : `c${node.major}:${node.minor}`
}

/** The properties that the database keeps. */
export function keptProperties({ properties }: UdevRecord): [string, string][] {
  return [...properties].filter(([key]) => !key.startsWith('.'))
}

/** Whether udevd would write more than an empty file for it (device_has_info). */
export function hasContent(record: UdevRecord): boolean {
  const { tags, currentTags, links } = record
  return tags.length + currentTags.length + links.length > 0 || keptProperties(record).length > 0
}

/**
 * The content of the database's file, or undefined when there is none: udevd writes an empty file for a node without anything to tell, and none for
 * a device without node (device_update_db).
 */
export function recordText(record: UdevRecord): string | undefined {
  const { device, initializedAt, tags, currentTags, links } = record
  if (!hasContent(record)) return device.node === undefined ? undefined : ''
  const lines = [
    ...(device.node === undefined ? [] : links.map((link) => `S:${link}`)),
    ...(initializedAt > 0 ? [`I:${initializedAt}`] : []),
    ...keptProperties(record).map(([key, value]) => `E:${key}=${value}`),
    ...tags.map((tag) => `G:${tag}`),
    ...currentTags.map((tag) => `Q:${tag}`),
    'V:1',
  ]
  return lines.join('\n') + '\n'
}

/** What the database has of a device, without the device. */
export interface StoredRecord {
  id: string
  tags: readonly string[]
  /** Absent where it is not known what it says. */
  text?: string
}

/** Undefined for a record that the database does not keep. */
export function storedRecord(record: UdevRecord): StoredRecord | undefined {
  const text = recordText(record)
  return text === undefined ? undefined : { id: recordId(record.device), tags: record.tags, text }
}
