// A kernel object as udev's rules see it: its names, attributes and properties, and what is above it (src/libsystemd/sd-device/sd-device.c).
import { readBytes, readLinkName, readUevent, sysnameOf } from '../kernel/index.js'
import { bytesOf } from './bytes.js'
import type { SysTree } from './sys-tree.js'

/** What is known without sysfs, which may not have the device any more. */
export interface Stated {
  subsystem: string
  /** What its uevent said, which is all. */
  uevent?: ReadonlyMap<string, string>
  /** Some of its properties. */
  properties?: ReadonlyMap<string, string>
  /** Strings of bytes. */
  attributes?: ReadonlyMap<string, string>
  /** It is a node of the inputN above it, to which its link `device` leads. It has no attributes of its own (evdev_connect gives it no groups). */
  isNodeOfAbove?: boolean
}

const DEVICE = 'device/'
/** What sd_device_get_sysattr_value takes from an attribute's end. */
export const TRAILING_NEWLINES = /[\n\r]+$/

export class SysDevice {
  /** As bytes. The kernel writes `!` for a slash (device_set_sysname_and_sysnum). */
  readonly sysname: string
  private readonly read = new Map<string, string | undefined>()
  private uevent: ReadonlyMap<string, string> | undefined
  private above: { device: SysDevice | undefined } | undefined

  constructor(
    readonly devpath: string,
    private readonly tree: SysTree,
    private readonly stated?: Stated,
  ) {
    this.sysname = bytesOf(sysnameOf(devpath).replaceAll('!', '/'))
  }

  /** The digits at the end of the sysname; none when it has nothing else. */
  get sysnum(): string | undefined {
    return /(?<=\D)\d+$/.exec(this.sysname)?.[0]
  }

  get subsystem(): string | undefined {
    return this.stated?.subsystem ?? this.once('subsystem', () => this.link('subsystem'))
  }

  get driver(): string | undefined {
    // A device of a class is on no bus, and so is bound to no driver.
    return this.subsystem === 'input' ? undefined : this.once('driver', () => this.link('driver'))
  }

  get devtype(): string | undefined {
    return this.property('DEVTYPE')
  }

  get parent(): SysDevice | undefined {
    this.above ??= { device: this.tree.above(this.devpath) }
    return this.above.device
  }

  /** What its last uevent said, or its uevent file. */
  property(key: string): string | undefined {
    const known = this.stated?.properties?.get(key)
    if (known !== undefined) return known
    return this.said.get(key)
  }

  /** All that its last uevent said, or its uevent file. */
  get said(): ReadonlyMap<string, string> {
    this.uevent ??=
      this.stated?.uevent ?? readUevent(this.devpath, this.tree.sysfs) ?? new Map<string, string>()
    return this.uevent
  }

  /** The attribute's bytes as sd_device_get_sysattr_value gives them: up to a NUL, without newlines at the end. */
  attribute(name: string): string | undefined {
    const known = this.stated?.attributes?.get(name)
    if (known !== undefined) return known
    if (this.stated?.isNodeOfAbove === true)
      return name.startsWith(DEVICE) ? this.parent?.attribute(name.slice(DEVICE.length)) : undefined
    return this.once(name, () =>
      this.bytes(name)?.toString('latin1').replace(/\0.*$/s, '').replace(TRAILING_NEWLINES, ''),
    )
  }

  /** An attribute that is no text. */
  bytes(name: string): Buffer | undefined {
    return readBytes(this.devpath, name, this.tree.sysfs)
  }

  /** The nearest device of which `matches` holds, this one first: what SUBSYSTEMS, KERNELS, DRIVERS and ATTRS do. */
  nearest(matches: (device: SysDevice) => boolean): SysDevice | undefined {
    if (matches(this)) return this
    let above = this.parent
    while (above !== undefined && !matches(above)) above = above.parent
    return above
  }

  private link(name: string): string | undefined {
    const target = readLinkName(this.devpath, name, this.tree.sysfs)
    return target === undefined ? undefined : bytesOf(target)
  }

  /** What sysfs has stays: a device keeps its attributes until it goes. */
  private once(name: string, read: () => string | undefined): string | undefined {
    if (!this.read.has(name)) this.read.set(name, read())
    return this.read.get(name)
  }
}
