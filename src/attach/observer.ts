// Follows devices and containers to tell where each event goes, and does nothing about it.
import type { EngineSignal } from '../container/engine.js'
import { handledUnit, moveOf } from '../kernel/index.js'
import type { CompiledRoute } from '../route/match.js'
import type { Received } from '../udev/received.js'
import type { Destination } from './destination.js'
import { destinationOf } from './destination.js'
import { survey, takeDevice } from './intake.js'
import { moveDevices } from './move.js'
import type { World } from './world.js'
import {
  createWorld,
  markBound,
  removeContainer,
  removeDevice,
  setContainer,
  setContainers,
} from './world.js'

const NO_STAGES = { all: () => [] }

export class Observer {
  private readonly world: World

  constructor(routes: readonly CompiledRoute[], hostNetns: string) {
    this.world = createWorld(routes, hostNetns)
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
    const { action, devpath, subsystem, seqnum, properties } = received
    const move = moveOf(received)
    if (move !== undefined) moveDevices(world, NO_STAGES, move)
    const key = handledUnit(subsystem, devpath)
    if (key === undefined) return undefined
    if (action === 'add') takeDevice(world, { properties, seqnum, at })
    if (action === 'bind') markBound(world, key)
    const unit = world.units.get(key)
    const destination = unit && destinationOf(world, unit)
    if (action === 'remove') removeDevice(world, key, devpath)
    return destination
  }
}
