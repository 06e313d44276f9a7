// The device that a person means by a path.
import { realpathSync, statSync } from 'node:fs'
import { SYSFS, hasDevice } from './sysfs.js'

/** What can be meant. */
export type LocatedPath = 'devnode' | 'devpath' | 'sysfs'

/** Where sysfs lists devices by their names. */
const LISTS = [
  { names: /^(?:(?:event|js|mouse|input)\d+|mice)$/, list: 'class/input' },
  { names: /^hidraw\d+$/, list: 'class/hidraw' },
  { names: /^[0-9A-F]{4}:[0-9A-F]{4}:[0-9A-F]{4}\.[0-9A-F]{4}$/, list: 'bus/hid/devices' },
]

/** What kind of path it is; undefined when it is none that names a device. */
export function kindOfPath(path: string): LocatedPath | undefined {
  if (listedPath(path) !== undefined) return 'sysfs'
  if (path.startsWith('/dev/')) return 'devnode'
  if (path.startsWith('/devices/')) return 'devpath'
  return path.startsWith(`${SYSFS}/`) ? 'sysfs' : undefined
}

/** The devpath of the device that is at a devnode (or a link to it), a devpath, or a path below /sys, or is called so; undefined when there is none. */
export function locate(path: string, sysfs = SYSFS): string | undefined {
  try {
    const linked = directoryOf(listedPath(path) ?? path, sysfs)
    if (linked === undefined) return undefined
    const directory = realpathSync(linked)
    const devpath = directory.slice(realpathSync(sysfs).length)
    return devpath.startsWith('/devices/') && hasDevice(devpath, sysfs) ? devpath : undefined
  } catch {
    return undefined
  }
}

/** `event7`, `input/event7`, or a HID device's name, as a path below /sys; undefined for anything else. */
function listedPath(path: string): string | undefined {
  const name = path.replace(/^input\//, '')
  const list = LISTS.find(({ names }) => names.test(name))?.list
  return list && `${SYSFS}/${list}/${name}`
}

function directoryOf(path: string, sysfs: string): string | undefined {
  const kind = kindOfPath(path)
  if (kind === 'devpath') return `${sysfs}${path}`
  if (kind === 'sysfs') return `${sysfs}${path.slice(SYSFS.length)}`
  const stat = statSync(path)
  return stat.isCharacterDevice()
    ? `${sysfs}/dev/char/${majorOf(stat.rdev)}:${minorOf(stat.rdev)}`
    : undefined
}

/** As glibc's gnu_dev_major and gnu_dev_minor; ours stay below 12 bits of major and 20 of minor. */
function majorOf(rdev: number): number {
  return (rdev >>> 8) & 0xfff
}

function minorOf(rdev: number): number {
  return (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)
}
