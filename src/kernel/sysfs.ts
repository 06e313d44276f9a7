// Reads devices from sysfs. Every read may find that the device has gone, or never was there: that is undefined, not an error.
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Bitmap } from './bitmap.js'
import { parseBitmap } from './bitmap.js'
import { handledUnit } from './device.js'
import type { Capabilities } from './facts.js'
import { unitOf } from './unit.js'

/** Where sysfs is mounted. */
export const SYSFS = '/sys'

/** Properties of a device as its add uevent had them, DEVPATH and SUBSYSTEM included; undefined when sysfs does not have it. */
export function readProperties(devpath: string, sysfs = SYSFS): ReadonlyMap<string, string> | undefined {
  const directory = join(sysfs, devpath)
  const subsystem = readLinkName(devpath, 'subsystem', sysfs)
  const uevent = readUevent(devpath, sysfs)
  if (uevent === undefined || subsystem === undefined) return undefined

  const properties = new Map([['DEVPATH', devpath], ['SUBSYSTEM', subsystem], ...uevent])
  // A name may contain a newline, and what follows it would pass for another property: the attribute files have one value each.
  for (const [key, attribute] of Object.entries({ NAME: 'name', PHYS: 'phys', UNIQ: 'uniq' })) {
    const value = properties.has(key) ? read(join(directory, attribute)) : undefined
    if (value !== undefined) properties.set(key, `"${value.replace(/\n$/, '')}"`)
  }
  return properties
}

/** Whether sysfs has a device there: every one has a uevent file, and the directories between them have none (device_set_syspath). */
export function hasDevice(devpath: string, sysfs = SYSFS): boolean {
  return existsSync(`${sysfs}${devpath}/uevent`)
}

/** The lines of a device's uevent file: what its uevents carry, but for ACTION, DEVPATH, SUBSYSTEM and SEQNUM. */
export function readUevent(devpath: string, sysfs = SYSFS): ReadonlyMap<string, string> | undefined {
  const text = hasDevice(devpath, sysfs) ? read(`${sysfs}${devpath}/uevent`) : undefined
  if (text === undefined) return undefined
  const properties = new Map<string, string>()
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0) properties.set(line.slice(0, equals), line.slice(equals + 1))
  }
  return properties
}

/** An attribute's content, byte for byte. */
export function readBytes(devpath: string, attribute: string, sysfs = SYSFS): Buffer | undefined {
  const path = `${sysfs}${devpath}/${attribute}`
  // Asked first: an exception costs more than the read.
  return existsSync(path) ? ignoreGone(() => readFileSync(path)) : undefined
}

/** The last part of what a device's link `subsystem` or `driver` leads to. */
export function readLinkName(devpath: string, link: string, sysfs = SYSFS): string | undefined {
  const path = `${sysfs}${devpath}/${link}`
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined
  const target = ignoreGone(() => readlinkSync(path))
  return target === undefined ? undefined : basename(target)
}

/** The capability bitmaps of an `inputN`, in the word size of this process. */
export function readCapabilities(devpath: string, sysfs = SYSFS): Capabilities | undefined {
  const directory = join(sysfs, devpath)
  // Asked first: an exception costs more than all the reads.
  if (!existsSync(join(directory, 'capabilities'))) return undefined
  const ev = read(join(directory, 'capabilities/ev'))
  if (ev === undefined) return undefined
  const bitmap = (attribute: string): Bitmap => parseBitmap(read(join(directory, attribute)) ?? '0', 64)
  return {
    ev: parseBitmap(ev, 64),
    key: bitmap('capabilities/key'),
    rel: bitmap('capabilities/rel'),
    abs: bitmap('capabilities/abs'),
    sw: bitmap('capabilities/sw'),
    prop: bitmap('properties'),
  }
}

/**
 * The properties of every device that is handled, parents before children. HID devices are found through their inputs and hidraw nodes, and by
 * themselves when a driver is bound that made neither.
 */
export function enumerate(sysfs = SYSFS): ReadonlyMap<string, string>[] {
  const devpaths = new Set<string>()
  for (const directory of ['class/input', 'class/hidraw', 'bus/hid/devices']) {
    for (const devpath of linkedDevpaths(join(sysfs, directory), sysfs)) {
      const unit = unitOf(devpath)
      if (unit === undefined) continue
      devpaths.add(unit)
      devpaths.add(devpath)
    }
  }
  return [...devpaths]
    .sort()
    .map((devpath) => readProperties(devpath, sysfs))
    .filter((properties) => properties !== undefined)
    .filter(
      (properties) =>
        handledUnit(properties.get('SUBSYSTEM') ?? '', properties.get('DEVPATH') ?? '') !== undefined,
    )
}

/** The SEQNUM of the last uevent; what is found by enumeration is announced under it. */
export function readSeqnum(sysfs = SYSFS): number {
  return Number(read(join(sysfs, 'kernel/uevent_seqnum')) ?? '1') || 1
}

function linkedDevpaths(directory: string, sysfs: string): string[] {
  const root = realpathSync(sysfs)
  return entries(directory).flatMap((entry) => {
    const path = ignoreGone(() => realpathSync(join(directory, entry)))
    return path === undefined ? [] : [path.slice(root.length)]
  })
}

function entries(directory: string): string[] {
  return ignoreGone(() => readdirSync(directory)) ?? []
}

function read(path: string): string | undefined {
  return ignoreGone(() => readFileSync(path, 'utf8'))
}

/** Any failure means the same here: sysfs answers ENOENT, ENODEV, EIO or EINVAL for a device that is on its way out. */
function ignoreGone<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
