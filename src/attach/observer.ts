// Follows devices and containers to tell where each event goes, and does nothing about it.
import type { EngineSignal } from '../container/engine.js'
import {
  PROBE_TIME,
  handledUnit,
  hidFacts,
  isArrival,
  isProbeEnd,
  isHidUnbind,
  moveOf,
} from '../kernel/index.js'
import type { Knowledge } from '../route/knowledge.js'
import type { CompiledRoute } from '../route/match.js'
import type { Received } from '../udev/received.js'
import { unitsBelow } from './below.js'
import type { Destination } from './destination.js'
import { destinationOf } from './destination.js'
import { survey, takeDevice } from './intake.js'
import { moveDevices } from './move.js'
import type { Unit, World } from './world.js'
import {
  createWorld,
  decideAnew,
  markBound,
  markUnbound,
  presumeBound,
  removeContainer,
  removeDevice,
  setContainer,
  setContainers,
  setHidFacts,
  setRoutes,
} from './world.js'

const NO_STAGES = { all: () => [] }

export class Observer {
  private readonly world: World
  /** Since when a unit has waited for the end of its driver's probe, in microseconds. */
  private readonly probing = new WeakMap<Unit, number>()

  constructor(routes: readonly CompiledRoute[], hostNetns: string, knowledge?: Knowledge) {
    this.world = createWorld(routes, hostNetns, knowledge)
  }

  /** From now on these hold. */
  configure(routes: readonly CompiledRoute[], knowledge: Knowledge): void {
    this.world.knowledge = knowledge
    setRoutes(this.world, routes)
  }

  /** Takes in what sysfs has. */
  enumerate(): void {
    survey(this.world)
  }

  follow(signal: EngineSignal): void {
    if (signal.kind === 'containers') setContainers(this.world, signal.containers)
    else if (signal.kind === 'container') setContainer(this.world, signal.container)
    else if (signal.kind === 'gone') removeContainer(this.world, signal.id)
  }

  /** Where the event goes; undefined for what belongs to no unit. A removal goes where its device was. */
  hear(received: Received, at: number): Destination | undefined {
    const { world } = this
    const { action, devpath, subsystem, seqnum, properties: seen, whole: properties = seen } = received
    const move = moveOf(received)
    if (move !== undefined) moveDevices(world, NO_STAGES, move)
    const key = handledUnit(subsystem, devpath)
    if (key === undefined) return undefined
    if (action === 'add') takeDevice(world, { properties, seqnum, at })
    if (subsystem === 'hid' && action !== 'remove' && !isArrival(received))
      setHidFacts(world, key, hidFacts(properties), properties.get('DRIVER'))
    if (isProbeEnd(received)) markBound(world, key)
    if (isHidUnbind(received)) markUnbound(world, key)
    const unit = world.units.get(key)
    if (unit !== undefined) this.waitForProbes(unit, at)
    // udev may have said by now what it is. What it says at the end is of a device that has gone.
    if (action !== 'remove') decideAnew(world, key)
    const destination = unit && destinationOf(world, unit)
    if (action === 'remove') removeDevice(world, key, devpath)
    return destination
  }

  /** As the daemon does: a driver that has not finished its probe in time is waited for no longer, here or below. */
  private waitForProbes(unit: Unit, at: number): void {
    for (const one of [unit, ...unitsBelow(this.world, unit.key)]) this.waitForProbe(one, at)
  }

  private waitForProbe(unit: Unit, at: number): void {
    if (unit.bound) {
      this.probing.delete(unit)
      return
    }
    const since = this.probing.get(unit) ?? at
    this.probing.set(unit, since)
    if (at - since >= PROBE_TIME * 1000) presumeBound(this.world, unit.key)
  }
}
