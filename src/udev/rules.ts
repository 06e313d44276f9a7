// What udevd's default rules say of a device, for hosts without a udevd.
import type { Device } from '../kernel/device.js'
import type { Capabilities } from '../kernel/facts.js'
import type { InputId } from './input-id.js'
import { inputId } from './input-id.js'
import type { UdevRecord } from './record.js'

/** Buses whose ids udev publishes as ID_VENDOR_ID and ID_MODEL_ID, by their id in linux/input.h. */
const ID_BUS: Readonly<Record<string, string>> = { '0003': 'usb', '0005': 'bluetooth' }

/** The record of `device` by the builtin rules. */
export function applyRules(device: Device): UdevRecord {
  if (device.subsystem === 'hid') return { device, properties: new Map(), tags: [], links: [] }
  const ids = device.subsystem === 'input' ? inputIds(device) : undefined
  const properties = new Map<string, string>()
  if (ids !== undefined) addInputProperties(properties, ids)
  addBusProperties(properties, device)
  return { device, properties, tags: tagsOf(device, ids), links: [] }
}

/** What input_id finds, by capabilities: an inputN shares them with its nodes. */
const known = new WeakMap<Capabilities, ReadonlySet<InputId>>()

/** What input_id finds in a device of subsystem input; undefined where it has no capabilities to read. */
export function inputIds({ facts: { capabilities, bus } }: Device): ReadonlySet<InputId> | undefined {
  if (capabilities === undefined) return undefined
  const ids = known.get(capabilities) ?? inputId(capabilities, bus)
  known.set(capabilities, ids)
  return ids
}

/** 60-input-id.rules */
function addInputProperties(properties: Map<string, string>, ids: ReadonlySet<InputId>): void {
  properties.set('ID_INPUT', '1')
  for (const id of ids) properties.set(`ID_INPUT_${id}`, '1')
}

/** The part of 60-persistent-input.rules that needs no parent: bus and ids as the kernel has them. */
function addBusProperties(properties: Map<string, string>, { facts }: Device): void {
  const bus = facts.bus === undefined ? undefined : ID_BUS[facts.bus]
  if (bus === undefined) return
  properties.set('ID_BUS', bus)
  if (facts.vendor !== undefined) properties.set('ID_VENDOR_ID', facts.vendor)
  if (facts.product !== undefined) properties.set('ID_MODEL_ID', facts.product)
}

/** 70-power-switch.rules, 70-uaccess.rules and 71-seat.rules */
function tagsOf(device: Device, ids: ReadonlySet<InputId> | undefined): string[] {
  const tags: string[] = []
  const isEvent = device.sysname.startsWith('event')
  const isJoystick = ids?.has('JOYSTICK') === true
  if (device.subsystem === 'input' && device.node === undefined) tags.push('seat')
  if (device.node !== undefined && isJoystick) tags.push('seat', 'uaccess')
  if (isEvent && (ids?.has('KEY') === true || ids?.has('SWITCH') === true)) tags.push('power-switch')
  return tags
}
