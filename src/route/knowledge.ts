// What is known of a device beside what the kernel's uevent says of it: udev's words, and its driver.
import type { PropertySource } from '../config/index.js'
import type { Device } from '../kernel/device.js'
import { inputIds } from '../udev/input-id.js'
import type { UdevRecord } from '../udev/record.js'

export interface Knowledge {
  /** What udev says of the device, by the source that a route asks; undefined while that is awaited. */
  said(device: Device, source: PropertySource): UdevRecord | undefined
  /** The driver of the device, or of the nearest device above it that has one. */
  driverOf(device: Device): string | undefined
  /** Whether a HID device can report all letters, by its report descriptor. */
  reportsLetters(device: Device): boolean
}

/** As far as a device's own capabilities tell. */
export const CAPABILITIES: Knowledge = {
  said(device) {
    const ids = device.subsystem === 'input' ? inputIds(device) : undefined
    const properties = new Map([...(ids ?? [])].map((id) => [`ID_INPUT_${id}`, '1']))
    return { device, initializedAt: 0, properties, tags: [], currentTags: [], links: [] }
  },
  driverOf: () => undefined,
  reportsLetters: () => false,
}
