// How devices come into the world: one by one with their uevents, or all at once from sysfs.
import type { Arrival, Device, Surroundings } from '../kernel/index.js'
import {
  PROBE_TIME,
  deviceFrom,
  enumerate,
  hidFacts,
  inputFacts,
  isHidUnit,
  monotonicMicroseconds,
  probeTimeLeft,
  readCapabilities,
  readLinkName,
  readProperties,
  readSeqnum,
  sameDevice,
} from '../kernel/index.js'
import type { Stages } from './stages.js'
import type { Unit, World } from './world.js'
import { addDevice, knownDevice, markBound, markUnbound, removeDevice } from './world.js'

/**
 * Adds the device that `arrival` describes, if it is one that is handled, and returns it; one that is known already, and told of again, stays as it
 * is.
 */
export function takeDevice(world: World, arrival: Arrival): Device | undefined {
  const device = deviceFrom(arrival, surroundingsOf(world))
  return device !== undefined && addUnlessKnown(world, device) ? device : undefined
}

/** Takes in what sysfs has, into a world that no stage is made from. */
export function survey(world: World): void {
  const [at, seqnum] = [monotonicMicroseconds(), readSeqnum()]
  for (const properties of enumerate()) takeDevice(world, { properties, seqnum, at })
  for (const unit of world.units.keys()) markBound(world, unit)
}

/**
 * Makes sysfs the truth: what it does not have is gone. Returns the units that may have changed. What an earlier daemon has left on the stages, and is still
 * there, keeps its SEQNUM and its time, and so stays the same attachment.
 */
export function resync(world: World, stages: Stages, seqnum: number): Set<string> {
  const at = monotonicMicroseconds()
  const attached = stages.all().flatMap(({ all }) => all.map(({ attachment }) => attachment.device))
  const earlier = new Map(attached.map((device) => [device.devpath, device]))
  const touched = new Set([...world.units.keys(), ...attached.map(({ unit }) => unit)])
  const found = new Set<string>()
  /** What a probe has made that is over, by devpath, and units that are not as they were. */
  const lasting = new Set<string>()
  const changed = new Set<string>()
  for (const properties of enumerate()) {
    const device = deviceFrom({ properties, seqnum, at }, surroundingsOf(world))
    if (device === undefined) continue
    const before = earlier.get(device.devpath)
    const isSame = before !== undefined && sameDevice(before, device)
    if (!isKnown(world, device)) {
      // What comes to it without an event may come of another probe.
      markUnbound(world, device.unit)
      changed.add(device.unit)
    } else if (world.units.get(device.unit)?.decided.has(device.devpath) === true) lasting.add(device.devpath)
    if (isSame) lasting.add(device.devpath)
    addUnlessKnown(
      world,
      isSame ? { ...device, seqnum: before.seqnum, initializedAt: before.initializedAt } : device,
      isSame,
    )
    found.add(device.devpath)
    touched.add(device.unit)
  }
  for (const unit of [...world.units.values()]) {
    for (const devpath of [...unit.members.keys()]) {
      if (found.has(devpath)) continue
      removeDevice(world, unit.key, devpath)
      changed.add(unit.key)
    }
    if (isProbeOver(unit, !changed.has(unit.key), lasting)) markBound(world, unit.key)
    else markUnbound(world, unit.key)
  }
  for (const { all } of stages.all()) {
    for (const applied of all) {
      const { device } = applied.attachment
      if (knownDevice(world, device) !== undefined) continue
      applied.removal ??= { seqnum, kernel: device.properties, isAwaited: false }
    }
  }
  return touched
}

/**
 * Whether nothing of the unit is still to come, as far as sysfs shows it: it has a driver, and is as it was when that was bound, or has an input of a probe that
 * is over, or is older than a probe. Else the bind is waited for, which may have been lost.
 */
function isProbeOver(unit: Unit, isUnchanged: boolean, lasting: Set<string>): boolean {
  if (!isHidUnit(unit.key)) return true
  if (!hasDriver(unit)) return false
  if (unit.bound && unit.presumed !== true && isUnchanged) return true
  const isLasting = [...unit.members.values()].some(
    ({ device: { subsystem, devpath } }) => subsystem === 'input' && lasting.has(devpath),
  )
  return isLasting || probeLeft(unit) === 0
}

/** How long the end of a driver's probe is still waited for, in milliseconds: what has no driver may get one at any time. */
export function probeLeft(unit: Unit): number {
  return hasDriver(unit) ? probeTimeLeft([...unit.members.values()].map(({ device }) => device)) : PROBE_TIME
}

function hasDriver({ key }: Unit): boolean {
  return readLinkName(key, 'driver') !== undefined
}

function addUnlessKnown(world: World, device: Device, isGiven = false): boolean {
  if (isKnown(world, device)) return false
  addDevice(world, device, isGiven)
  return true
}

function isKnown(world: World, device: Device): boolean {
  const known = world.units.get(device.unit)?.members.get(device.devpath)?.device
  return known !== undefined && sameDevice(known, device)
}

/** What is known of the devices above, or, when their events were missed, what sysfs knows. */
function surroundingsOf(world: World): Surroundings {
  return {
    capabilities: (devpath) => readCapabilities(devpath),
    facts: (devpath, unit) => {
      const known = world.units.get(unit)?.members.get(devpath)
      if (known !== undefined) return known.device.facts
      const properties = readProperties(devpath)
      if (properties === undefined) return undefined
      if (properties.get('SUBSYSTEM') === 'hid') return hidFacts(properties)
      const capabilities = readCapabilities(devpath)
      return { ...inputFacts(properties), ...(capabilities && { capabilities }) }
    },
  }
}
