// Pure decisions: which attachments a stage should have, and which steps lead there from those that it has.
import type { NodeOptions } from '../config/index.js'
import type { Device } from '../kernel/index.js'
import type { UdevRecord } from '../udev/record.js'
import type { StepName } from './step-name.js'
import { REVERT_ORDER, STEP_NAMES, isSessionStep } from './step-name.js'
import type { Unit, World } from './world.js'
import { ownerOf } from './world.js'

/** One device in one container, as it should be. */
export interface Attachment {
  device: Device
  /** Name of the route that gave it. */
  route: string
  node: NodeOptions
}

/** An attachment as far as it has come. */
export interface Applied {
  attachment: Attachment
  record: UdevRecord
  done: Set<StepName>
  /** When its node came to the stage, in microseconds of CLOCK_MONOTONIC. */
  appliedAt: number
  /** SEQNUM of the kernel's remove event, once there was one. */
  removedBy?: number
  /** How often a step of it has failed in a row; while `paused` nothing is tried. */
  failures: number
  paused: boolean
}

export interface PlannedStep {
  applied: Applied
  step: StepName
  direction: 'apply' | 'revert'
}

/** Whether both are the same attachment: another device at the same devpath, or other node options, make another one. */
export function sameAttachment(a: Attachment, b: Attachment): boolean {
  return (
    a.device.devpath === b.device.devpath &&
    a.device.seqnum === b.device.seqnum &&
    a.route === b.route &&
    a.node.mode === b.node.mode &&
    a.node.uid === b.node.uid &&
    a.node.gid === b.node.gid
  )
}

/** The attachments of `unit` that `stage` should have: all of its members, or none. Parents before children. */
export function attachmentsOf(world: World, unit: Unit | undefined, stage: string): Attachment[] {
  if (unit?.found === undefined || 'withheld' in unit.found) return []
  if (ownerOf(world, unit) !== stage) return []
  const { name, node } = unit.found.route
  return [...unit.members.values()].map(({ device }) => ({ device, route: name, node }))
}

/**
 * The steps from `is` to what should be there: what should not be goes first, children before parents; then what is missing comes, parents before
 * children. `should` is a part of `is`. Without a live session only the stage's own steps are planned.
 */
export function planSteps(
  should: ReadonlySet<Applied>,
  is: readonly Applied[],
  live: boolean,
): PlannedStep[] {
  const steps: PlannedStep[] = []
  for (const applied of is.toReversed()) {
    if (!applied.paused && should.has(applied)) continue
    for (const step of REVERT_ORDER) {
      if (applied.done.has(step)) steps.push({ applied, step, direction: 'revert' })
    }
  }
  for (const applied of is) {
    if (applied.paused || !should.has(applied)) continue
    for (const step of STEP_NAMES) {
      if (applied.done.has(step) || (isSessionStep(step) && !live)) continue
      steps.push({ applied, step, direction: 'apply' })
    }
  }
  return steps
}
