// A device as the routes see it.
import type { DeviceClass, PropertySource } from '../config/index.js'
import { DEVICE_CLASSES } from '../config/index.js'
import type { Device } from '../kernel/device.js'
import { inputIds } from '../udev/input-id.js'
import type { UdevRecord } from '../udev/record.js'
import type { Knowledge } from './knowledge.js'
import { CAPABILITIES } from './knowledge.js'

export interface Member {
  readonly device: Device
  /** What it is, by udev, wherever that is not left to a route; none while it is awaited. */
  readonly classes: readonly DeviceClass[]
  /** The driver of the device, or of the nearest device above it that has one. */
  readonly driver: string | undefined
  /** Whether it is a HID device that can report all letters. */
  readonly reportsLetters: boolean
  /** What udev says of it, by the source that a route asks; undefined while that is awaited. */
  said(source: PropertySource): UdevRecord | undefined
}

/** `device` as far as its capabilities tell. */
export function memberOf(device: Device): Member {
  return memberWith(CAPABILITIES, device)
}

/** `device` with what `knowledge` has of it, which is asked only when it is needed; `driver` is that of its HID device. */
export function memberWith(knowledge: Knowledge, device: Device, driver?: string): Member {
  return {
    device,
    get classes() {
      const record = knowledge.said(device, 'auto')
      return record === undefined ? [] : classesOf(record)
    },
    get driver() {
      return driver ?? knowledge.driverOf(device)
    },
    get reportsLetters() {
      return device.subsystem === 'hid' && knowledge.reportsLetters(device)
    },
    said: (source) => knowledge.said(device, source),
  }
}

/** udev's ID_INPUT_* in lower case; a tablet's pad counts as a tablet. */
export function classesOf({ device, properties }: UdevRecord): readonly DeviceClass[] {
  if (device.subsystem !== 'input') return []
  return DEVICE_CLASSES.filter((name) => isSet(properties.get(`ID_INPUT_${name.toUpperCase()}`)))
}

/** Whether it is a full keyboard, by its capabilities or by udev, whichever says so: whoever hears a keyboard hears passwords. */
export function isKeyboard(member: Member, source: PropertySource): boolean {
  const { device } = member
  if (device.subsystem !== 'input') return false
  if (inputIds(device)?.has('KEYBOARD') === true) return true
  return isSet(member.said(source)?.properties.get('ID_INPUT_KEYBOARD'))
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0'
}
