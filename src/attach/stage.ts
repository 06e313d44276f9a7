// What one container may see of /dev/input and /run/udev: a host directory, mounted read-only inside.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { NodeOptions } from '../config/index.js'
import type { FormerStage, Session, StageMounts } from '../container/session.js'
import { isSystemError } from '../errors.js'
import type { Device, DeviceNode } from '../kernel/index.js'
import type { Native } from '../native.js'
import { recordId } from '../udev/record.js'
import { doubtUnsettled } from './earlier.js'
import type { ServedRun } from './ledger.js'
import { Ledger } from './ledger.js'
import { StageLinks, placeSymlink } from './links.js'
import { placeNode } from './node.js'
import type { Owner } from './node-options.js'
import { StageParents } from './parents.js'
import type { Applied, Attachment } from './plan.js'
import { redo, sameAttachment } from './plan.js'
import { StageRecords } from './records.js'
import { removeFile } from './remove-file.js'
import { identityAt } from './root.js'
import { KNOWN, knownText, succession } from './succession.js'

const DIRECTORIES = ['input', 'char', 'dev', 'udev', `udev/${KNOWN}`, 'scratch']

export class Stage {
  /** What is on the stage or on its way there: by unit, in the order of arrival. */
  private readonly units = new Map<string, Applied[]>()
  /** The same by the name of the record, which goes by the device's number: more than one while a device is taken away whose number is another's already. */
  private readonly byId = new Map<string, Set<Applied>>()
  /** Units that wait for a device number which is still another's here. */
  readonly blocked = new Set<string>()
  /** What the container shows of the devices that its clients know, by the name of the record. */
  private readonly shown = new Map<string, string>()
  ledger: Ledger
  links: StageLinks
  records: StageRecords
  parents: StageParents
  /** The container's live session, if it runs and is served. */
  session: Session | undefined

  private stageName: string
  private base: string
  private ownerInside: Owner
  private served: ServedRun | undefined
  private identity: string | undefined
  private removed = false

  /** Makes the stage's directories where they are missing. `root` allows device nodes. */
  constructor(
    name: string,
    private readonly root: string,
    private readonly addon: Native,
  ) {
    this.stageName = name
    this.base = join(root, name)
    this.ledger = this.makeDirectories()
    this.links = new StageLinks(this.base, this.scratch)
    this.records = new StageRecords(join(this.base, 'udev'), addon)
    this.parents = new StageParents(this.records)
    this.identity = identityAt(this.base)
    this.ownerInside = this.ledger.owner() ?? { uid: 0, gid: 0 }
    this.served = this.ledger.servedRun()
  }

  private makeDirectories(): Ledger {
    // The ledger first of all: by that it is known for a stage.
    mkdirSync(join(this.base, 'ledger'), { recursive: true, mode: 0o755 })
    const ledger = new Ledger(join(this.base, 'ledger'), this.addon)
    for (const directory of DIRECTORIES)
      mkdirSync(join(this.base, directory), { recursive: true, mode: 0o755 })
    // libudev subscribes to nothing, silently, when this file is missing at the moment an application creates its monitor.
    writeFileSync(join(this.base, 'udev/control'), '', { mode: 0o600, flag: 'a' })
    return ledger
  }

  /** Whether its directory is not where it was: the file system was unmounted, or somebody has removed it. */
  get isLost(): boolean {
    return identityAt(this.base) !== this.identity
  }

  /** Whether that is so, or something that it needs is missing in it. */
  get isBroken(): boolean {
    const needed = [...DIRECTORIES, 'udev/control', 'udev/data', 'udev/tags', 'ledger/entries']
    return this.isLost || needed.some((name) => identityAt(join(this.base, name)) === undefined)
  }

  /** Makes it anew where its directories have gone, with all that was on it. What was done in its container is known still. */
  remake(): void {
    this.ledger.close()
    this.ledger = this.makeDirectories()
    this.links = new StageLinks(this.base, this.scratch)
    this.records = new StageRecords(join(this.base, 'udev'), this.addon)
    this.parents = new StageParents(this.records)
    this.identity = identityAt(this.base)
    this.shown.clear()
    if (this.served !== undefined) this.ledger.noteRun(this.served)
    this.ledger.noteOwner(this.ownerInside)
    for (const applied of this.all) {
      this.restore(applied)
      // Those of what is above it are written with its own.
      if (applied.done.has('record')) redo(applied, 'record')
      if (applied.done.size > 0 || applied.earlier !== undefined) this.ledger.write(applied, undefined)
      this.showKnown(applied)
    }
  }

  /** The container's name. */
  get name(): string {
    return this.stageName
  }

  get mounts(): StageMounts {
    return {
      udev: mountOf(join(this.base, 'udev')),
      input: mountOf(join(this.base, 'input')),
      char: mountOf(join(this.base, 'char')),
    }
  }

  /** The container has another name now: its mounts are of these directories, whatever they are called. */
  rename(name: string): void {
    const base = join(this.root, name)
    renameSync(this.base, base)
    this.stageName = name
    this.base = base
    this.ledger.moved(join(base, 'ledger'))
    this.links.moved(base, this.scratch)
    this.records.moved(join(base, 'udev'))
  }

  get isRemoved(): boolean {
    return this.removed
  }

  /** The run of the container that has been served last, by this daemon or one before it. */
  get servedRun(): ServedRun | undefined {
    return this.served
  }

  noteRun(run: ServedRun): void {
    if (this.served?.run === run.run && this.served.isMounted === run.isMounted) return
    this.ledger.noteRun(run)
    this.served = run
  }

  /**
   * A stage before this one is lost, and the container still shows what it had. As after a daemon that has ended: what its clients know is not announced anew,
   * and what is not there any more they hear the end of.
   */
  succeed(former: FormerStage, run: string): void {
    const { same, gone } = succession(former, this.all)
    for (const applied of gone) if (this.of(applied.attachment.device.unit).length === 0) this.add(applied)
    const isUntold = ({ earlier, done }: Applied): boolean => earlier === undefined && !done.has('announce')
    for (const applied of [...same, ...gone].filter(isUntold)) {
      applied.earlier = { run, isSettled: true, sessionSteps: ['announce'] }
      // Before the mounts are replaced, and with them what this was read from.
      this.ledger.write(applied, run)
    }
  }

  /** Lets the container show, for a stage after this one, whether its clients know of the device. */
  showKnown({ attachment: { device } }: Applied): void {
    const id = recordId(device)
    const path = join(this.base, 'udev', KNOWN, id)
    const sharers = [...(this.byId.get(id) ?? [])]
    const known = sharers.findLast(({ done }) => done.has('announce') || done.has('record'))
    const text = known && knownText(known)
    if (this.shown.get(id) === text) return
    if (text === undefined) {
      removeFile(path)
      this.shown.delete(id)
    } else {
      this.addon.replaceFile(join(this.scratch, 'known'), path, text, 0o644)
      this.shown.set(id, text)
    }
  }

  private get scratch(): string {
    return `${this.base}/scratch`
  }

  /** Whose the nodes are unless a route says otherwise; while the container does not run, as it last was. */
  get owner(): Owner {
    return this.ownerInside
  }

  set owner(owner: Owner) {
    if (owner.uid === this.ownerInside.uid && owner.gid === this.ownerInside.gid) return
    this.ownerInside = owner
    try {
      this.ledger.noteOwner(owner)
    } catch (error) {
      // A daemon after this one takes root until the container starts.
      if (!isSystemError(error)) throw error
    }
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

  /** Units other than its own that still have something of the number of `applied`. */
  rivalsOf({ attachment: { device } }: Applied): string[] {
    const sharers = this.byId.get(recordId(device))
    if (sharers === undefined || sharers.size < 2) return []
    const units = new Set([...sharers].map(({ attachment }) => attachment.device.unit))
    units.delete(device.unit)
    return [...units]
  }

  holds(unit: string): boolean {
    return this.units.has(unit)
  }

  find(attachment: Attachment): Applied | undefined {
    return this.of(attachment.device.unit).find((applied) => sameAttachment(applied.attachment, attachment))
  }

  /** The attachments of one device: more than one while another is still being taken away from the same devpath. */
  ofDevice(unit: string, devpath: string): Applied[] {
    return this.of(unit).filter(({ attachment }) => attachment.device.devpath === devpath)
  }

  /** The number below which no joystick of the stage is free; a joystick that has no node any more holds none. */
  freeJsNumber(): number {
    const taken = new Set(
      this.all.flatMap(({ attachment: { device }, removal, done }) =>
        removal !== undefined && !done.has('node') ? [] : [device.node?.name],
      ),
    )
    let number = 0
    while (taken.has(`input/js${number}`)) number++
    return number
  }

  add(applied: Applied): void {
    const { device } = applied.attachment
    this.units.set(device.unit, [...this.of(device.unit), applied])
    const id = recordId(device)
    this.byId.set(id, (this.byId.get(id) ?? new Set()).add(applied))
  }

  delete(applied: Applied): void {
    const { device } = applied.attachment
    const { unit } = device
    const id = recordId(device)
    const sharers = this.byId.get(id)
    sharers?.delete(applied)
    if (sharers?.size === 0) this.byId.delete(id)
    const left = this.of(unit).filter((other) => other !== applied)
    if (left.length > 0) this.units.set(unit, left)
    else this.units.delete(unit)
  }

  /** The device of `applied` has another devpath, and perhaps another unit; its number and its name are the same. */
  replaceDevice(applied: Applied, device: Device): void {
    this.delete(applied)
    applied.attachment = { ...applied.attachment, device }
    this.add(applied)
  }

  /** Where a node is on the host: below the directory that is mounted inside, or, for what is not in /dev/input, where it is bound from. */
  nodePath(node: DeviceNode): string {
    return `${this.base}/${isBound(node) ? 'dev/' : ''}${node.name}`
  }

  /**
   * Makes the node appear with its final mode and owner, and its name by number in /dev/char, which udevd makes too (udev_node_update). Of a node that is
   * there mode and owner are changed in place.
   */
  placeNode(node: DeviceNode, options: NodeOptions): void {
    placeNode(this.addon, node, { scratch: this.scratch, path: this.nodePath(node), ...options })
    placeSymlink(`../${node.name}`, this.charPath(node), this.scratch)
  }

  removeNode(node: DeviceNode): void {
    removeFile(this.charPath(node))
    removeFile(this.nodePath(node))
  }

  /** Takes up what a daemon before this one has left here; what its ledger does not name was never finished and is removed. */
  load(): void {
    this.checkDirectories(DIRECTORIES)
    for (const applied of this.ledger.read()) {
      doubtUnsettled(applied)
      this.add(applied)
    }
    for (const applied of this.all) this.restore(applied)
    const ended = this.unnoted(this.ledger.lostRecords)
    const kept = new Set(this.all.flatMap((applied) => this.filesOf(applied)))
    const tags = readdirSync(this.records.tags).map((tag) => `udev/tags/${tag}`)
    const swept = ['input', 'char', 'dev', 'udev/data', `udev/${KNOWN}`, 'scratch', ...tags]
    this.checkDirectories(swept)
    for (const directory of swept) {
      for (const entry of readdirSync(join(this.base, directory), { withFileTypes: true })) {
        const path = join(this.base, directory, entry.name)
        const isLinkOrItsHome = directory === 'input' && (entry.isDirectory() || entry.isSymbolicLink())
        if (!kept.has(path) && !isLinkOrItsHome) this.addon.removeTree(join(this.base, directory), entry.name)
      }
    }
    this.links.sweep('input')
    for (const applied of ended) this.add(applied)
  }

  /** Devices of which the note can't be read, as far as the stage itself says what they are: the container's clients hear their end, as after a crash. */
  private unnoted(ids: readonly string[]): Applied[] {
    const files = (directory: string): [string, Buffer][] =>
      ids.flatMap((id) => {
        const path = join(this.base, directory, id)
        return existsSync(path) ? [[id, readFileSync(path)]] : []
      })
    const { gone } = succession({ known: files(`udev/${KNOWN}`), records: files('udev/data') }, this.all)
    for (const applied of gone) {
      const run = this.served?.run
      applied.earlier = { ...(run !== undefined && { run }), isSettled: true, sessionSteps: ['announce'] }
    }
    return gone
  }

  /** Throws when one of them leads elsewhere: what is there is not the stage's to remove. */
  private checkDirectories(directories: readonly string[]): void {
    const { dev } = lstatSync(this.base)
    for (const directory of directories) {
      const path = join(this.base, directory)
      const stat = lstatSync(path)
      if (!stat.isDirectory()) throw new Error(`${path} is no directory; remove it`)
      if (stat.dev !== dev) throw new Error(`something is mounted at ${path}; unmount it`)
    }
  }

  close(): void {
    this.ledger.close()
  }

  /** Nothing more is noted of it: its directory is another's business. */
  retire(): void {
    this.close()
    this.removed = true
  }

  /** Makes what the ledger has of an attachment true, as a daemon that was killed may have left it half changed; what is right is not touched. */
  private restore(applied: Applied): void {
    const { attachment, event, done } = applied
    const { node } = attachment.device
    if (done.has('record')) this.parents.restore(applied)
    try {
      if (node !== undefined && done.has('node')) this.placeNode(node, attachment.node)
      if (event === undefined) return
      if (node !== undefined && done.has('link')) {
        for (const link of event.record.links) this.links.place(link, node.name)
      }
      if (done.has('record') && !this.records.has(event.record)) this.records.write(event.record)
    } catch {
      applied.isDoubtful = true
    }
  }

  /** Files of an attachment, but for its links. */
  private filesOf({ attachment: { device }, event, parents = [] }: Applied): string[] {
    const { node } = device
    const id = recordId(device)
    return [
      ...(node === undefined ? [] : [this.nodePath(node), this.charPath(node)]),
      join(this.base, 'udev', KNOWN, id),
      ...[{ id, tags: event?.record.tags ?? [] }, ...parents].flatMap((one) => this.records.filesOf(one)),
    ]
  }

  private charPath({ major, minor }: DeviceNode): string {
    return `${this.base}/char/${major}:${minor}`
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
