// Carries the later events of devices to the stages that have them: changes, binds, adds that were triggered, and the end.
import type { Uevent } from '../kernel/index.js'
import { handledUnit, isArrival, lastingProperties, ownProperties } from '../kernel/index.js'
import { asAdd } from '../udev/event.js'
import type { UdevRecord } from '../udev/record.js'
import { recordText } from '../udev/record.js'
import type { UdevSource } from '../udev/source.js'
import { eventInside } from './inside.js'
import { mayBeKnown } from './move.js'
import type { Applied } from './plan.js'
import type { Stages } from './stages.js'
import type { World } from './world.js'
import { knownDevice, updateDevice } from './world.js'

export interface FollowerOptions {
  world: World
  stages: Stages
  udev: Pick<UdevSource, 'addOf' | 'changeOf' | 'isAsking'>
  /** The unit is to be looked at again. */
  settle: (unit: string) => void
}

export class Follower {
  constructor(private readonly options: FollowerOptions) {}

  /** The kernel has told of an event of a device of `unit`. What comes of the builtin rules is noted at once, the rest when udevd has told. */
  heard(uevent: Uevent, unit: string): void {
    const { action, devpath, seqnum, properties } = uevent
    if (isArrival(uevent)) return
    if (action === 'remove') {
      for (const applied of this.holders(uevent)) {
        const isAwaited = this.isAwaited(applied) && applied.done.has('announce')
        applied.removal ??= { seqnum, kernel: ownProperties(properties), isAwaited }
      }
      return
    }
    updateDevice(this.options.world, unit, devpath, lastingProperties(properties))
    for (const applied of this.holders(uevent)) if (!this.isAwaited(applied)) this.update(applied, uevent)
  }

  /** The host's udevd has told of an event, or, without `said`, has not in time. */
  told(uevent: Uevent, said?: ReadonlyMap<string, string>): void {
    const { action, devpath, seqnum, subsystem } = uevent
    const unit = handledUnit(subsystem, devpath)
    if (unit === undefined) return
    for (const applied of this.holders(uevent)) {
      const { removal, attachment } = applied
      if (action === 'remove') {
        if (removal?.seqnum !== seqnum) continue
        removal.isAwaited = false
        if (said !== undefined) removal.said = said
      } else if (!isArrival(uevent) && attachment.sayer === 'host') this.update(applied, uevent, said)
    }
    this.options.settle(unit)
  }

  /** The host's udevd has told late: what its containers were told instead is put right by a change. */
  toldLate(uevent: Uevent): void {
    const unit = handledUnit(uevent.subsystem, uevent.devpath)
    if (unit === undefined) return
    // Who is asked may be another by now.
    this.options.settle(unit)
    for (const applied of this.holders(uevent)) this.refreshOne(applied)
  }

  /** Events may have been missed, or another is asked now: what udev says of the attached devices is told where it is something else. */
  refresh(): void {
    for (const stage of this.options.stages.all()) for (const applied of stage.all) this.refreshOne(applied)
  }

  private refreshOne(applied: Applied): void {
    const { attachment, updates, event, isDoubtful } = applied
    const before = updates.at(-1) ?? event
    if (before === undefined || isDoubtful || applied.removal !== undefined) return
    const device = knownDevice(this.options.world, attachment.device)
    const now = device && this.options.udev.addOf(device, attachment.sayer)
    if (now === undefined) return
    const own = attachment.links.filter((link) => before.record.links.includes(link))
    const inside = eventInside(now, attachment, own)
    if (hasSameText(inside.record, before.record)) return
    updates.push({ ...inside, action: 'change' })
    this.options.settle(attachment.device.unit)
  }

  /** Whether the host's udevd will tell of what the kernel tells of now. */
  private isAwaited({ attachment }: Applied): boolean {
    return attachment.sayer === 'host' && this.options.udev.isAsking
  }

  private update(applied: Applied, uevent: Uevent, said?: ReadonlyMap<string, string>): void {
    const { attachment, updates, removal } = applied
    // What happens at its devpath after it has gone happens to another.
    if (removal !== undefined && removal.seqnum < uevent.seqnum) return
    const before = updates.at(-1) ?? applied.event
    // Nothing was said yet: what will be, will be newer than this.
    if (before === undefined) return
    const device = { ...attachment.device, properties: lastingProperties(uevent.properties) }
    const event = this.options.udev.changeOf(uevent, device, before.record, said)
    const own = attachment.links.filter((link) => before.record.links.includes(link))
    const inside = eventInside(event, attachment, own)
    // It is announced where it is now: a client would not know what was moved.
    const isUnheard = uevent.action === 'move' && !mayBeKnown(applied)
    updates.push(isUnheard ? { ...asAdd(inside, attachment.device.devpath), action: 'change' } : inside)
  }

  private holders({ devpath, subsystem }: Uevent): Applied[] {
    const unit = handledUnit(subsystem, devpath)
    if (unit === undefined) return []
    return this.options.stages.holdersOf(unit).flatMap((stage) => stage.ofDevice(unit, devpath))
  }
}

/** Whether the database says the same of both; udevd keeps tags and links in no order. */
function hasSameText(a: UdevRecord, b: UdevRecord): boolean {
  const lines = (record: UdevRecord): string | undefined =>
    recordText(record)?.split('\n').toSorted().join('\n')
  return lines(a) === lines(b)
}
