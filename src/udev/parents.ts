// What udev says of the USB device and the interface that a unit is a part of.
import type { Device } from '../kernel/index.js'
import { SYSFS, isBelowUsb, usbParents } from '../kernel/index.js'
import type { StoredRecord, UdevRecord } from './record.js'
import { storedRecord } from './record.js'

const NONE: readonly StoredRecord[] = []

interface Unit<Sayer> {
  devices: readonly Device[]
  /** By who says it. */
  said: Map<Sayer, readonly StoredRecord[]>
}

export class UsbParents<Sayer> {
  private readonly units = new Map<string, Unit<Sayer>>()

  /** `recordOf` answers undefined where there is no record of a device. */
  constructor(
    private readonly recordOf: (device: Device, sayer: Sayer) => UdevRecord | undefined,
    private readonly sysfs = SYSFS,
  ) {}

  /** Units of which something is held. */
  get size(): number {
    return this.units.size
  }

  /** Records of what is above `unit`, the upper one first: the same list until something changes. `at` is when the unit became known. */
  of(unit: string, sayer: Sayer, at: number): readonly StoredRecord[] {
    if (!isBelowUsb(unit)) return NONE
    let known = this.units.get(unit)
    if (known === undefined) {
      known = { devices: usbParents(unit, at, this.sysfs), said: new Map() }
      this.units.set(unit, known)
    }
    let records = known.said.get(sayer)
    if (records === undefined) {
      records = known.devices.flatMap((device) => {
        const record = this.recordOf(device, sayer)
        return (record && storedRecord(record)) ?? []
      })
      known.said.set(sayer, records)
    }
    return records
  }

  /** Something was said of the device at this devpath: returns the units that it is above, of which it is asked again. */
  changed(devpath: string): string[] {
    const units: string[] = []
    for (const [unit, { devices, said }] of this.units) {
      if (!devices.some((device) => device.devpath === devpath)) continue
      said.clear()
      units.push(unit)
    }
    return units
  }

  forget(unit: string): void {
    this.units.delete(unit)
  }

  /** Others are asked from now on. */
  clear(): void {
    this.units.clear()
  }
}
