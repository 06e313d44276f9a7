// What udev says of devices, looked up when somebody asks: for tools, which are told nothing in advance.
import type { PropertySource } from '../config/index.js'
import type { Device } from '../kernel/index.js'
import { driverAbove, monotonicMicroseconds, reportsLetters, unitOf } from '../kernel/index.js'
import { readRecord } from './host-database.js'
import { recordFromDatabase, recordFromMessage } from './host-record.js'
import type { Received } from './received.js'
import type { UdevRecord } from './record.js'
import type { Rules, Sayer } from './source.js'
import { isUdevdRunning } from './udevd.js'

export interface LookupOptions {
  rules: Rules
  /** Milliseconds that the host's udevd may take for a device that has come just now. */
  patience: number
  /** Who says it where a route leaves that open; by default the host's udevd, if one runs. */
  auto?: Sayer
  /** Root of udevd's run-time files. */
  run?: string
}

export class Lookup {
  private readonly built = new WeakMap<Device, UdevRecord>()
  /** What udevd has said last of a device, by devpath. */
  private readonly heard = new Map<string, ReadonlyMap<string, string>>()
  private readonly auto: Sayer

  constructor(private readonly options: LookupOptions) {
    this.auto = options.auto ?? (isUdevdRunning() ? 'host' : 'builtin')
  }

  /** A message of udevd has come, of a device that is there. */
  hear({ devpath, properties }: Received): void {
    this.heard.set(devpath, properties)
  }

  /** The device has gone. */
  forget(devpath: string): void {
    this.heard.delete(devpath)
    const unit = unitOf(devpath)
    if (unit !== undefined) this.options.rules.forget(unit)
  }

  /** As the daemon has it: undefined while udevd may still say it, and by the builtin rules when it has not. */
  said(device: Device, source: PropertySource): UdevRecord | undefined {
    if ((source === 'auto' ? this.auto : source) === 'builtin') return this.builtinOf(device)
    const { patience, run } = this.options
    const message = this.heard.get(device.devpath)
    if (message !== undefined) return recordFromMessage(device, device.properties, message)
    const stored = readRecord(device, run, (said) => new Map(said))
    if (stored !== undefined) return stored
    const isOver = monotonicMicroseconds() - device.initializedAt >= patience * 1000
    if (!isOver) return undefined
    // No rule says anything of a HID device, and udevd keeps no file then.
    return device.subsystem === 'hid' ? recordFromDatabase(device, '') : this.builtinOf(device)
  }

  driverOf({ devpath }: Device): string | undefined {
    return driverAbove(devpath)
  }

  reportsLetters({ devpath }: Device): boolean {
    return reportsLetters(devpath)
  }

  private builtinOf(device: Device): UdevRecord {
    const record = this.built.get(device) ?? this.options.rules.recordOf(device)
    this.built.set(device, record)
    return record
  }
}
