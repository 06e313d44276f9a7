// What udevd's default rules say of a device, computed here: for hosts without a udevd.
import type { Device } from '../kernel/index.js'
import { SYSFS, readBytes } from '../kernel/index.js'
import { ALLOWED_IN_ATTRIBUTE, replaceCharacters } from './device-name.js'
import { pathId } from './path-id.js'
import type { UdevRecord } from './record.js'
import type { AbsInfoReader, RuleContext } from './rules/index.js'
import { RULES, RuleEvent } from './rules/index.js'
import type { SysDevice } from './sys-device.js'
import { SysTree } from './sys-tree.js'
import { usbId } from './usb-id.js'
import type { UdevVersion } from './version.js'

export type { AbsInfoReader } from './rules/index.js'

/** The hardware database: the properties under a key. */
export interface HwdbLookup {
  lookup(modalias: string): ReadonlyMap<string, string>
}

export interface BuiltinOptions {
  /** Where sysfs is mounted. */
  sysfs?: string
  hwdb: HwdbLookup | undefined
  udevVersion: UdevVersion
  absInfo: AbsInfoReader
}

/** What the members of one unit share. */
interface Unit {
  tree: SysTree
  context: RuleContext
}

const NOTHING: ReadonlyMap<string, string> = new Map()
/** Subsystems of members: what is above them gives all members the same results. */
const MEMBERS = new Set<string | undefined>(['input', 'hidraw', 'hid'])

/** The builtin source of properties. It holds what a unit's members share until the unit is forgotten. */
export class BuiltinRules {
  private readonly units = new Map<string, Unit>()
  private readonly sysfs: string
  private dmi: string | undefined

  constructor(private readonly options: BuiltinOptions) {
    this.sysfs = options.sysfs ?? SYSFS
  }

  get udevVersion(): UdevVersion {
    return this.options.udevVersion
  }

  /** Units of which something is held. */
  get size(): number {
    return this.units.size
  }

  /** The record of `device` after an event; `previous` is what it had before, if it is not new. Never throws. */
  recordOf(device: Device, previous?: UdevRecord): UdevRecord {
    const { tree, context } = this.unitOf(device.unit)
    const event = new RuleEvent(device, tree.state(device), context, previous)
    for (const apply of RULES) apply(event)
    return event.record()
  }

  /** The record of a USB device or interface above a unit. Never throws. */
  recordOfParent(device: Device): UdevRecord {
    const { tree, context } = this.unitOf(device.unit)
    const self = tree.at(device.devpath)
    const properties = new Map([...device.properties, ...self.said])
    const event = new RuleEvent({ ...device, properties }, self, context, undefined)
    for (const apply of RULES) apply(event)
    return event.record()
  }

  /** The unit has gone: the next one in its place is another. */
  forget(unit: string): void {
    this.units.delete(unit)
  }

  private unitOf(key: string): Unit {
    const known = this.units.get(key)
    if (known !== undefined) return known
    const { hwdb, udevVersion, absInfo } = this.options
    this.dmi ??= this.readDmi()
    const unit: Unit = {
      tree: new SysTree(this.sysfs),
      context: {
        udevVersion,
        absInfo,
        dmi: this.dmi,
        lookup: once((modalias: string) => hwdb?.lookup(modalias) ?? NOTHING),
        usbId: onceAbove((device) => usbId(device)),
        pathId: onceAbove((device) => pathId(device, udevVersion)),
      },
    }
    this.units.set(key, unit)
    return unit
  }

  /** $attr{[dmi/id]modalias}: empty on machines without DMI. */
  private readDmi(): string {
    const modalias = readBytes('/class/dmi/id', 'modalias', this.sysfs)?.toString('latin1') ?? ''
    return replaceCharacters(modalias.trimEnd(), ALLOWED_IN_ATTRIBUTE)
  }
}

function once<Key, Value>(find: (key: Key) => Value): (key: Key) => Value {
  const found = new Map<Key, Value>()
  return (key) => {
    const known = found.get(key)
    if (known !== undefined) return known
    const value = find(key)
    found.set(key, value)
    return value
  }
}

type Builtin = (device: SysDevice) => ReadonlyMap<string, string> | undefined

/** A builtin that passes over the unit's members on its way up, and so finds for all what it finds for the first device above them. */
function onceAbove(builtin: Builtin): Builtin {
  const results = once((above: SysDevice) => ({ found: builtin(above) }))
  return (device) => {
    const above = device.nearest(({ subsystem }) => !MEMBERS.has(subsystem))
    return above && results(above).found
  }
}
