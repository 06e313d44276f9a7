// One kernel object that a container can be given: inputN, eventN, jsN, mouseN, hidrawN, or the HID device above them.
import type { Capabilities, Facts } from './facts.js'
import { hidFacts, inputFacts } from './facts.js'
import { numberOf } from './number.js'
import { HID_SYSNAME, unitOf } from './unit.js'

export interface Device {
  devpath: string
  subsystem: string
  /** The last part of the devpath. */
  sysname: string
  /** The devpath of the unit it belongs to. */
  unit: string
  /** Absent for inputN and for HID devices. */
  node?: DeviceNode
  /** What the kernel said of it, without ACTION and SEQNUM. */
  properties: ReadonlyMap<string, string>
  facts: Facts
  /** SEQNUM of the event that made it known. */
  seqnum: number
  /** When it became known, in microseconds of CLOCK_MONOTONIC: udev's USEC_INITIALIZED. */
  initializedAt: number
}

export interface DeviceNode {
  /** Relative to /dev, for instance `input/event7`. */
  name: string
  major: number
  minor: number
}

export interface Arrival {
  properties: ReadonlyMap<string, string>
  seqnum: number
  at: number
}

/** What a uevent does not say itself. Both answer undefined when they don't know. */
export interface Surroundings {
  /** Facts of an inputN or a HID device, a member of `unit`. */
  facts(devpath: string, unit: string): Facts | undefined
  /** Capabilities of an inputN as sysfs has them: a uevent's bitmaps have the word size of whoever made the device. */
  capabilities(devpath: string): Capabilities | undefined
}

interface Kind {
  sysname: RegExp
  /** The directory of its node, if it has one. */
  node?: string
}

/** Numbers in sysnames are C's int. */
const NODE = /^(?:event|js|mouse)\d{1,10}$/
const INPUT = /^input\d{1,10}$/
const HIDRAW = /^hidraw\d{1,10}$/

/** Sysnames that are handled, by subsystem. Anything else (mice, leds, …) is none of our business. */
const KINDS: ReadonlyMap<string, readonly Kind[]> = new Map([
  ['input', [{ sysname: NODE, node: 'input/' }, { sysname: INPUT }]],
  ['hidraw', [{ sysname: HIDRAW, node: '' }]],
  ['hid', [{ sysname: HID_SYSNAME }]],
])

/** The sysname of a devpath: its last part, with the `!` that stands for a slash left as it is. */
export function sysnameOf(devpath: string): string {
  return devpath.slice(devpath.lastIndexOf('/') + 1)
}

/** The devpath one level up. */
export function parentOf(devpath: string): string {
  return devpath.slice(0, devpath.lastIndexOf('/'))
}

/** The unit of a device of this subsystem and devpath; undefined when it is none that is handled. */
export function handledUnit(subsystem: string, devpath: string): string | undefined {
  return kindOf(subsystem, sysnameOf(devpath)) === undefined ? undefined : unitOf(devpath)
}

/**
 * The device that `arrival` describes, or undefined when it is none that is handled. An event node's uevent has only its number: the rest
 * comes from the inputN above it, through `surroundings`.
 */
export function deviceFrom(arrival: Arrival, surroundings: Surroundings): Device | undefined {
  const { properties, seqnum, at } = arrival
  const devpath = properties.get('DEVPATH') ?? ''
  const subsystem = properties.get('SUBSYSTEM') ?? ''
  const sysname = sysnameOf(devpath)
  const kind = kindOf(subsystem, sysname)
  const unit = unitOf(devpath)
  if (kind === undefined || unit === undefined) return undefined

  const own = lastingProperties(properties)
  const base = { devpath, subsystem, sysname, unit, properties: own, seqnum, initializedAt: at }
  if (subsystem === 'hid') return { ...base, facts: hidFacts(own) }
  if (kind.node === undefined) {
    const capabilities = surroundings.capabilities(devpath)
    return { ...base, facts: { ...inputFacts(own), ...(capabilities && { capabilities }) } }
  }

  const number = numberOf(properties, subsystem)
  if (number === undefined) return undefined
  const facts = surroundings.facts(subsystem === 'hidraw' ? unit : parentOf(devpath), unit) ?? {}
  // The name follows from the sysname (drivers/input/input.c: input_devnode), so what DEVNAME says can lead nowhere else.
  return { ...base, facts, node: { name: kind.node + sysname, ...number } }
}

/** What a uevent says of the device, without what it says of itself. */
export function ownProperties(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const own = new Map(properties)
  own.delete('ACTION')
  own.delete('SEQNUM')
  return own
}

/** What a uevent says of the device that stays true after it. */
export function lastingProperties(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const lasting = new Map<string, string>()
  for (const [key, value] of properties)
    if (key !== 'ACTION' && key !== 'SEQNUM' && !isPassing(key)) lasting.set(key, value)
  return lasting
}

/** Whether the key is of one event alone: what asked for it (SYNTH_UUID, SYNTH_ARG_*), or where the device was before a move. */
export function isPassing(key: string): boolean {
  return key.startsWith('SYNTH_') || key === 'DEVPATH_OLD'
}

/**
 * Whether two views of a devpath are of the same device, and not of one that took its place. A HID device has a number of its own in its devpath; what it is
 * called may change when its driver has asked it (hid-playstation sets HID_UNIQ, hid-logitech-hidpp HID_NAME).
 */
export function sameDevice(a: Device, b: Device): boolean {
  const isSameNode = a.node?.major === b.node?.major && a.node?.minor === b.node?.minor
  if (a.devpath !== b.devpath || !isSameNode) return false
  if (a.subsystem !== 'input') return true
  return (
    a.facts.name === b.facts.name &&
    a.facts.uniq === b.facts.uniq &&
    a.facts.vendor === b.facts.vendor &&
    a.facts.product === b.facts.product
  )
}

/** Whether the device is one that has a node. */
export function hasNode(subsystem: string, devpath: string): boolean {
  return kindOf(subsystem, sysnameOf(devpath))?.node !== undefined
}

function kindOf(subsystem: string, sysname: string): Kind | undefined {
  return KINDS.get(subsystem)?.find((kind) => kind.sysname.test(sysname))
}
