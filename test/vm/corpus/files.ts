// What the udev database and /dev have of a device, on the host or in a container.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { SysfsDevice } from '../harness/sysfs-devices.js'
import type { Facts } from './facts.js'
import { recordFacts } from './facts.js'

/** The record, the tags' index, and the links to the node; `root` is the place's root directory. */
export function filesOf(device: SysfsDevice, root: string): { record: Facts; files: Facts } {
  const record = recordFacts(recordText(device.id, root))
  const files = new Map<string, string>()
  for (const tag of names(`${root}/run/udev/tags`)) {
    if (existsSync(`${root}/run/udev/tags/${tag}/${device.id}`)) files.set(`tags/${tag}`, 'there')
  }
  const links = record.properties.get('DEVLINKS')?.split(' ') ?? []
  // udevd makes one of these for every node (udev_node_update).
  if (device.devname !== undefined) links.push(`/dev/char/${device.id.slice(1)}`)
  for (const link of links) files.set(link, targetOf(`${root}${link}`))
  return { record, files: { properties: files } }
}

/** The content of a device's file in the database below `root`; undefined when it has none. */
export function recordText(id: string, root: string): string | undefined {
  try {
    return readFileSync(`${root}/run/udev/data/${id}`, 'utf8')
  } catch {
    return undefined
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return 'no link'
  }
}
