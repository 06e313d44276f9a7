// Why a unit without a keyboard counts as one, for people.
import { keyboardBelow } from './below.js'
import { unitTitle } from './title.js'
import type { Unit, World } from './world.js'

/** That it passes on what is typed on a keyboard below it; undefined where that is not what keeps its route from it. */
export function keyboardBelowReason(world: World, unit: Unit): string | undefined {
  const { found } = unit
  const keyboard =
    found !== undefined && 'withheld' in found ? keyboardBelow(world, unit, found.route) : undefined
  if (keyboard === undefined) return undefined
  const title = unitTitle([...keyboard.members.values()].map(({ device }) => device))
  return `it passes on what is typed on ${title}`
}
