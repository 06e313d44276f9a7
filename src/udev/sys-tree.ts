// The devices of one unit and those above it, which its members share.
import type { Device, Facts } from '../kernel/index.js'
import { hasDevice, parentOf } from '../kernel/index.js'
import { bytesOf } from './bytes.js'
import type { Stated } from './sys-device.js'
import { SysDevice, TRAILING_NEWLINES } from './sys-device.js'

export class SysTree {
  private readonly devices = new Map<string, SysDevice>()

  constructor(readonly sysfs: string) {}

  /** `device`, on the word of its uevent: also of what is above a node, as its facts are from there. */
  state({ devpath, subsystem, properties: uevent, facts, node, unit }: Device): SysDevice {
    if (subsystem === 'hidraw' && !this.devices.has(unit)) this.put(unit, { subsystem: 'hid' })
    if (subsystem !== 'input') return this.put(devpath, { subsystem, uevent })
    if (node === undefined) return this.put(devpath, { subsystem, uevent, attributes: attributesOf(facts) })
    const above = parentOf(devpath)
    if (!this.devices.has(above))
      this.put(above, { subsystem, properties: propertiesOf(facts), attributes: attributesOf(facts) })
    return this.put(devpath, { subsystem, uevent, isNodeOfAbove: true })
  }

  /** The device at `devpath`, as sysfs has it. */
  at(devpath: string): SysDevice {
    return this.devices.get(devpath) ?? this.put(devpath)
  }

  /** The nearest device above `devpath`: not every directory is one (device_new_from_child). */
  above(devpath: string): SysDevice | undefined {
    for (let path = parentOf(devpath); path.length > '/devices'.length; path = parentOf(path)) {
      const known = this.devices.get(path)
      if (known !== undefined) return known
      if (hasDevice(path, this.sysfs)) return this.put(path)
    }
    return undefined
  }

  private put(devpath: string, stated?: Stated): SysDevice {
    const device = new SysDevice(devpath, this, stated)
    this.devices.set(devpath, device)
    return device
  }
}

/** Attributes of an inputN, by its facts, as `attribute` reads them. */
function attributesOf(facts: Facts): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  const { name = '', phys = '', bus, vendor, product, capabilities } = facts
  if (bus !== undefined && vendor !== undefined && product !== undefined) {
    const stated = { name, phys, 'id/bustype': bus, 'id/vendor': vendor, 'id/product': product }
    for (const [attribute, value] of Object.entries(stated))
      attributes.set(attribute, bytesOf(value).replace(TRAILING_NEWLINES, ''))
  }
  // All of EV_* is in one word, whatever its width.
  if (capabilities !== undefined) attributes.set('capabilities/ev', (capabilities.ev[0] ?? 0).toString(16))
  return attributes
}

/** PRODUCT of an inputN, by its facts (drivers/input/input.c: input_dev_uevent). */
function propertiesOf({ bus, vendor, product, version = '0' }: Facts): ReadonlyMap<string, string> {
  if (bus === undefined || vendor === undefined || product === undefined) return new Map()
  const ids = [bus, vendor, product, version].map((id) => id.replace(/^0+(?=.)/, ''))
  return new Map([['PRODUCT', ids.join('/')]])
}
