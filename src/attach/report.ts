// What the daemon tells of its state: containers and what they have, units that wait, steps that failed, and how much it holds.
import type { Container } from '../container/engine.js'
import { literalNames } from '../route/select.js'
import type { NetworkPlace } from './network.js'
import { networkOf } from './network.js'
import type { Applied } from './plan.js'
import { STEP_NAMES } from './step-name.js'
import type { StepName } from './step-name.js'
import { unitTitle } from './title.js'
import type { StageView, WaitingReport } from './waiting.js'
import { waitingReport } from './waiting.js'
import type { World } from './world.js'
import { containerNamed, isDecided, meantContainers, ownerOf, refusalOf } from './world.js'

export interface AttachReport {
  containers: ContainerReport[]
  waiting: WaitingReport[]
  /** Units that no route takes. */
  unrouted: number
  failures: FailureReport[]
}

export interface ContainerReport {
  name: string
  /** The first twelve digits; absent while no container has the name. */
  id?: string
  /** `opening`: it runs, and what it needs is not mounted yet; `unknown`: the engine has not told. */
  state: 'served' | 'opening' | 'stopped' | 'absent' | 'refused' | 'unknown'
  /** Why it is refused, or could not be opened so far. */
  reason?: string
  /** What it can't open of what it has, and what to change. */
  problems?: string[]
  /** Records and announcements are left to a udevd of its own. */
  hasOwnUdevd: boolean
  /** Absent where it runs on a network of its own, or does not run. `others` are the containers that share it. */
  network?: Exclude<NetworkPlace, { kind: 'own' }>
  units: AttachedUnit[]
}

export interface AttachedUnit {
  /** The devpath that its devices share. */
  unit: string
  title: string
  route: string
  devices: AttachedDevice[]
}

export interface AttachedDevice {
  devpath: string
  /** As the container has it; absent for a device without. */
  node?: NodeReport
  /** `live`: all is done; `staged`: it waits complete for the container's start; `pending`: on its way; `leaving`: on its way out. */
  state: 'live' | 'staged' | 'pending' | 'leaving' | 'failed'
  done: StepName[]
}

export interface NodeReport {
  path: string
  /** Major and minor. */
  number: string
  mode: string
  uid: number
  gid: number
}

export interface FailureReport {
  container: string
  unit: string
  title: string
  devpath: string
  /** Its node below /dev, or its sysname. */
  device: string
  route: string
  step: StepName | 'update'
  direction: 'apply' | 'revert'
  reason: string
  /** How often in a row. */
  tries: number
  /** When it is tried again. */
  retryAt: string
}

/**
 * What is attached where, what waits and what failed; `problemOf` says why the container of a stage can't be opened, and `deniedOf` what that container can't
 * open itself.
 */
export function attachReport(
  world: World,
  stages: readonly StageView[],
  problemOf: (stage: string) => string | undefined,
  deniedOf: (stage: string) => string[] = () => [],
): AttachReport {
  const units = [...world.units.values()]
  return {
    containers: containerNames(world, stages).map((name) =>
      containerReport(
        world,
        name,
        stages.find((stage) => stage.name === name),
        problemOf(name),
        deniedOf(name),
      ),
    ),
    waiting: units.flatMap((unit) => {
      const waiting = waitingReport(world, unit, stages)
      return waiting === undefined ? [] : [waiting]
    }),
    unrouted: units.filter((unit) => unit.found === undefined && isDecided(unit)).length,
    failures: stages.flatMap((stage) => stage.all.flatMap((applied) => failureReport(stage, applied))),
  }
}

/** Those that a route means or names, and those that still have something. */
function containerNames(world: World, stages: readonly StageView[]): string[] {
  const named = world.routes.flatMap(({ route }) => literalNames(route.container))
  const holding = stages.flatMap(({ name, all }) => (all.length > 0 ? [name] : []))
  return [...new Set([...named, ...meantContainers(world), ...holding])].sort()
}

function containerReport(
  world: World,
  name: string,
  stage: StageView | undefined,
  problem: string | undefined,
  denied: string[],
): ContainerReport {
  const container = containerNamed(world, name)
  const state = stateOf(world, container, stage)
  const refusal = container && refusalOf(world, container)
  const reason = state === 'refused' ? refusal : state === 'opening' ? problem : container?.unanswered
  const network = container && networkOf(world, container)
  const all = stage?.all ?? []
  const units = [...new Set(all.map(({ attachment }) => attachment.device.unit))]
  return {
    name,
    ...(container && { id: container.id.slice(0, 12) }),
    state,
    ...(reason !== undefined && { reason }),
    ...(denied.length > 0 && { problems: denied }),
    hasOwnUdevd: stage?.session?.hasOwnUdevd === true,
    ...(network !== undefined && network.kind !== 'own' && { network }),
    units: stage === undefined ? [] : units.map((unit) => attachedUnit(world, stage, unit)),
  }
}

function stateOf(
  world: World,
  container: Container | undefined,
  stage: StageView | undefined,
): ContainerReport['state'] {
  if (container === undefined) return world.containersKnown ? 'absent' : 'unknown'
  if (container.running === undefined) return container.unanswered === undefined ? 'stopped' : 'unknown'
  if (refusalOf(world, container) !== undefined) return 'refused'
  return stage?.session === undefined ? 'opening' : 'served'
}

function attachedUnit(world: World, stage: StageView, key: string): AttachedUnit {
  const unit = world.units.get(key)
  const all = stage.all.filter(({ attachment }) => attachment.device.unit === key)
  const isLeaving = unit === undefined || ownerOf(world, unit) !== stage.name
  const [first] = all
  return {
    unit: key,
    title: titleOf(all),
    route: first?.attachment.route ?? '',
    devices: all.map((applied) => attachedDevice(stage, applied, isLeaving)),
  }
}

/** The step that completes a device in a container that runs; what needs no session, in one that does not. */
function lastStep(session: StageView['session']): StepName {
  if (session === undefined || session.hasOwnUdevd) return 'node'
  return session.hearsHost ? 'record' : 'announce'
}

function attachedDevice({ session }: StageView, applied: Applied, isLeaving: boolean): AttachedDevice {
  const { attachment, done, failed, removal } = applied
  const { device, node: options } = attachment
  const { node } = device
  const last = lastStep(session)
  const reached = session === undefined ? 'staged' : 'live'
  const state = isLeaving || removal !== undefined ? 'leaving' : done.has(last) ? reached : 'pending'
  return {
    devpath: device.devpath,
    ...(node && {
      node: {
        path: `/dev/${node.name}`,
        number: `${node.major}:${node.minor}`,
        mode: options.mode.toString(8).padStart(4, '0'),
        uid: options.uid,
        gid: options.gid,
      },
    }),
    state: failed === undefined ? state : 'failed',
    done: STEP_NAMES.filter((step) => done.has(step)),
  }
}

function failureReport({ name, all }: StageView, { attachment, failures, failed }: Applied): FailureReport[] {
  if (failed === undefined) return []
  const { device, route } = attachment
  const { step, direction, reason, retryAt } = failed
  return [
    {
      container: name,
      unit: device.unit,
      title: titleOf(all.filter((other) => other.attachment.device.unit === device.unit)),
      devpath: device.devpath,
      device: device.node?.name ?? device.sysname,
      route,
      step,
      direction,
      reason,
      tries: failures,
      retryAt: new Date(retryAt).toISOString(),
    },
  ]
}

function titleOf(all: readonly Applied[]): string {
  return unitTitle(all.map(({ attachment }) => attachment.device))
}
