// A device as the routes see it.
import type { DeviceClass } from '../config/index.js'
import { DEVICE_CLASSES } from '../config/index.js'
import type { Device } from '../kernel/device.js'
import type { InputId } from '../udev/input-id.js'
import { inputIds } from '../udev/input-id.js'

export interface Member {
  device: Device
  classes: readonly DeviceClass[]
}

/** `device` with its classes, which are udev's ID_INPUT_* in lower case; a tablet's pad counts as a tablet. */
export function memberOf(device: Device): Member {
  const ids = device.subsystem === 'input' ? inputIds(device) : undefined
  if (ids === undefined) return { device, classes: [] }
  const classes = known.get(ids) ?? classesOf(ids)
  known.set(ids, classes)
  return { device, classes }
}

/** An inputN shares what was found with its nodes. */
const known = new WeakMap<ReadonlySet<InputId>, readonly DeviceClass[]>()

function classesOf(ids: ReadonlySet<InputId>): readonly DeviceClass[] {
  const found = new Set([...ids].map((id) => id.toLowerCase()))
  return DEVICE_CLASSES.filter((name) => found.has(name))
}
