// How long the driver of a HID device may take for its probe, by which all that it makes is there.
import { statSync } from 'node:fs'
import type { Device } from './device.js'
import { SYSFS } from './sysfs.js'

/** Drivers take milliseconds, or, where they ask the device questions, some tenths of a second; what takes longer is not waited for. */
export const PROBE_TIME = 2000

/**
 * How much of PROBE_TIME is left of a probe that has made these devices, if it still runs. sysfs does not show whether it does: the link `driver` is there
 * from its beginning (drivers/base/dd.c: really_probe), and only the bind uevent tells its end. But what it makes is younger than it is.
 */
export function probeTimeLeft(devices: Iterable<Device>, now = Date.now(), sysfs = SYSFS): number {
  let oldest = now
  for (const { subsystem, devpath, node } of devices) {
    if (subsystem === 'hid') continue
    // devtmpfs has it from the node's making, which udevd may have touched since; sysfs from the first look at it.
    const paths = node === undefined ? [`${sysfs}${devpath}`] : [`${sysfs}${devpath}`, `/dev/${node.name}`]
    for (const path of paths) oldest = Math.min(oldest, bornAt(path) ?? now)
  }
  return Math.max(0, PROBE_TIME - (now - oldest))
}

function bornAt(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const { birthtimeMs, mtimeMs } = stat
  return birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs
}
