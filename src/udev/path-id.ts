// Where a device is plugged: udev's path_id builtin (src/udev/udev-builtin-path_id.c), for the buses that an input device can hang on.
import type { SysDevice } from './sys-device.js'
import type { UdevVersion } from './version.js'

/** Subsystems that name a path by themselves; the transports among them matter to block devices only. */
const NAMED = new Set(['pci', 'platform', 'acpi', 'xen', 'scm', 'ccw', 'ccwgroup', 'iucv'])

/** The properties in the builtin's order, as bytes; undefined when no ancestor has a name that lasts. */
export function pathId(device: SysDevice, version: UdevVersion): ReadonlyMap<string, string> | undefined {
  const parts: string[] = []
  let isUnique = false
  let next: SysDevice | undefined = device
  while (next !== undefined) {
    const { subsystem, sysname } = next
    if (subsystem === 'usb') {
      const root = usbRoot(next)
      if (root !== undefined) {
        parts.unshift(usbPart(next, root, version))
        next = root
      }
    } else if (subsystem === 'serio' || subsystem === 'spi') {
      const { sysnum } = next
      if (sysnum !== undefined) {
        parts.unshift(`${subsystem === 'spi' ? 'cs' : subsystem}-${sysnum}`)
        next = lastOf(next, subsystem)
      }
    } else if (subsystem === 'bcma') {
      const core = /^bcma\d+:(\d+)/.exec(sysname)?.[1]
      if (core === undefined) break
      parts.unshift(`bcma-${Number(core)}`)
    } else if (subsystem === 'virtio') {
      next = lastOf(next, subsystem)
    } else if (subsystem !== undefined && isNamed(subsystem, version)) {
      parts.unshift(`${subsystem}-${sysname}`)
      isUnique = true
      next = lastOf(next, subsystem)
    }
    next = next.parent
  }
  return parts.length > 0 && isUnique ? propertiesOf(parts.join('-')) : undefined
}

function isNamed(subsystem: string, version: UdevVersion): boolean {
  return NAMED.has(subsystem) || (subsystem === 'amba' && version >= 257)
}

/** skip_subsystem(): the uppermost of the devices of this subsystem that hang on each other. */
function lastOf(device: SysDevice, subsystem: string): SysDevice {
  let last = device
  for (let next = device.parent; next?.subsystem === subsystem; next = next.parent) last = next
  return last
}

/** The root hub above a device or an interface; undefined for what is no part of the topology, such as the hub itself. */
function usbRoot(device: SysDevice): SysDevice | undefined {
  const { devtype, sysname } = device
  const isPlugged = (devtype === 'usb_interface' || devtype === 'usb_device') && sysname.includes('-')
  return isPlugged ? lastOf(device, 'usb') : undefined
}

/** The bus number depends on the order of probing, so it is left out. An xHCI controller has two root hubs whose ports would be one then. */
function usbPart(device: SysDevice, root: SysDevice, version: UdevVersion): string {
  const port = device.sysname.slice(device.sysname.indexOf('-') + 1)
  const revision = version >= 257 ? usbRevision(root) : undefined
  return revision === undefined ? `usb-0:${port}` : `usbv${revision}-0:${port}`
}

/** get_usb_revision(), by bDeviceProtocol of the root hub (linux/usb/ch11.h: USB_HUB_PR_*). */
function usbRevision(root: SysDevice): 1 | 2 | 3 | undefined {
  const protocol = Number.parseInt(root.attribute('bDeviceProtocol') ?? '', 16)
  if (protocol === 0) return root.attribute('speed') === '480' ? 2 : 1
  if (protocol === 1 || protocol === 2) return 2
  return protocol === 3 ? 3 : undefined
}

const TAG_LIMIT = 511

function propertiesOf(path: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  const found = path.indexOf('-usbv')
  const hasRevision = found >= 0 && /^-usbv\d-/.test(path.slice(found))
  if (hasRevision) properties.set('ID_PATH_WITH_USB_REVISION', path)
  // What there was before 257 stays as it was.
  const plain = hasRevision ? `${path.slice(0, found)}-usb${path.slice(found + '-usbvN'.length)}` : path
  const tag = plain.replace(/[^0-9A-Za-z-]+/g, '_').replace(/^_+/, '')
  properties.set('ID_PATH', plain)
  properties.set('ID_PATH_TAG', tag.slice(0, TAG_LIMIT).replace(/_+$/, ''))
  return properties
}
