// One uevent on its way through the rules: what they match, and what they set (src/udev/udev-rules.c, src/udev/udev-event.c).
import type { Device } from '../../kernel/index.js'
import { bytesOf, textOf } from '../bytes.js'
import { ALLOWED_IN_ATTRIBUTE, replaceCharacters, replaceWhitespace } from '../device-name.js'
import type { Positions, UdevRecord } from '../record.js'
import type { SysDevice } from '../sys-device.js'
import type { RuleContext } from './rule-context.js'

/** Properties that have a place of their own in messages and records. */
const PLACED = ['DEVLINKS', 'TAGS', 'CURRENT_TAGS'] as const
/** What no rule may set: the kernel's word, and libudev's. */
const RESERVED = new Set<string>([
  ...PLACED,
  ...['ACTION', 'DEVPATH', 'SUBSYSTEM', 'SEQNUM', 'DEVNAME', 'MAJOR', 'MINOR', 'DEVTYPE', 'DRIVER'],
  ...['IFINDEX', 'DEVMODE', 'DEVUID', 'DEVGID', 'DISKSEQ', 'USEC_INITIALIZED', 'UDEV_DATABASE_VERSION'],
])

/** UDEV_NAME_SIZE and UDEV_PATH_SIZE, less the NUL: what would be longer is not used at all. */
const ATTRIBUTE_LIMIT = 511
const LINK_LIMIT = 1023

export class RuleEvent {
  /** In the order of being set; the keys of PLACED stand where udevd puts them. */
  private readonly entries = new Map<string, string>()
  private readonly tags = new Set<string>()
  private readonly links = new Set<string>()

  constructor(
    readonly device: Device,
    /** The device as sysfs has it. */
    readonly self: SysDevice,
    readonly context: RuleContext,
    private readonly previous: UdevRecord | undefined,
  ) {}

  /** ENV{key}; empty when it is not set. Before it looks, udevd makes properties of the links and tags that there are (device_properties_prepare). */
  env(key: string): string {
    this.place()
    return this.entries.get(key) ?? this.device.properties.get(key) ?? ''
  }

  /** ENV{key}="value". From 257 on an empty value takes the property away (device_add_property_aux). */
  set(key: string, value: string): void {
    if (RESERVED.has(key) || this.device.properties.has(key) || !/^[^=\0-\x1f]+$/.test(key)) return
    // Both the database and the messages end a value at a newline.
    const line = value.replace(/[\n\0].*$/s, '')
    if (line === '' && this.context.udevVersion >= 257) this.entries.delete(key)
    else this.entries.set(key, line)
  }

  /** ENV{key}="": a rule, other than a builtin, takes the property away so. */
  unset(key: string): void {
    if (!RESERVED.has(key)) this.entries.delete(key)
  }

  /** IMPORT: whether there was anything to import. */
  import(properties: ReadonlyMap<string, string> | undefined): boolean {
    for (const [key, value] of properties ?? []) this.set(key, textOf(value))
    return properties !== undefined
  }

  /** IMPORT{builtin}="hwdb 'key'", the key in parts; a part that is not known makes it fail. */
  importHwdb(...key: (string | undefined)[]): boolean {
    if (key.includes(undefined)) return false
    const properties = this.context.lookup(textOf(key.join('')))
    for (const [name, value] of properties) this.set(name, value)
    return properties.size > 0
  }

  /** TAG+="tag" */
  tag(tag: string): void {
    this.tags.add(tag)
  }

  /** TAG=="tag" */
  hasTag(tag: string): boolean {
    return this.tags.has(tag)
  }

  /** SYMLINK+="directory/…", the parts as they are in properties. */
  link(directory: string, ...parts: string[]): void {
    if (this.device.node === undefined) return
    const name = parts.map((part) => replaceWhitespace(bytesOf(part), LINK_LIMIT)).join('-')
    const path = textOf(replaceCharacters(`${directory}/${name}`, '/ '))
    const isBelow = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
    if (path.length > LINK_LIMIT || !isBelow) return
    this.links.add(path)
  }

  /** $attr{name}, of the device or of the one that the parents' matches have chosen; undefined when it is too long to be used. */
  attribute(name: string, chosen?: SysDevice): string | undefined {
    const value = this.self.attribute(name) ?? chosen?.attribute(name) ?? ''
    if (value.length > ATTRIBUTE_LIMIT) return undefined
    return replaceCharacters(value.replace(/[ \t\n\r]+$/, ''), ALLOWED_IN_ATTRIBUTE)
  }

  /** What the rules have made of the device. */
  record(): UdevRecord {
    this.place()
    const properties = new Map<string, string>()
    const positions: { -readonly [Key in keyof Positions]: Positions[Key] } = {}
    for (const [key, value] of this.entries) {
      const placed = PLACED.find((name) => name === key)
      if (placed === undefined) properties.set(key, value)
      else positions[placed] = properties.size
    }
    const currentTags = [...this.tags]
    return {
      device: this.device,
      initializedAt: this.previous?.initializedAt ?? this.device.initializedAt,
      properties,
      // copy_all_tags(): a tag that a device has had once is its own for good.
      tags: [...new Set([...(this.previous?.tags ?? []), ...currentTags])],
      currentTags,
      links: [...this.links],
      positions,
    }
  }

  private place(): void {
    const { entries, links, tags, previous } = this
    if (links.size > 0 && !entries.has('DEVLINKS')) entries.set('DEVLINKS', '')
    const hasTags = tags.size > 0 || (previous !== undefined && previous.tags.length > 0)
    if (hasTags && !entries.has('TAGS')) entries.set('TAGS', '')
    if (tags.size > 0 && !entries.has('CURRENT_TAGS')) entries.set('CURRENT_TAGS', '')
  }
}
