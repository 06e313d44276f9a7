// Which nodes are one physical device, for libinput: its program libinput-device-group. What it asks libwacom about vendor 056a, whose touch and pen
// have products of their own, is not known here.
import { bytesOf } from './bytes.js'
import type { SysDevice } from './sys-device.js'

/** Size of the program's buffer, less the NUL. */
const LIMIT = 1023

/** The group, as bytes; undefined when nothing here or above has a place to be plugged in. */
export function deviceGroup(device: SysDevice): string | undefined {
  const plugged = device.nearest((candidate) => candidate.attribute('phys') !== undefined)
  // str_sanitize(), against format strings and terminals.
  const phys = plugged
    ?.attribute('phys')
    ?.replace(/[\0-\x1f\x7f]/g, '?')
    .replaceAll('%', '%%')
  if (plugged === undefined || phys === undefined) return undefined
  const ids = bytesOf(plugged.property('PRODUCT') ?? '00/00/00/00')
  const [, bus, vendor, product] = /^([0-9a-f]+)\/([0-9a-f]+)\/([0-9a-f]+)\/[0-9a-f]+/i.exec(ids) ?? []
  const known = [bus, vendor, product].map((id) => Number.parseInt(id ?? '', 16).toString(16)).join('/')
  let group = `${bus === undefined ? ids : known}:${phys}`.slice(0, LIMIT)
  const interfaceAt = group.indexOf('/input')
  if (interfaceAt >= 0) group = group.slice(0, interfaceAt)
  // Pen and touch of one tablet may be ports of a hub inside: usb-0000:00:14.0-6.3.1 and -6.3.0.
  const portAt = group.lastIndexOf('.')
  return portAt > group.lastIndexOf('-') ? group.slice(0, portAt) : group
}
