// One event of a device, as udev tells of it.
import type { Move } from '../kernel/index.js'
import { isPassing, movedDevice } from '../kernel/index.js'
import type { Action } from '../kernel/uevent.js'
import type { UdevRecord } from './record.js'

export interface UdevEvent {
  action: Action
  seqnum: number
  /** What the kernel said with it. */
  kernel: ReadonlyMap<string, string>
  /** What the host's udevd said with it, in its order; absent when it was not asked, or had nothing to say. */
  said?: ReadonlyMap<string, string>
  /** What udev knows of the device from this event on. */
  record: UdevRecord
}

/** `event`, which may be a later one, as the add of a device that nobody was told of before, and that is at `devpath` now. */
export function asAdd(event: UdevEvent, devpath: string): UdevEvent {
  const { action, kernel, said } = event
  const isThere = event.record.device.devpath === devpath && (said?.get('DEVPATH') ?? devpath) === devpath
  if (action === 'add' && isThere) return event
  const lasting = (properties: ReadonlyMap<string, string>): Map<string, string> =>
    new Map([...properties].filter(([key]) => action === 'add' || !isPassing(key)))
  return eventAt(
    {
      ...event,
      action: 'add',
      kernel: lasting(kernel),
      ...(said && { said: lasting(said).set('DEVPATH', devpath) }),
    },
    devpath,
  )
}

/** `event` of a device that is called `devpath`. */
export function eventAt(event: UdevEvent, devpath: string): UdevEvent {
  const { record } = event
  return { ...event, record: { ...record, device: { ...record.device, devpath } } }
}

/** `event` of a device that was moved since, or that is below one that was. */
export function movedEvent(move: Move, event: UdevEvent): UdevEvent {
  const { record } = event
  return { ...event, record: { ...record, device: movedDevice(move, record.device) } }
}
