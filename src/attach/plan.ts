// Pure decisions: which attachments a stage should have, and which steps lead there from those that it has.
import type { NodeOptions } from '../config/index.js'
import type { Device } from '../kernel/index.js'
import type { RouteMatch } from '../route/match.js'
import type { UdevEvent } from '../udev/event.js'
import type { StoredRecord } from '../udev/record.js'
import { recordId } from '../udev/record.js'
import type { Sayer } from '../udev/source.js'
import type { Owner } from './node-options.js'
import { nodeOptions } from './node-options.js'
import type { StepName } from './step-name.js'
import { REVERT_ORDER, STEP_NAMES, isSessionStep, isUdevStep } from './step-name.js'
import type { Unit, World } from './world.js'
import { decidedMembers, linkHolder, ownerOf } from './world.js'

/** One device in one container, as it should be. */
export interface Attachment {
  device: Device
  /** Name of the route that gave it. */
  route: string
  node: NodeOptions
  /** Symlinks that the route asks for, relative to /dev. */
  links: readonly string[]
  /** Whether a joystick gets the lowest number that is free in the container. */
  legacyJs: boolean
  sayer: Sayer
  libudevZero: boolean
}

/** An attachment as far as it has come. */
export interface Applied {
  attachment: Attachment
  /** What udev said of it last, and the container has been told or is to be told; undefined while nothing was said. */
  event: UdevEvent | undefined
  /** Whether it is what the builtin rules say, for as long as the host's udevd has not spoken. */
  isProvisional?: boolean
  /** What was said since, and is still to be told. */
  updates: UdevEvent[]
  done: Set<StepName>
  /** Steps that are done, and are to be done again for what has changed since. */
  stale?: Set<StepName>
  /** What udev says of the USB devices above it, from when it has said anything of the device itself. */
  parents?: readonly StoredRecord[]
  /** When its node came to the stage, in microseconds of CLOCK_MONOTONIC. */
  appliedAt: number
  /** The kernel's removal of the device, once there was one. */
  removal?: Removal
  /** How often a step of it has failed in a row. While `paused` nothing is applied, and what has been is reverted; while `stuck` nothing is reverted. */
  failures: number
  paused: boolean
  stuck: boolean
  /** Its record was there when the container could see the stage: who has found it hears of its end, also when it has not been announced. */
  isVisible: boolean
  /** The devpath that its container may know it by still: it is not certain that it has been told of the move. */
  formerly?: string
  /** Nobody knows how far it had come: it is reverted as a whole before it is applied anew. */
  isDoubtful: boolean
  /** What a daemon before this one has noted, as long as it isn't known whether the container still is in that run. */
  earlier?: Earlier
  /** What failed last, until it has been done after all. */
  failed?: FailedStep
  /** What udev says of it and can't be made, once people were told of it. */
  ignored?: Set<string>
}

/** How far an attachment had come when it was noted. */
export interface Earlier {
  /** The run of the container that the session steps were done in; absent when none was. */
  run?: string
  /** Whether no step was under way. */
  isSettled: boolean
  sessionSteps: readonly StepName[]
}

export interface FailedStep {
  step: PlannedStep['step']
  direction: PlannedStep['direction']
  reason: string
  /** When it is tried again, on the clock of Date. */
  retryAt: number
}

export interface Removal {
  seqnum: number
  kernel: ReadonlyMap<string, string>
  /** Whether the host's udevd has yet to tell of it. */
  isAwaited: boolean
  said?: ReadonlyMap<string, string>
}

/**
 * What can be done for the container: nothing live while it does not run, nothing of udev where it has its own, and no announcement where it hears those of the
 * host's.
 */
export interface Reach {
  isLive: boolean
  hasOwnUdevd: boolean
  hearsHost: boolean
}

/** Whether anything is left to be announced: no udevd speaks as libudev-zero hears. */
export function isAnnounced({ libudevZero }: Attachment, { hearsHost }: Pick<Reach, 'hearsHost'>): boolean {
  return !hearsHost || libudevZero
}

/** What is done of the step stays, and is taken back where the device goes before it is done anew. */
export function redo(applied: Applied, step: StepName): void {
  applied.stale ??= new Set()
  applied.stale.add(step)
}

export interface PlannedStep {
  applied: Applied
  /** `update` tells of the first event in `updates`. */
  step: StepName | 'update'
  direction: 'apply' | 'revert'
}

/** Whether what the container has is the same; another device at the same devpath makes another attachment, another route alone does not. */
export function sameAttachment(a: Attachment, b: Attachment): boolean {
  return (
    a.device.devpath === b.device.devpath &&
    a.device.seqnum === b.device.seqnum &&
    a.legacyJs === b.legacyJs &&
    a.libudevZero === b.libudevZero &&
    a.links.join(' ') === b.links.join(' ')
  )
}

/**
 * The attachments of `unit` that `stage` should have: all that it was decided with, or none. Parents before children. `owner` is whose the nodes are unless the route
 * says otherwise, and `auto` who is asked of devices with `properties: auto`.
 */
export function attachmentsOf(
  world: World,
  unit: Unit | undefined,
  stage: string,
  owner: Owner,
  auto: Sayer,
): Attachment[] {
  if (unit?.found === undefined || 'withheld' in unit.found) return []
  if (ownerOf(world, unit) !== stage) return []
  return attachmentsUnder(unit, unit.found, owner, auto)
}

/** The attachments of `unit` under the route that `found` it, wherever its container is. */
export function attachmentsUnder(unit: Unit, found: RouteMatch, owner: Owner, auto: Sayer): Attachment[] {
  const { name, node, links, legacyJs, libudevZero, properties } = found.route
  const holder = links.length > 0 ? linkHolder(unit, found) : undefined
  return decidedMembers(unit).map(({ device }) => ({
    device,
    route: name,
    node: nodeOptions(device, node, owner),
    links: device === holder ? links : [],
    legacyJs,
    sayer: properties === 'auto' ? auto : properties,
    libudevZero,
  }))
}

/**
 * The steps from `is` to what should be there: what should not be goes first, children before parents; then what is missing comes, parents before
 * children. `should` is a part of `is`. What is out of reach is not planned, nor what depends on words of udev that are awaited.
 */
export function planSteps(should: ReadonlySet<Applied>, is: readonly Applied[], reach: Reach): PlannedStep[] {
  // What is below a device that was moved is known by its new devpath when that has been told, and not before.
  const moved = new Set(is.filter(isMoveUntold))
  const steps = [...moved].flatMap(updatesOf)
  for (const applied of is.toReversed()) {
    if (applied.stuck || (!applied.paused && !applied.isDoubtful && should.has(applied))) continue
    // A HID device is told as unbound before it is told as removed.
    if (applied.done.has('announce') && !moved.has(applied)) steps.push(...updatesOf(applied))
    for (const step of REVERT_ORDER) {
      const isKnown = step === 'announce' && applied.isVisible && reach.isLive
      if (!applied.done.has(step) && !isKnown) continue
      if (step === 'announce' && applied.removal?.isAwaited === true) continue
      steps.push({ applied, step, direction: 'revert' })
    }
  }
  // What has the number of one that can't be taken away yet waits for that, as it does for one of another unit.
  const leaving = is.filter((one) => !should.has(one) && (one.stuck || one.removal?.isAwaited === true))
  const taken = new Set(leaving.map(({ attachment }) => recordId(attachment.device)))
  const updates: PlannedStep[] = []
  for (const applied of is) {
    if (applied.paused || applied.isDoubtful || !should.has(applied)) continue
    if (taken.has(recordId(applied.attachment.device))) continue
    for (const step of STEP_NAMES) {
      const isDone = applied.done.has(step) && applied.stale?.has(step) !== true
      if (!isDone && isPossible(step, applied, reach)) steps.push({ applied, step, direction: 'apply' })
    }
    if (applied.event !== undefined && !moved.has(applied)) updates.push(...updatesOf(applied))
  }
  // A HID device is told as bound when what its driver has made is known.
  return [...steps, ...updates]
}

function isMoveUntold({ done, updates }: Applied): boolean {
  return done.has('announce') && updates.some(({ action }) => action === 'move')
}

function updatesOf(applied: Applied): PlannedStep[] {
  return applied.updates.map(() => ({ applied, step: 'update', direction: 'apply' }))
}

function isPossible(
  step: StepName,
  { event, attachment }: Applied,
  { isLive, hasOwnUdevd, hearsHost }: Reach,
): boolean {
  if (isSessionStep(step) && !isLive) return false
  if (step === 'announce' && !isAnnounced(attachment, { hearsHost })) return false
  return !isUdevStep(step) || (event !== undefined && !hasOwnUdevd)
}
