// Units that wait for an owner, and what each waits for.
import type { Session } from '../container/session.js'
import { selectorText } from '../route/select.js'
import type { Applied } from './plan.js'
import { missingContainer } from './absent.js'
import { keyboardBelowReason } from './keyboard-below.js'
import { unitTitle } from './title.js'
import type { Unit, World } from './world.js'
import { containerNamed, isDecided, placeOf, refusalOf, undecidedReason } from './world.js'

export interface WaitingReport {
  unit: string
  title: string
  nodes: string[]
  why: 'undecided' | 'keyboard' | 'engine' | 'absent' | 'refused' | 'held'
  /** The same in words. */
  reason: string
  route?: string
  container?: string
}

/** What a report needs of a stage. */
export interface StageView {
  name: string
  all: readonly Applied[]
  session: Pick<Session, 'hasOwnUdevd' | 'hearsHost'> | undefined
}

/** Undefined for a unit that is in a running container, or on its way there, and for one that no route takes. */
export function waitingReport(
  world: World,
  unit: Unit,
  stages: readonly StageView[],
): WaitingReport | undefined {
  const why = reasonToWait(world, unit, stages)
  if (why === undefined) return undefined
  const devices = [...unit.members.values()].map(({ device }) => device)
  const route = unit.found?.route.name
  return {
    unit: unit.key,
    title: unitTitle(devices),
    nodes: devices.flatMap(({ node }) => (node === undefined ? [] : [`/dev/${node.name}`])),
    ...why,
    ...(route !== undefined && { route }),
  }
}

function reasonToWait(
  world: World,
  unit: Unit,
  stages: readonly StageView[],
): Pick<WaitingReport, 'why' | 'reason' | 'container'> | undefined {
  const { found } = unit
  if (found === undefined) {
    return isDecided(unit) ? undefined : { why: 'undecided', reason: undecidedReason(unit) }
  }
  if ('withheld' in found) {
    const behind = keyboardBelowReason(world, unit)
    const rule = 'a keyboard goes only to a route that says name: or class: keyboard'
    return { why: 'keyboard', reason: behind === undefined ? rule : `${behind}, and ${rule}` }
  }
  if (!world.containersKnown) return { why: 'engine', reason: 'the engine has not listed its containers yet' }
  const place = placeOf(world, unit)
  const missing = missingContainer(world, found.route.container)
  if (place === undefined || place.kind === 'absent') {
    return {
      why: 'absent',
      reason: missing ?? `no running container matches ${selectorText(found.route.container)}`,
    }
  }
  if (place.kind === 'refused') {
    const { container } = place
    const reason = `container ${container.name} is refused: ${refusalOf(world, container, found.route) ?? ''}`
    return { why: 'refused', reason, container: container.name }
  }
  const container = place.stage
  const holder = stages.find(
    ({ name, all }) =>
      name !== container && all.some(({ attachment }) => attachment.device.unit === unit.key),
  )
  if (holder !== undefined) return { why: 'held', reason: `container ${holder.name} still has it`, container }
  if (containerNamed(world, container)?.running !== undefined) return undefined
  return { why: 'absent', reason: missing ?? `container ${container} does not run`, container }
}
