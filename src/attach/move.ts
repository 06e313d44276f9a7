// Devices that were moved to other devpaths, with all that is below them: in the world, and on the stages that have them.
import type { Move } from '../kernel/index.js'
import { movedDevice, movedPath, sysnameOf, unitOf } from '../kernel/index.js'
import { movedEvent } from '../udev/event.js'
import type { Applied } from './plan.js'
import type { Stage } from './stage.js'
import type { Stages } from './stages.js'
import type { Unit, World } from './world.js'
import { knownDevice, moveUnit } from './world.js'

export interface Moved {
  /** Keys that the units have now, by those that they had; the same where only a part of a unit was moved. */
  units: ReadonlyMap<string, string>
  /** Attachments that were moved without anything to be told of it. */
  silent: readonly { stage: Stage; applied: Applied }[]
}

/** Gives all devices at and below the old devpath their new ones. Undefined, with nothing done, where that does not do: sysfs is to be looked at then. */
export function moveDevices(world: World, stages: Pick<Stages, 'all'>, move: Move): Moved | undefined {
  const units = movedUnits(world, stages, move)
  if (units === undefined) return undefined
  const silent: { stage: Stage; applied: Applied }[] = []
  for (const stage of units.size > 0 ? stages.all() : []) {
    const concerned = stage.all.filter((applied) => isConcerned(world, move, applied))
    const told = concerned.find((applied) => isToldOf(move, applied))
    const toldUnit = told && movedDevice(move, told.attachment.device).unit
    for (const applied of concerned) {
      const device = movedDevice(move, applied.attachment.device)
      stage.replaceDevice(applied, device)
      if (applied !== told) moveEvents(applied, move)
      // The others of the unit are noted with that.
      if (device.unit !== toldUnit) silent.push({ stage, applied })
    }
    for (const [key, to] of units) if (stage.blocked.delete(key)) stage.blocked.add(to)
  }
  // Those below others first: nobody is decided without what is below it.
  for (const [key, to] of [...units].toSorted(([a], [b]) => b.length - a.length)) {
    const unit = world.units.get(key)
    if (unit !== undefined) moveUnit(world, unit, to, move)
  }
  return { units, silent }
}

function movedUnits(
  world: World,
  stages: Pick<Stages, 'all'>,
  move: Move,
): ReadonlyMap<string, string> | undefined {
  const units = new Map<string, string>()
  for (const unit of world.units.values()) {
    const devpaths = [...unit.members.keys()].filter((devpath) => movedPath(move, devpath) !== undefined)
    if (devpaths.length === 0) continue
    const to = movedPath(move, unit.key) ?? unit.key
    if (!staysWhole(unit, devpaths, to, move)) return undefined
    // What has the key already, or had it and is still being taken away, would become one unit with this.
    const isTaken = world.units.has(to) || stages.all().some((stage) => stage.holds(to))
    if (to !== unit.key && isTaken) return undefined
    units.set(unit.key, to)
  }
  return units
}

/**
 * Whether the devices at `devpaths` still make one unit with the others, under the key `to`. One that leaves its unit for another has another owner, perhaps, and
 * both units are other ones then; one that was renamed has another record. Neither happens to input devices: it is enough that the end is right.
 */
function staysWhole({ members }: Unit, devpaths: readonly string[], to: string, move: Move): boolean {
  return devpaths.every((devpath) => {
    const moved = movedPath(move, devpath) ?? devpath
    return unitOf(moved) === to && sysnameOf(moved) === sysnameOf(devpath) && !members.has(moved)
  })
}

/**
 * What has gone, and is still being taken away, was another device at the same devpath. What is doubted is taken away under the devpaths that its container
 * may know it by, whatever it is called meanwhile.
 */
function isConcerned(world: World, move: Move, { attachment, removal, isDoubtful }: Applied): boolean {
  const { device } = attachment
  return (
    removal === undefined &&
    !isDoubtful &&
    movedPath(move, device.devpath) !== undefined &&
    knownDevice(world, device) !== undefined
  )
}

/** Whether its container is to be told: of the device itself, but of nothing below it, as by udevd. What was said of it keeps the old devpath until then. */
function isToldOf({ from }: Move, applied: Applied): boolean {
  return applied.attachment.device.devpath === from && mayBeKnown(applied)
}

/** Whether its container knows it, or may know it from a daemon before this one. */
export function mayBeKnown({ done, earlier }: Applied): boolean {
  return done.has('announce') || earlier !== undefined
}

function moveEvents(applied: Applied, move: Move): void {
  applied.event = applied.event && movedEvent(move, applied.event)
  applied.updates = applied.updates.map((update) => movedEvent(move, update))
}
