// Virtual devices for the demo, the tests and the benchmark. What the addon throws are SystemErrors.
import { createRequire } from 'node:module'

/** Makes the kernel broadcast uevents of devices that no driver made, in the network namespace in which it was opened. */
export interface Injector {
  /**
   * Sends `action@devpath\0KEY=value\0...` without SEQNUM, which the kernel appends; returns when it has been broadcast. Throws
   * EPERM without CAP_SYS_ADMIN, EINVAL for a body beyond the 2 KiB of a uevent.
   */
  send(body: Uint8Array): void
  /** A second call does nothing. */
  close(): void
}

export interface AbsoluteAxis {
  code: number
  minimum: number
  maximum: number
  fuzz: number
  flat: number
  resolution: number
  /** Where the axis stands at first. */
  value: number
}

/** A device for /dev/uinput; numbers are those of linux/input-event-codes.h. A list that is left out is empty. */
export interface UinputSpec {
  /** As decodeBytes reads them: any bytes. */
  name: string
  phys?: string
  bus: number
  vendor: number
  product: number
  version: number
  keys?: number[]
  relativeAxes?: number[]
  absoluteAxes?: AbsoluteAxis[]
  misc?: number[]
  switches?: number[]
  leds?: number[]
  sounds?: number[]
  forceFeedback?: number[]
  /** EV_* that have no list here, as EV_REP, or whose list is empty. */
  eventTypes?: number[]
  /** INPUT_PROP_* */
  properties?: number[]
}

export interface UinputDevice {
  /** Its name in /sys/class/input, for instance `input23`. */
  readonly sysname: string
  /** Reports one event, as the device's driver would. */
  emit(type: number, code: number, value: number): void
  /** Unplugs the device. A second call does nothing. */
  destroy(): void
}

export interface Lab {
  openInjector(): Injector
  /** Plugs a device. Throws ENOENT where the kernel has no /dev/uinput. */
  createUinput(spec: UinputSpec): UinputDevice
  /** CLOCK_MONOTONIC in microseconds. */
  monotonic(): number
}

const require = createRequire(import.meta.url)

/** The compiled addon of the lab. */
export const lab = require('../../build/Release/lab.node') as Lab
