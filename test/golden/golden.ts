// A device as a real kernel and a real udevd told of it, byte for byte, and all that is needed to tell it again.
import type { Surroundings } from '../../src/kernel/index.js'
import { hidFacts, inputFacts, readCapabilities, readProperties } from '../../src/kernel/index.js'

export interface Golden {
  title: string
  /** Kernel and udevd on the same event, device by device, parents first; in the order of time for each. */
  events: GoldenEvent[]
  /** Files of /run/udev/data after the add, by name. */
  records: Record<string, string>
  /** Directories below /sys. */
  sysfs: Record<string, GoldenDirectory>
  /** What the hardware database had, by key. */
  hwdb: Record<string, Record<string, string>>
  /** What event nodes said of their axes, by node and axis. */
  axes: Record<string, Record<string, { minimum: number; maximum: number; resolution: number }>>
}

export interface GoldenEvent {
  /** The datagrams in hexadecimal. */
  kernel: string
  udevd: string
}

export interface GoldenDirectory {
  /** Contents in hexadecimal, by name. */
  files: Record<string, string>
  /** The last part of what symlinks lead to, by name. */
  links: Record<string, string>
}

/** What an event does not say of its device itself, from sysfs. */
export function surroundingsIn(sysfs?: string): Surroundings {
  return {
    capabilities: (devpath) => readCapabilities(devpath, sysfs),
    facts: (devpath) => {
      const properties = readProperties(devpath, sysfs)
      if (properties === undefined) return undefined
      if (properties.get('SUBSYSTEM') === 'hid') return hidFacts(properties)
      const capabilities = readCapabilities(devpath, sysfs)
      return { ...inputFacts(properties), ...(capabilities && { capabilities }) }
    },
  }
}
