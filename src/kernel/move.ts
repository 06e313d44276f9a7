// A device that was moved to another place in the tree, or renamed there (drivers/base/core.c: device_move, device_rename).
import type { Device } from './device.js'
import type { Uevent } from './uevent.js'
import { unitOf } from './unit.js'

/** Devpaths. What is below has moved along: the kernel tells of the device alone. */
export interface Move {
  from: string
  to: string
}

/** The move that the uevent tells of; undefined when it tells of none, as one does that was asked for by a write to a `uevent` file. */
export function moveOf({ action, devpath, properties }: Uevent): Move | undefined {
  const from = properties.get('DEVPATH_OLD')
  if (action !== 'move' || !from || from === devpath) return undefined
  return { from, to: devpath }
}

/** The devpath that a device has after the move; undefined when it was not moved. */
export function movedPath({ from, to }: Move, devpath: string): string | undefined {
  return `${devpath}/`.startsWith(`${from}/`) ? to + devpath.slice(from.length) : undefined
}

/** `device` as it is after the move: what it is called, its number and its time stay. */
export function movedDevice(move: Move, device: Device): Device {
  const devpath = movedPath(move, device.devpath)
  if (devpath === undefined) return device
  const properties = new Map(device.properties).set('DEVPATH', devpath)
  return { ...device, devpath, unit: unitOf(devpath) ?? device.unit, properties }
}
