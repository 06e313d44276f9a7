// Reads devices from sysfs. Every read may find that the device has gone, or never was there: that is undefined, not an error.
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { decodeBytes } from '../bytes.js'
import type { Bitmap } from './bitmap.js'
import { parseBitmap } from './bitmap.js'
import { handledUnit, parentOf } from './device.js'
import type { Capabilities } from './facts.js'
import { decimal } from './number.js'
import { hasLetters } from './report-descriptor.js'
import { parseUeventFile } from './uevent-file.js'
import { unitOf } from './unit.js'

/** Where sysfs is mounted. */
export const SYSFS = '/sys'

/** Properties of a device as its add uevent had them, DEVPATH and SUBSYSTEM included; undefined when sysfs does not have it. */
export function readProperties(devpath: string, sysfs = SYSFS): ReadonlyMap<string, string> | undefined {
  const subsystem = readLinkName(devpath, 'subsystem', sysfs)
  const uevent = readUevent(devpath, sysfs)
  if (uevent === undefined || subsystem === undefined) return undefined
  return new Map([['DEVPATH', devpath], ['SUBSYSTEM', subsystem], ...uevent])
}

/** Whether sysfs has a device there: every one has a uevent file, and the directories between them have none (device_set_syspath). */
export function hasDevice(devpath: string, sysfs = SYSFS): boolean {
  return existsSync(`${sysfs}${devpath}/uevent`)
}

/** What a device's uevent file says: what its uevents carry, but for ACTION, DEVPATH, SUBSYSTEM and SEQNUM. */
export function readUevent(devpath: string, sysfs = SYSFS): ReadonlyMap<string, string> | undefined {
  if (!hasDevice(devpath, sysfs)) return undefined
  const directory = `${sysfs}${devpath}`
  const text = read(`${directory}/uevent`)
  return text === undefined
    ? undefined
    : parseUeventFile(text, (attribute) => read(`${directory}/${attribute}`))
}

/** An attribute's content, byte for byte. */
export function readBytes(devpath: string, attribute: string, sysfs = SYSFS): Buffer | undefined {
  const path = `${sysfs}${devpath}/${attribute}`
  // Asked first: an exception costs more than the read.
  return existsSync(path) ? ignoreGone(() => readFileSync(path)) : undefined
}

/** Whether a HID device can report all letters. What it reports is known from when a driver has begun its probe. */
export function reportsLetters(devpath: string, sysfs = SYSFS): boolean {
  const descriptor = readBytes(devpath, 'report_descriptor', sysfs)
  return descriptor !== undefined && hasLetters(descriptor)
}

/** The last part of what a device's link `subsystem` or `driver` leads to. */
export function readLinkName(devpath: string, link: string, sysfs = SYSFS): string | undefined {
  const path = `${sysfs}${devpath}/${link}`
  // Asked first: an exception costs more than both. A path may be too long, too.
  const isLink = ignoreGone(() => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
  const target = isLink === true ? ignoreGone(() => readlinkSync(path)) : undefined
  return target === undefined ? undefined : basename(target)
}

/** The driver of the device, or of the nearest device above it that has one. */
export function driverAbove(devpath: string, sysfs = SYSFS): string | undefined {
  for (let path = devpath; path.startsWith('/devices/'); path = parentOf(path)) {
    const driver = readLinkName(path, 'driver', sysfs)
    if (driver !== undefined) return driver
  }
  return undefined
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
  return decimal(read(join(sysfs, 'kernel/uevent_seqnum'))?.trimEnd()) ?? 1
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
  return ignoreGone(() => decodeBytes(readFileSync(path)))
}

/** Any failure means the same here: sysfs answers ENOENT, ENODEV, EIO or EINVAL for a device that is on its way out. */
function ignoreGone<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
