// What rules ask beside the device and sysfs.
import type { SysDevice } from '../sys-device.js'
import type { UdevVersion } from '../version.js'

/** The range and the resolution of some axes of an event node (EVIOCGABS); undefined for those that can't be had. */
export type AbsInfoReader = (
  node: { path: string; major: number; minor: number },
  axes: number[],
) => ({ minimum: number; maximum: number; resolution: number } | undefined)[]

export interface RuleContext {
  udevVersion: UdevVersion
  absInfo: AbsInfoReader
  /** $attr{[dmi/id]modalias} */
  dmi: string
  /** What the hardware database has under a key; nothing when there is no database. */
  lookup(key: string): ReadonlyMap<string, string>
  /** The builtins usb_id and path_id, whose results the devices of a unit share. */
  usbId(device: SysDevice): ReadonlyMap<string, string> | undefined
  pathId(device: SysDevice): ReadonlyMap<string, string> | undefined
}
