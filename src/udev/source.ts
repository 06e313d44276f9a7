// Where it comes from what udev says of a device: from the host's udevd, or from our own rules.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Subscription, timer } from 'rxjs'
import { shownBytes } from '../bytes.js'
import type { Device, Move, Uevent } from '../kernel/index.js'
import { lastingProperties, movedDevice, movedPath, ownProperties } from '../kernel/index.js'
import type { Native } from '../native.js'
import type { Log } from '../service/log.js'
import type { UdevEvent } from './event.js'
import { movedEvent } from './event.js'
import type { PropertySource } from '../config/index.js'
import { readRecord } from './host-database.js'
import { forContainer, recordFromDatabase, recordFromMessage } from './host-record.js'
import { HostUdev } from './host-udev.js'
import { UsbParents } from './parents.js'
import type { StoredRecord, UdevRecord } from './record.js'
import { isUdevdRunning } from './udevd.js'

/** Who says it. */
export type Sayer = 'host' | 'builtin'

/** What the rules of udevd's default configuration make of a device. */
export interface Rules {
  recordOf(device: Device, previous?: UdevRecord): UdevRecord
  /** Of a USB device or interface above a unit. */
  recordOfParent(device: Device): UdevRecord
  /** The unit has gone. */
  forget(unit: string): void
}

/** What the config says about it. */
export interface UdevSettings {
  rules: Rules
  /** Whether the host's udevd is asked: always, where one runs, or never. */
  asksHost: 'always' | 'auto' | 'never'
  /** Milliseconds that it may take. */
  hostTimeout: number
}

export interface UdevSourceOptions {
  addon: Pick<Native, 'openMonitor'>
  log: Log
  /** The host's udevd has told of an event that was followed, or has not, in time: then without `said`. */
  onTold: (uevent: Uevent, said?: ReadonlyMap<string, string>) => void
  /** The host's udevd has told after all, of an event of a device that was handed over without its word. */
  onLate: (uevent: Uevent) => void
  /** What is known of a unit's devices may have changed without an event. */
  onLearned: (unit: string) => void
  onError: (error: Error) => void
  /** Root of udevd's run-time files. */
  run?: string
  isUdevdRunning?: () => boolean
}

interface Known {
  device: Device
  /** What is to be said when a container gets it; undefined while it is awaited. */
  event: UdevEvent | undefined
  /** The same as the host has it, for routes. */
  words?: UdevRecord
  /** Its last event, as the kernel told of it, where udevd has not told of it in time. */
  late?: Uevent
}

export class UdevSource {
  private host: HostUdev | undefined
  /** Of the devices that the host's udevd was asked for, by devpath. */
  private readonly known = new Map<string, Known>()
  private readonly parents = new UsbParents<Sayer>((device, sayer) => this.parentRecord(device, sayer))
  private readonly due = new Subscription()
  private readonly run: string
  private readonly isUdevdRunning: () => boolean
  private hasHost = false
  private wasSilent = false
  /** What our own rules say of devices that are new: routes ask for it before containers do. */
  private built = new WeakMap<Device, UdevRecord>()

  constructor(
    private readonly options: UdevSourceOptions,
    private settings: UdevSettings,
  ) {
    this.run = options.run ?? '/run/udev'
    this.isUdevdRunning = options.isUdevdRunning ?? isUdevdRunning
    this.listen()
  }

  /** From now on these hold. What was awaited under others is taken for not said. */
  configure(settings: UdevSettings): void {
    const { asksHost, hostTimeout } = this.settings
    if (this.settings.rules !== settings.rules) this.parents.clear()
    this.settings = settings
    this.built = new WeakMap()
    if (asksHost === settings.asksHost && hostTimeout === settings.hostTimeout) return
    const before = this.host
    this.host = undefined
    this.hasHost = false
    before?.stop()
    before?.giveUpAll()
    this.known.clear()
    this.parents.clear()
    this.listen()
  }

  private listen(): void {
    const { addon, onError } = this.options
    const { asksHost, hostTimeout } = this.settings
    if (asksHost === 'never') return
    this.hasHost = this.isUdevdRunning()
    this.host = new HostUdev({
      addon,
      timeout: hostTimeout,
      onTold: (uevent, said) => this.hear(uevent, said),
      onLate: (seqnum, said) => this.hearLate(seqnum, said),
      onParent: (devpath) => {
        for (const unit of this.parents.changed(devpath)) this.options.onLearned(unit)
      },
      onHeard: () => {
        this.wasSilent = false
        if (!this.hasHost) this.hasHost = this.isUdevdRunning()
      },
      onError,
    })
  }

  /** Who says what the devices are that are routed with `properties: auto`. */
  get auto(): Sayer {
    return this.hasHost ? 'host' : 'builtin'
  }

  /** How much it has in hand. */
  get held(): Readonly<Record<string, number>> {
    return {
      asked: this.known.size,
      usbParents: this.parents.size,
      ...(this.host?.held ?? { awaited: 0, early: 0 }),
    }
  }

  /** Whether what is followed now will be told. */
  get isAsking(): boolean {
    return this.host !== undefined && (this.hasHost || this.settings.asksHost === 'always')
  }

  /** The kernel has told of an event of a device that is handled; of an add, `device` is what has come with it. */
  follow(uevent: Uevent, device?: Device): void {
    if (uevent.action === 'remove') this.known.delete(uevent.devpath)
    if (this.host === undefined) return
    // What udevd may still say of the event before is of no use any more.
    delete this.known.get(uevent.devpath)?.late
    // It may have been started or stopped since; two system calls say so.
    if (device !== undefined) this.hasHost = this.isUdevdRunning()
    if (!this.isAsking) return
    if (device !== undefined) this.known.set(device.devpath, { device, event: undefined })
    this.host.expect(uevent)
  }

  /** The kernel's events have been heard up to this one. */
  pass(seqnum: number): void {
    this.host?.pass(seqnum)
  }

  /** What is said of a device when a container gets it; undefined while `sayer` has yet to say it: then onLearned follows. */
  addOf(device: Device, sayer: Sayer): UdevEvent | undefined {
    if (sayer === 'builtin') return added(device, this.builtinOf(device))
    const known = this.known.get(device.devpath)
    if (known?.device.seqnum === device.seqnum) return known.event
    // It was there before we were, or its event was lost.
    const record = this.stored(device)
    const found = { device, event: record && added(device, record) }
    this.known.set(device.devpath, found)
    if (found.event === undefined) this.lookAgain(found)
    return found.event
  }

  /** What udev says of a device for a route that asks this source; undefined as long as addOf has no answer. */
  recordOf(device: Device, source: PropertySource): UdevRecord | undefined {
    if ((source === 'auto' ? this.auto : source) === 'builtin') return this.builtinOf(device)
    const record = this.addOf(device, 'host')?.record
    const known = this.known.get(device.devpath)
    if (record === undefined || known === undefined) return record
    // Its own rules may have marked it for the host itself, which is not for containers to see.
    known.words ??= readRecord(device, this.run, asItIs) ?? record
    return known.words
  }

  /** Whether the host's udevd has announced the device already, as far as can be known without waiting for it. */
  hasAnnounced(device: Device): boolean {
    if (!this.hasHost) return false
    const known = this.known.get(device.devpath)
    if (known?.device.seqnum !== device.seqnum) return readRecord(device, this.run) !== undefined
    return known.event !== undefined && known.late === undefined
  }

  /** What is said of the USB devices above a device of which `sayer` has said something: the same list until something changes, then onLearned follows. */
  parentsOf({ unit, initializedAt }: Device, sayer: Sayer): readonly StoredRecord[] {
    return this.parents.of(unit, sayer, initializedAt)
  }

  /** What is said with a later event of a device of which `previous` was known; without `said` by the builtin rules. */
  changeOf(
    { action, seqnum, properties }: Uevent,
    device: Device,
    previous: UdevRecord,
    said?: ReadonlyMap<string, string>,
  ): UdevEvent {
    const kernel = ownProperties(properties)
    if (said === undefined)
      return { action, seqnum, kernel, record: this.settings.rules.recordOf(device, previous) }
    return { action, seqnum, kernel, said, record: recordFromMessage(device, kernel, said) }
  }

  /** Devices at and below a devpath have others now, and the units that are concerned, by the keys that they had, other devices above them. */
  move(move: Move, units: Iterable<string>): void {
    for (const unit of units) this.forgetAbove(unit)
    this.host?.move(move)
    for (const [devpath, known] of [...this.known]) {
      const to = movedPath(move, devpath)
      if (to === undefined) continue
      known.device = movedDevice(move, known.device)
      known.event = known.event && movedEvent(move, known.event)
      this.known.delete(devpath)
      this.known.set(to, known)
    }
  }

  /** The unit has gone. */
  forget(unit: string): void {
    this.forgetAbove(unit)
    // Its removal may have been among the uevents that an overrun has cost.
    for (const [devpath, { device }] of this.known) if (device.unit === unit) this.known.delete(devpath)
  }

  stop(): void {
    this.host?.stop()
    this.due.unsubscribe()
  }

  private hear(uevent: Uevent, message: ReadonlyMap<string, string> | undefined): void {
    if (message === undefined) this.tellSilence(uevent.devpath)
    const said = message && forContainer(message)
    this.learn(uevent, message, said)
    this.options.onTold(uevent, said)
  }

  private hearLate(seqnum: number, message: ReadonlyMap<string, string>): void {
    // It is called what it was then: the device may have been moved since.
    const known = [...this.known.values()].find(({ late }) => late?.seqnum === seqnum)
    if (known?.late === undefined || message.get('DEVPATH') !== known.late.properties.get('DEVPATH')) return
    const uevent = { ...known.late, devpath: known.device.devpath }
    delete known.late
    this.learn(uevent, message, forContainer(message))
    this.options.onLate(uevent)
  }

  /** `message` is what udevd says, and `said` the same, fit for a container. */
  private learn(
    uevent: Uevent,
    message: ReadonlyMap<string, string> | undefined,
    said: ReadonlyMap<string, string> | undefined,
  ): void {
    const known = this.known.get(uevent.devpath)
    if (known === undefined) return
    const { device } = known
    if (message !== undefined) known.words = recordFromMessage(device, device.properties, message)
    if (said === undefined) known.late = uevent
    else delete known.late
    if (uevent.seqnum === device.seqnum) {
      const record = said && recordFromMessage(device, device.properties, said)
      known.event = { ...added(device, record ?? this.guess(device)), ...(said && { said }) }
    } else if (said !== undefined) {
      known.device = { ...device, properties: lastingProperties(uevent.properties) }
      known.event = added(known.device, recordFromMessage(known.device, uevent.properties, said))
    }
  }

  private lookAgain(found: Known): void {
    const { onLearned } = this.options
    const { hostTimeout } = this.settings
    this.due.add(
      timer(hostTimeout).subscribe(() => {
        const { device } = found
        if (this.known.get(device.devpath) !== found || found.event !== undefined) return
        found.event = added(device, this.guess(device))
        onLearned(device.unit)
      }),
    )
  }

  /** What is taken for udevd's word when its message is missing: its database, else our own rules. */
  private guess(device: Device): UdevRecord {
    return this.stored(device) ?? this.builtinOf(device)
  }

  private builtinOf(device: Device): UdevRecord {
    const record = this.built.get(device) ?? this.settings.rules.recordOf(device)
    this.built.set(device, record)
    return record
  }

  /** The record that the host's udevd keeps of the device; undefined when it has none, or has not finished it. */
  private stored(device: Device): UdevRecord | undefined {
    const record = readRecord(device, this.run)
    if (record !== undefined) return record
    // A HID device has no node, and no rule says anything of it: udevd keeps no file then. It is through with it when its queue is empty.
    const isNothing = this.hasHost && device.subsystem === 'hid' && !existsSync(join(this.run, 'queue'))
    return isNothing ? recordFromDatabase(device, '') : undefined
  }

  private forgetAbove(unit: string): void {
    this.settings.rules.forget(unit)
    this.parents.forget(unit)
  }

  /** udevd has finished what is above a device before it tells of the device (event_is_blocked). */
  private parentRecord(device: Device, sayer: Sayer): UdevRecord | undefined {
    const stored = sayer === 'host' ? readRecord(device, this.run) : undefined
    if (stored !== undefined || (sayer === 'host' && this.hasHost)) return stored
    return this.settings.rules.recordOfParent(device)
  }

  /** Once, until udevd is heard again. */
  private tellSilence(devpath: string): void {
    this.hasHost = this.isUdevdRunning()
    if (this.wasSilent) return
    this.wasSilent = true
    const { hostTimeout } = this.settings
    this.options.log.warn(silenceText(this.hasHost, devpath, hostTimeout), { action: 'properties' })
  }
}

/** What a person should know, and can do, when the host's udevd is silent. */
function silenceText(isRunning: boolean, devpath: string, hostTimeout: number): string {
  const device = shownBytes(devpath)
  return isRunning
    ? `the host's udevd has not announced ${device} within ${hostTimeout} ms: builtin properties are used until it does; if it is often that slow, a longer hostTimeout in the config gives it the time`
    : `no udevd runs on the host that could announce ${device}: builtin properties are used; start it (systemctl start systemd-udevd), or write properties: builtin in the config`
}

function asItIs(said: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(said)
}

function added(device: Device, record: UdevRecord): UdevEvent {
  return { action: 'add', seqnum: device.seqnum, kernel: device.properties, record }
}
