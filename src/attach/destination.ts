// Where a unit goes by the routes and the containers that there are, for people.
import { selectorText } from '../route/select.js'
import { keyboardBelowReason } from './keyboard-below.js'
import type { Unit, World } from './world.js'
import { containerNamed, isDecided, placeOf, undecidedReason } from './world.js'

export type Destination =
  /** `reason` says what is waited for. */
  | { kind: 'undecided'; reason: string }
  /** `withheld` is the route that would take it but for a keyboard, and `below` says that it is one below it. */
  | { kind: 'none'; withheld?: string; below?: string }
  | RoutedDestination

export interface RoutedDestination {
  kind: 'route'
  route: string
  /** What the route calls its container. */
  selector: string
  /** Absent while none is known to be meant. */
  container?: string
  /** Unknown as long as the engine has not told. */
  state: 'served' | 'absent' | 'refused' | 'unknown'
}

export function destinationOf(world: World, unit: Unit): Destination {
  const { found } = unit
  if (found === undefined)
    return isDecided(unit) ? { kind: 'none' } : { kind: 'undecided', reason: undecidedReason(unit) }
  if ('withheld' in found) {
    const below = keyboardBelowReason(world, unit)
    return { kind: 'none', withheld: found.route.name, ...(below !== undefined && { below }) }
  }
  const { name, container: selector } = found.route
  const route = { kind: 'route', route: name, selector: selectorText(selector) } as const
  const place = placeOf(world, unit)
  if (place?.kind === 'refused') return { ...route, state: 'refused', container: place.container.name }
  const container = place?.kind === 'owner' ? place.stage : undefined
  return { ...route, state: stateOf(world, container), ...(container !== undefined && { container }) }
}

function stateOf(world: World, container: string | undefined): RoutedDestination['state'] {
  if (!world.containersKnown) return 'unknown'
  const known = container === undefined ? undefined : containerNamed(world, container)
  if (known?.unanswered !== undefined && known.running === undefined) return 'unknown'
  return known?.running === undefined ? 'absent' : 'served'
}
