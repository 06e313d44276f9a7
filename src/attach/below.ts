// Units below others: a receiver's HID device has those of what is paired to it below its own, and its hidraw node tells what they say.
import type { Route } from '../config/index.js'
import { unitsAbove } from '../kernel/index.js'
import { hasKeyboard } from '../route/match.js'
import type { Member } from '../route/member.js'
import type { Unit, World } from './world.js'

/** Keys of the units below a HID device, by its devpath, whether it is a unit itself yet or not. */
export type Below = Map<string, Set<string>>

type Units = Pick<World, 'units' | 'below'>

/** There is a unit of that key now. */
export function noteBelow({ below }: Units, key: string): void {
  for (const above of unitsAbove(key)) {
    const keys = below.get(above) ?? new Set<string>()
    below.set(above, keys.add(key))
  }
}

/** There is no unit of that key any more. */
export function forgetBelow({ below }: Units, key: string): void {
  for (const above of unitsAbove(key)) {
    const keys = below.get(above)
    keys?.delete(key)
    if (keys?.size === 0) below.delete(above)
  }
}

/** The units below the one of that key. */
export function unitsBelow({ units, below }: Units, key: string): Unit[] {
  return [...(below.get(key) ?? [])].flatMap((one) => units.get(one) ?? [])
}

/** All devices that the unit may tell of: its own, and those of the units below it. */
export function membersWithin(world: Units, unit: Unit): Member[] {
  return [unit, ...unitsBelow(world, unit.key)].flatMap(({ members }) => [...members.values()])
}

/** The unit below this one whose keyboard keeps `route` from it; undefined where it has a keyboard of its own, or there is none. */
export function keyboardBelow(world: Units, unit: Unit, route: Route): Unit | undefined {
  if (hasKeyboard(route, [...unit.members.values()])) return undefined
  return unitsBelow(world, unit.key).find(({ members }) => hasKeyboard(route, [...members.values()]))
}
