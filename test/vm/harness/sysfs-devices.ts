// Which devices sysfs has below a place, of those that a container can be given.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'

export interface SysfsDevice {
  devpath: string
  subsystem: string
  sysname: string
  /** The name of its file in the udev database (device_get_device_id). */
  id: string
  /** Relative to /dev; undefined without a node. */
  devname: string | undefined
}

const SYSNAMES: Readonly<Record<string, RegExp>> = {
  input: /^(?:input|event|js|mouse)\d+$/,
  hidraw: /^hidraw\d+$/,
  hid: /^[0-9A-F:.]+$/,
}

/** The devices at and below a devpath, parents first. */
export function devicesBelow(devpath: string): SysfsDevice[] {
  const own = deviceAt(devpath)
  return [
    ...(own ? [own] : []),
    ...directories(`/sys${devpath}`).flatMap((name) => devicesBelow(`${devpath}/${name}`)),
  ]
}

/** The USB interface and the USB device that a device is a part of, each the nearest above. They have no node in a container. */
export function usbAbove(devpath: string): SysfsDevice[] {
  const devtypes = ['usb_interface', 'usb_device']
  const found: SysfsDevice[] = []
  for (let path = dirname(devpath); path.length > '/devices'.length; path = dirname(path)) {
    if (subsystemOf(path) !== 'usb' || valueAt(path, 'DEVTYPE') !== devtypes[found.length]) continue
    found.push({ ...described(path, 'usb'), devname: undefined })
  }
  return found
}

function deviceAt(devpath: string): SysfsDevice | undefined {
  const subsystem = subsystemOf(devpath)
  if (subsystem === undefined || SYSNAMES[subsystem]?.test(basename(devpath)) !== true) return undefined
  return described(devpath, subsystem)
}

function valueAt(devpath: string, key: string): string | undefined {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(readText(`/sys${devpath}/uevent`) ?? '')?.[1]
}

function described(devpath: string, subsystem: string): SysfsDevice {
  const value = (key: string): string | undefined => valueAt(devpath, key)
  const sysname = basename(devpath)
  const major = value('MAJOR')
  const id = major === undefined ? `+${subsystem}:${sysname}` : `c${major}:${String(value('MINOR'))}`
  return { devpath, subsystem, sysname, id, devname: value('DEVNAME') }
}

function subsystemOf(devpath: string): string | undefined {
  try {
    return basename(readlinkSync(`/sys${devpath}/subsystem`))
  } catch {
    return undefined
  }
}

/** Not through symlinks, which lead out of the tree and back. */
function directories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
