// All that is known now: units, containers, routes. The only mutable truth; everything else is derived from it.
import type { Route } from '../config/index.js'
import type { Container } from '../container/engine.js'
import { runOf } from '../container/engine.js'
import type { Device, Facts, Move } from '../kernel/index.js'
import { isHidUnit, movedDevice, movedPath, parentOf, sameDevice, unitsAbove } from '../kernel/index.js'
import type { Knowledge } from '../route/knowledge.js'
import { CAPABILITIES } from '../route/knowledge.js'
import type { CompiledRoute, RouteMatch, WithheldKeyboard } from '../route/match.js'
import type { Member } from '../route/member.js'
import { memberWith } from '../route/member.js'
import type { Place } from '../route/owner.js'
import { findPlace, findRoute } from '../route/owner.js'
import type { Below } from './below.js'
import { forgetBelow, membersWithin, noteBelow, unitsBelow } from './below.js'
import { networkRefusal } from './network.js'

export interface Unit {
  /** The devpath that its members share. */
  key: string
  /** By devpath, in the order of their arrival: parents before children. */
  members: Map<string, Member>
  /** The HID driver has finished its probe, or has had its time, so no input is still to come that could make the unit a keyboard. True without HID. */
  bound: boolean
  /** Bound only as its driver has had its time, or as there was none: what comes to it still may come of a probe, of which the end is to be waited for. */
  presumed?: boolean
  /** It is bound, and so are the units below it: no keyboard is still to come there either. */
  complete: boolean
  /** Devpaths of the members that there were when the unit was decided last: a container gets these alone. */
  decided: Set<string>
  /** The route of which it is open whether it takes the unit, as udev has not said yet what it is. */
  awaits?: string | undefined
  /** The driver of its HID device, as the kernel has told it. */
  driver?: string | undefined
  /** What findRoute says of the members as they are now. */
  found?: RouteMatch | WithheldKeyboard | undefined
  /** What placeOf has said; forgotten with every change of `found`, of a container, or of a refusal. */
  place?: Place | undefined
}

export interface World {
  units: Map<string, Unit>
  below: Below
  /** By id. */
  containers: Map<string, Container>
  /** Whether the engine has told which containers there are; until then no stage is taken for abandoned. */
  containersKnown: boolean
  routes: readonly CompiledRoute[]
  /** Why a container, by id, can't be served in its present run. */
  refused: Map<string, string>
  /** st_dev:st_ino of the network namespace of this process. */
  hostNetns: string
  /** What there is to be known of devices beside what the kernel says. */
  knowledge: Knowledge
}

export function createWorld(
  routes: readonly CompiledRoute[],
  hostNetns: string,
  knowledge = CAPABILITIES,
): World {
  return {
    units: new Map(),
    below: new Map(),
    containers: new Map(),
    containersKnown: false,
    routes,
    refused: new Map(),
    hostNetns,
    knowledge,
  }
}

/** From now on these routes hold. */
export function setRoutes(world: World, routes: readonly CompiledRoute[]): void {
  world.routes = routes
  decideAnew(world)
}

/** What udev says may be something else now, of one unit or of all. */
export function decideAnew(world: World, unitKey?: string): void {
  const unit = unitKey === undefined ? undefined : world.units.get(unitKey)
  if (unit !== undefined) route(world, unit)
  if (unitKey === undefined) for (const one of world.units.values()) routeAlone(world, one)
}

/**
 * A device has come, or is seen again; one at the same devpath is replaced. One that a container has already, from a daemon before this one, was decided with
 * what there was then.
 */
export function addDevice(world: World, device: Device, isGiven = false): void {
  const unit = world.units.get(device.unit) ?? {
    key: device.unit,
    members: new Map<string, Member>(),
    bound: !isHidUnit(device.unit),
    complete: false,
    decided: new Set<string>(),
  }
  world.units.set(unit.key, unit)
  noteBelow(world, unit.key)
  if (unit.presumed === true && !isGiven) unbind(unit)
  unit.members.set(device.devpath, memberWith(world.knowledge, device, unit.driver))
  if (isGiven) unit.decided.add(device.devpath)
  else unit.decided.delete(device.devpath)
  route(world, unit)
}

/** The kernel has told of a device once more: `properties` are what it says now. Undefined when the device is not known. */
export function updateDevice(
  world: World,
  unitKey: string,
  devpath: string,
  properties: ReadonlyMap<string, string>,
): Device | undefined {
  const unit = world.units.get(unitKey)
  const known = unit?.members.get(devpath)
  if (unit === undefined || known === undefined) return undefined
  const device = { ...known.device, properties }
  unit.members.set(devpath, memberWith(world.knowledge, device, unit.driver))
  route(world, unit)
  return device
}

/** This device as it is known now, if it is the one at its devpath; a ledger has kept less of it. */
export function knownDevice({ units }: World, { unit, devpath, seqnum }: Device): Device | undefined {
  const device = units.get(unit)?.members.get(devpath)?.device
  return device?.seqnum === seqnum ? device : undefined
}

/** A device has gone. */
export function removeDevice(world: World, unitKey: string, devpath: string): void {
  const unit = world.units.get(unitKey)
  if (!unit?.members.delete(devpath)) return
  unit.decided.delete(devpath)
  if (unit.members.size === 0) {
    world.units.delete(unitKey)
    forgetBelow(world, unitKey)
  }
  route(world, unit)
}

/** Devices of the unit have other devpaths, and the unit the key `to`. */
export function moveUnit(world: World, unit: Unit, to: string, move: Move): void {
  const devices = [...unit.members.values()].map(({ device }) => movedDevice(move, device))
  world.units.delete(unit.key)
  forgetBelow(world, unit.key)
  unit.key = to
  unit.members = new Map(
    devices.map((device) => [device.devpath, memberWith(world.knowledge, device, unit.driver)]),
  )
  unit.decided = new Set([...unit.decided].map((devpath) => movedPath(move, devpath) ?? devpath))
  world.units.set(to, unit)
  noteBelow(world, to)
  route(world, unit)
}

/**
 * What the HID device of the unit says of itself by now, and its hidraw node with it: its driver may have asked it for its name and its serial number. `driver`
 * is who it is.
 */
export function setHidFacts(world: World, unitKey: string, facts: Facts, driver: string | undefined): void {
  const unit = world.units.get(unitKey)
  if (unit === undefined) return
  unit.driver = driver
  for (const [devpath, { device }] of unit.members) {
    const known = device.subsystem === 'input' ? device : { ...device, facts }
    unit.members.set(devpath, memberWith(world.knowledge, known, driver))
  }
  route(world, unit)
}

/** The driver of the unit's HID device has finished its probe. */
export function markBound(world: World, unitKey: string): void {
  const unit = world.units.get(unitKey)
  if (unit === undefined) return
  delete unit.presumed
  if (unit.bound) return
  unit.bound = true
  route(world, unit)
}

/**
 * The container of `stage` was given these devices before: the probe that has made them is over. It may have said so itself, and so hastens nothing that is not
 * its own. Returns the units of which nothing more is waited for.
 */
export function recognise(world: World, stage: string, known: readonly Device[]): string[] {
  return known.flatMap((device) => {
    const unit = world.units.get(device.unit)
    const now = unit?.members.get(device.devpath)?.device
    // A HID device, and its hidraw node, may be there before its driver makes an input.
    if (unit === undefined || unit.bound || device.subsystem !== 'input') return []
    if (now === undefined || !sameDevice(now, device)) return []
    const { decided } = unit
    markBound(world, unit.key)
    if (ownerOf(world, unit) === stage) return [unit.key]
    unit.decided = decided
    markUnbound(world, unit.key)
    return []
  })
}

/** The driver of the unit's HID device has had its time, or there is none. */
export function presumeBound(world: World, unitKey: string): void {
  const unit = world.units.get(unitKey)
  if (unit === undefined || unit.bound) return
  markBound(world, unitKey)
  unit.presumed = true
}

/** The HID device of the unit has no driver any more, or another one that is in the midst of its probe: what comes to the unit has to wait for that. */
export function markUnbound(world: World, unitKey: string): void {
  const unit = world.units.get(unitKey)
  if (unit === undefined || !isHidUnit(unit.key)) return
  unbind(unit)
  route(world, unit)
}

function unbind(unit: Unit): void {
  unit.bound = false
  delete unit.presumed
}

/** The container is as given; a new run of it starts without a refusal. */
export function setContainer(world: World, container: Container): void {
  const known = world.containers.get(container.id)
  if (known === undefined || runOf(known) !== runOf(container)) world.refused.delete(container.id)
  world.containers.set(container.id, container)
  forgetPlaces(world)
}

/** These containers exist, and no others. */
export function setContainers(world: World, containers: readonly Container[]): void {
  world.containersKnown = true
  const ids = new Set(containers.map(({ id }) => id))
  for (const id of [...world.containers.keys()]) if (!ids.has(id)) removeContainer(world, id)
  for (const container of containers) setContainer(world, container)
}

/** The container of that name, running or not. */
export function containerNamed({ containers }: World, name: string): Container | undefined {
  for (const container of containers.values()) if (container.name === name) return container
  return undefined
}

/** Names of the containers that a route means: only these get a stage. */
export function meantContainers({ containers, routes }: World): string[] {
  const meant = [...containers.values()].filter((container) =>
    routes.some(({ selects }) => selects(container)),
  )
  return meant.map(({ name }) => name)
}

export function removeContainer(world: World, id: string): void {
  world.containers.delete(id)
  world.refused.delete(id)
  forgetPlaces(world)
}

/** The container can't be served in its present run. */
export function refuseContainer(world: World, id: string, reason: string): void {
  world.refused.set(id, reason)
  forgetPlaces(world)
}

/** What was in the way of serving the container in its present run is not there any more. */
export function allowContainer(world: World, id: string): void {
  world.refused.delete(id)
  forgetPlaces(world)
}

/** The run has ended: the container is known to exist, but not to run. */
export function endRun(world: World, run: string): void {
  for (const container of world.containers.values()) {
    if (runOf(container) !== run) continue
    const { id, name, labels } = container
    world.containers.set(id, { id, name, labels })
  }
  forgetPlaces(world)
}

/** Where the unit goes now; undefined when no route takes it. */
export function placeOf(world: World, unit: Unit): Place | undefined {
  const { found } = unit
  if (unit.place !== undefined || found === undefined || 'withheld' in found) return unit.place
  const compiled = world.routes.find(({ route }) => route === found.route)
  const isRefused = (container: Container): boolean => refusalOf(world, container, found.route) !== undefined
  unit.place = compiled && findPlace(compiled, world.containers.values(), isRefused)
  return unit.place
}

/** The name of the stage that the unit belongs on now, if it has one. */
export function ownerOf(world: World, unit: Unit): string | undefined {
  const place = placeOf(world, unit)
  return place?.kind === 'owner' ? place.stage : undefined
}

/** The node of a unit that a route's own links lead to: the event node of the member that matched, else the first one. */
export function linkHolder(unit: Unit, { member: { device } }: RouteMatch): Device | undefined {
  const nodes = decidedMembers(unit).flatMap((member) =>
    member.device.sysname.startsWith('event') ? [member.device] : [],
  )
  const matched = [device.devpath, parentOf(device.devpath)]
  return (
    nodes.find(({ devpath }) => matched.includes(devpath) || matched.includes(parentOf(devpath))) ?? nodes[0]
  )
}

/** The running container of that name, if a route means it and goes that far. */
export function servedContainer(world: World, name: string): Container | undefined {
  for (const container of world.containers.values()) {
    if (container.name !== name || container.running === undefined) continue
    const isMeant = world.routes.some(
      ({ selects, route }) => selects(container) && networkRefusal(world, container, route) === undefined,
    )
    if (isMeant) return container
  }
  return undefined
}

/** Whether the engine has yet to say if the container of a stage runs: the one that has its name, or that was served on it last. */
export function isUnanswered({ containers }: World, name: string, servedRun: string | undefined): boolean {
  for (const { id, unanswered, running, name: own } of containers.values()) {
    if (unanswered === undefined || running !== undefined) continue
    if (own === name || servedRun?.startsWith(`${id}@`) === true) return true
  }
  return false
}

/** The container that is in that run, whether it is served or not. */
export function containerOf({ containers }: World, run: string): Container | undefined {
  for (const container of containers.values()) if (runOf(container) === run) return container
  return undefined
}

/** Why a running container can't be served as it is, or is not by `route`; without a route, by all that mean it. */
export function refusalOf(world: World, container: Container, route?: Route): string | undefined {
  if (container.running === undefined) return undefined
  if (container.running.unproved !== undefined) return container.running.unproved
  const meaning = world.routes.filter(({ selects }) => selects(container))
  const routes = route === undefined ? meaning.map((compiled) => compiled.route) : [route]
  const refusals = routes.map((one) => networkRefusal(world, container, one))
  const tooFar = refusals.every((refusal) => refusal !== undefined) ? refusals[0] : undefined
  return tooFar ?? world.refused.get(container.id)
}

/**
 * The unit is known well enough to be given away. A HID device decides nothing before the end of its driver's probe: it may turn out to be a keyboard with the
 * next input. Nor does a device of which a route asks what udev says, before it has said it.
 */
export function isDecided({ complete, awaits }: Unit): boolean {
  return complete && awaits === undefined
}

/** Why it is not known well enough, in words. */
export function undecidedReason({ bound, complete, awaits }: Unit): string {
  if (!bound) return 'its driver has not finished its probe'
  return complete && awaits !== undefined
    ? `route ${awaits} goes by udev's properties, and the host's udevd has not announced it yet`
    : 'the driver of a device below it has not finished its probe'
}

/** What a container is given of the unit: all, but for what has come since it was decided. */
export function decidedMembers({ members, decided }: Unit): Member[] {
  return [...members].flatMap(([devpath, member]) => (decided.has(devpath) ? [member] : []))
}

/** Decides the unit anew, and those above it: what there is below them counts for them, too. */
function route(world: World, unit: Unit): void {
  if (unit.members.size > 0) routeAlone(world, unit)
  for (const key of unitsAbove(unit.key)) {
    const above = world.units.get(key)
    if (above !== undefined) routeAlone(world, above)
  }
}

function routeAlone(world: World, unit: Unit): void {
  const { routes } = world
  unit.place = undefined
  unit.awaits = undefined
  unit.complete = unit.bound && unitsBelow(world, unit.key).every(({ bound }) => bound)
  const members = [...unit.members.values()]
  const within = membersWithin(world, unit)
  const found = unit.complete ? findRoute(routes, members, within) : undefined
  const isOpen = found !== undefined && 'awaited' in found
  if (unit.complete && !isOpen) {
    unit.decided = new Set(unit.members.keys())
    unit.found = found
    return
  }
  if (isOpen) unit.awaits = found.route.name
  // What was decided stays so while it is open what else there is, unless that is a keyboard.
  const decided = decidedMembers(unit)
  const before = decided.length > 0 ? findRoute(routes, decided, within) : undefined
  unit.found = before !== undefined && 'awaited' in before ? undefined : before
}

function forgetPlaces({ units }: World): void {
  for (const unit of units.values()) unit.place = undefined
}
