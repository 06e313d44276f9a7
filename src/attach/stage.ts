// What one container may see of /dev/input and /run/udev: a host directory, mounted read-only inside.
import { lstatSync, mkdirSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeOptions } from '../config/index.js'
import type { Session, StageMounts } from '../container/session.js'
import { isSystemError } from '../errors.js'
import type { DeviceNode } from '../kernel/index.js'
import type { Native } from '../native.js'
import type { UdevRecord } from '../udev/record.js'
import { recordId, recordText } from '../udev/record.js'
import { Ledger } from './ledger.js'
import type { Applied, Attachment } from './plan.js'
import { sameAttachment } from './plan.js'
import { removeFile } from './remove-file.js'

export class Stage {
  /** What is on the stage or on its way there: by unit, in the order of arrival. */
  private readonly units = new Map<string, Applied[]>()
  readonly ledger: Ledger
  readonly mounts: StageMounts
  /** The container's live session, if it runs and is served. */
  session: Session | undefined

  private readonly base: string
  private readonly data: string
  private readonly scratch: string

  /** Makes the stage's directories where they are missing. `root` allows device nodes. */
  constructor(
    readonly name: string,
    readonly root: string,
    private readonly addon: Native,
  ) {
    const base = join(root, name)
    this.base = base
    this.data = join(base, 'udev/data')
    this.scratch = join(base, 'scratch')
    for (const directory of ['input', 'dev', 'udev/data', 'udev/tags', 'scratch', 'ledger']) {
      mkdirSync(join(base, directory), { recursive: true, mode: 0o755 })
    }
    // libudev subscribes to nothing, silently, when this file is missing at the moment an application creates its monitor.
    writeFileSync(join(base, 'udev/control'), '', { mode: 0o600, flag: 'a' })
    this.ledger = new Ledger(join(base, 'ledger'), addon)
    this.mounts = { input: mountOf(join(base, 'input')), udev: mountOf(join(base, 'udev')) }
  }

  /** Units that have attachments here. */
  get heldUnits(): string[] {
    return [...this.units.keys()]
  }

  get all(): Applied[] {
    return [...this.units.values()].flat()
  }

  /** The attachments of one unit, in the order of their arrival. */
  of(unit: string): readonly Applied[] {
    return this.units.get(unit) ?? []
  }

  holds(unit: string): boolean {
    return this.units.has(unit)
  }

  find(attachment: Attachment): Applied | undefined {
    return this.of(attachment.device.unit).find((applied) => sameAttachment(applied.attachment, attachment))
  }

  /** The kernel has removed the device with the event `seqnum`, which the announcement will carry. */
  noteRemoval(unit: string, devpath: string, seqnum: number): void {
    for (const applied of this.of(unit)) {
      if (applied.attachment.device.devpath === devpath) applied.removedBy = seqnum
    }
  }

  add(applied: Applied): void {
    const { unit } = applied.attachment.device
    this.units.set(unit, [...this.of(unit), applied])
  }

  delete(applied: Applied): void {
    const { unit } = applied.attachment.device
    const left = this.of(unit).filter((other) => other !== applied)
    if (left.length > 0) this.units.set(unit, left)
    else this.units.delete(unit)
  }

  /** Where a node is on the host: below the directory that is mounted inside, or, for what is not in /dev/input, where it is bound from. */
  nodePath(node: DeviceNode): string {
    return `${this.base}/${isBound(node) ? 'dev/' : ''}${node.name}`
  }

  /** Makes the node appear with its final mode and owner; one that is there and right is left alone. */
  placeNode(node: DeviceNode, options: NodeOptions): void {
    const path = this.nodePath(node)
    const spec = { scratch: this.scratch, path, major: node.major, minor: node.minor, ...options }
    try {
      this.addon.placeNode(spec)
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error
      if (isNode(path, node, options)) return
      unlinkSync(path)
      this.addon.placeNode(spec)
    }
  }

  removeNode(node: DeviceNode): void {
    removeFile(this.nodePath(node))
  }

  /** Writes the database's record, if the device has one, complete or not at all. */
  writeRecord(record: UdevRecord): void {
    const text = recordText(record)
    if (text === undefined) return
    const id = recordId(record.device)
    this.addon.replaceFile(`${this.data}/.#${id}`, `${this.data}/${id}`, text, 0o644)
  }

  removeRecord(record: UdevRecord): void {
    removeFile(`${this.data}/${recordId(record.device)}`)
  }

  /** Takes up what a daemon before this one has left here; what its ledger does not name was never finished and is removed. */
  load(): void {
    for (const applied of this.ledger.read()) this.add(applied)
    const known = this.all
    const nodes = new Set(
      known.flatMap(({ attachment: { device } }) => (device.node ? [this.nodePath(device.node)] : [])),
    )
    const records = new Set(known.map(({ record }) => join(this.data, recordId(record.device))))
    for (const directory of ['input', 'dev', 'udev/data', 'scratch']) {
      for (const entry of readdirSync(join(this.base, directory))) {
        const path = join(this.base, directory, entry)
        if (!nodes.has(path) && !records.has(path)) rmSync(path, { recursive: true, force: true })
      }
    }
  }

  /** Removes the stage, when its container has been removed and nothing is on it. */
  remove(): void {
    rmSync(this.base, { recursive: true, force: true })
  }
}

/** Whether the node is bound by itself: only /dev/input is mounted as a whole. */
export function isBound({ name }: DeviceNode): boolean {
  return !name.startsWith('input/')
}

function mountOf(path: string): { path: string; identity: string } {
  const { dev, ino } = statSync(path, { bigint: true })
  return { path, identity: `${dev}:${ino}` }
}

function isNode(path: string, node: DeviceNode, options: NodeOptions): boolean {
  const stat = lstatSync(path)
  return (
    stat.isCharacterDevice() &&
    stat.rdev === deviceNumber(node) &&
    (stat.mode & 0o7777) === options.mode &&
    stat.uid === options.uid &&
    stat.gid === options.gid
  )
}

/** st_rdev of a device number, as glibc's makedev composes it; ours stay below 12 bits of major and 20 of minor. */
function deviceNumber({ major, minor }: DeviceNode): number {
  return (((major & 0xfff) << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12)) >>> 0
}
