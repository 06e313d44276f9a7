// What the kernel tells changes the world: one uevent after the other, or all of sysfs where uevents were lost.
import type { Subject } from 'rxjs'
import { Subscription, timer } from 'rxjs'
import type { Device, KernelSignal, Uevent } from '../kernel/index.js'
import {
  handledUnit,
  hidFacts,
  isArrival,
  isProbeEnd,
  isHidUnbind,
  moveOf,
  readSeqnum,
} from '../kernel/index.js'
import type { Log } from '../service/log.js'
import type { UdevSource } from '../udev/source.js'
import type { Follower } from './follower.js'
import { probeLeft, resync, takeDevice } from './intake.js'
import type { Moved } from './move.js'
import { moveDevices } from './move.js'
import { Probes } from './probes.js'
import type { Stages } from './stages.js'
import type { Trace } from './trace.js'
import type { World } from './world.js'
import { markBound, markUnbound, presumeBound, removeDevice, setHidFacts } from './world.js'

/** How long after an overrun sysfs is looked at once more, in milliseconds. */
const SECOND_LOOK = 1000

export interface HearingOptions {
  world: World
  stages: Stages
  log: Log
  udev: Pick<UdevSource, 'follow' | 'forget' | 'move' | 'pass'>
  follower: Pick<Follower, 'heard'>
  trace: Subject<Trace>
  /** The unit may have changed. */
  settle: (unit: string) => void
  /** Devices have other devpaths, and their units other keys. */
  onMoved: (moved: Moved) => void
}

export class Hearing {
  /** The SEQNUM of the kernel's last event. */
  private last = readSeqnum()
  /** The SEQNUM up to which sysfs has told what there is. */
  private syncedTo = 0
  private looks = 0
  private secondLook = Subscription.EMPTY
  /** Units that devices have come to, and that are not settled since. */
  private readonly grown = new Set<string>()
  private readonly probes = new Probes((unit) => {
    presumeBound(this.options.world, unit)
    this.settle(unit)
  })

  constructor(private readonly options: HearingOptions) {}

  get seqnum(): number {
    return this.last
  }

  /** Units that wait for the end of a driver's probe. */
  get probing(): number {
    return this.probes.size
  }

  /** How often sysfs was looked at. */
  get resyncs(): number {
    return this.looks
  }

  hear(signal: KernelSignal): void {
    if (signal.kind === 'overrun') {
      this.recover()
      return
    }
    for (const uevent of signal.uevents) this.take(uevent, signal.at)
    this.settleGrown()
  }

  /** Makes sysfs the truth. */
  resync(): void {
    const { world, stages } = this.options
    this.looks++
    this.last = Math.max(this.last, readSeqnum())
    this.syncedTo = this.last
    const touched = resync(world, stages, this.last)
    for (const unit of world.units.values()) if (!unit.bound) this.probes.begin(unit.key, probeLeft(unit))
    for (const unit of touched) this.settle(unit)
  }

  stop(): void {
    this.secondLook.unsubscribe()
    this.probes.stop()
  }

  private recover(): void {
    this.options.log.warn(
      'the kernel has dropped uevents, more came than could be read; looking at sysfs for what is there now',
    )
    this.resync()
    // A device that was going was in sysfs still, and its removal may have been dropped.
    this.secondLook.unsubscribe()
    this.secondLook = timer(SECOND_LOOK).subscribe(() => this.resync())
  }

  private take(uevent: Uevent, at: number): void {
    this.last = Math.max(this.last, uevent.seqnum)
    // A device comes with its nodes, each with an add of its own: they are attached together. Whatever else happens, happens to what is attached.
    if (uevent.action !== 'add') this.settleGrown()
    if (uevent.action === 'move') this.followMove(uevent)
    // Where sysfs was looked at since, the device has come anew under its new devpath.
    if (uevent.action !== 'move' || uevent.seqnum > this.syncedTo) this.dispatch(uevent, at)
    this.options.udev.pass(uevent.seqnum)
  }

  /** What is below a device that was moved has other devpaths now as well, and says nothing of it (device_move). */
  private followMove(uevent: Uevent): void {
    const { world, stages, udev, onMoved } = this.options
    const move = moveOf(uevent)
    if (move === undefined || uevent.seqnum <= this.syncedTo) return
    const moved = moveDevices(world, stages, move)
    udev.move(move, moved?.units.keys() ?? [])
    if (moved === undefined) {
      this.resync()
      return
    }
    for (const [key, to] of moved.units) this.probes.move(key, to)
    onMoved(moved)
    for (const unit of new Set([...moved.units].flat())) this.settle(unit)
  }

  private dispatch(uevent: Uevent, at: number): void {
    const { world, udev, follower, trace } = this.options
    const { action, devpath, subsystem, seqnum, properties } = uevent
    const unit = handledUnit(subsystem, devpath)
    if (unit === undefined) return
    if (trace.observed) trace.next({ kind: 'uevent', at, uevent })
    let device: Device | undefined
    // What sysfs had when it was looked at is known; what came before, and it had not any more, is gone.
    if (action === 'add' && seqnum > this.syncedTo) device = takeDevice(world, { properties, seqnum, at })
    else if (action === 'remove') removeDevice(world, unit, devpath)
    if (subsystem === 'hid' && action !== 'remove' && !isArrival(uevent))
      setHidFacts(world, unit, hidFacts(properties), properties.get('DRIVER'))
    this.followProbe(uevent, unit)
    if (action === 'bind') {
      // A HID device may find its owner only now: it is announced as added before it is told as bound.
      this.settle(unit)
    }
    follower.heard(uevent, unit)
    udev.follow(uevent, device)
    if (action === 'add') this.grown.add(unit)
    else this.settle(unit)
  }

  /** Nothing of the unit is given away before the end of its driver's probe, or of the time that it has for that. */
  private followProbe(uevent: Uevent, unit: string): void {
    const { world } = this.options
    if (isProbeEnd(uevent)) {
      markBound(world, unit)
      this.probes.end(unit)
    }
    if (isHidUnbind(uevent)) markUnbound(world, unit)
    // The HID device's own add may have been lost.
    const mayBegin = uevent.action === 'add' || isHidUnbind(uevent)
    if (mayBegin && world.units.get(unit)?.bound === false) this.probes.begin(unit)
  }

  private settleGrown(): void {
    for (const unit of this.grown) {
      this.grown.delete(unit)
      this.settle(unit)
    }
  }

  private settle(unit: string): void {
    const { world, udev, settle } = this.options
    settle(unit)
    if (world.units.has(unit)) return
    this.probes.end(unit)
    udev.forget(unit)
  }
}
