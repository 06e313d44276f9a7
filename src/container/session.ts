// What the daemon holds open of one live container.
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs'
import { GoneError, RefusedError, isSystemError } from '../errors.js'
import type { ContainerHandle, ContainerPath, Native } from '../native.js'
import { CONTROL, CONTROLS, isUdevdRunning } from '../udev/udevd.js'
import type { Container, HostConfig } from './engine.js'
import { runOf } from './engine.js'
import { gidOf } from './group.js'
import { MountsRefusedError, stagedMounts } from './mounts.js'
import { netnsOfThisProcess } from './netns.js'
import { openProved } from './open.js'
import { occupiedReason } from './refusal.js'

/** The directories of a stage that are mounted inside, as the host sees them. */
export interface StageMounts {
  input: StageMount
  udev: StageMount
  /** Names of nodes by their number; a container that has something of its own there goes without. */
  char: StageMount
}

export interface StageMount {
  path: string
  /** st_dev:st_ino */
  identity: string
}

/** A stage, as far as it is mounted. */
export interface Mountable {
  readonly mounts: StageMounts
  /** The run that was served last, and whether a daemon has mounted the stage into it. */
  readonly servedRun: { run: string; isMounted: boolean } | undefined
  /** Notes it, before anything is mounted. */
  noteRun(run: { run: string; isMounted: boolean }): void
  /** Takes up what the container's clients know, in this run, of a stage that is lost; before its mounts are replaced. */
  succeed(former: FormerStage, run: string): void
}

/** What a container shows of a stage that is lost: the container may have written it. */
export interface FormerStage {
  /** Files by their names: which devices it had, and their records. */
  known: [name: string, content: Buffer][]
  records: [name: string, content: Buffer][]
}

/** A part of the stage that is to be mounted, in place of the mount `former` of a stage that is lost, if there is one. */
interface MissingPart {
  part: keyof StageMounts
  former?: number
}

/** Who announces in a container beside us. */
interface Udevd {
  hasOwnUdevd: boolean
  hearsHost: boolean
}

/** Where the stage's directories appear inside. */
const TARGETS = { udev: '/run/udev', input: '/dev/input', char: '/dev/char' } as const

/** Below /run/udev inside: what a stage says of the devices that it has, for a stage after it. */
export const KNOWN = 'udev-proxy'

/** More groups than a container has. */
const GROUP_FILE_LIMIT = 256 * 1024
/** More than a record has. */
const RECORD_LIMIT = 64 * 1024
/** What a mount that may not be changed says. */
const CANT_REPLACE = ['EPERM', 'EINVAL', 'EBUSY', 'EROFS']

export class Session {
  private readonly isOnHostNetwork: boolean

  constructor(
    /** Which run of which container. */
    readonly run: string,
    readonly name: string,
    /** Whether the container had the stage from its first instruction, as a volume. */
    readonly wasGiven: boolean,
    private udevd: Udevd,
    /** The host's ids of the container's root and of its group input. */
    readonly owner: { uid: number; gid: number },
    private readonly handle: ContainerHandle,
    private readonly runsHostUdevd: () => boolean = isUdevdRunning,
    /** st_dev of the stage. */
    private readonly stageDevice?: string,
  ) {
    this.isOnHostNetwork = handle.netns === netnsOfThisProcess()
  }

  /** Whether a udevd of the container's own keeps records and announces. */
  get hasOwnUdevd(): boolean {
    return this.udevd.hasOwnUdevd
  }

  /** Whether the host's udevd announces in the container's network namespace, which is the host's: then we do not. */
  get hearsHost(): boolean {
    return this.udevd.hearsHost
  }

  /** st_dev:st_ino of the container's network namespace. */
  get netns(): string {
    return this.handle.netns
  }

  /** Looks again, as an init system starts its udevd after the container's start, and returns what it finds. Throws GoneError when the container has ended. */
  async lookForUdevd(): Promise<boolean> {
    const { hasOwnUdevd } = await goneWhenExited(udevdOf(this.handle))
    this.udevd = { ...this.udevd, hasOwnUdevd }
    return hasOwnUdevd
  }

  /**
   * Looks whether the host's udevd announces in the container's network namespace, as it may be started or stopped at any time, and returns whether that is
   * otherwise than before. Costs two system calls, for a container on the host's network alone.
   */
  lookForHostUdevd(): boolean {
    const { hasOwnUdevd, hearsHost } = this.udevd
    if (!this.isOnHostNetwork || hasOwnUdevd) return false
    this.udevd = { hasOwnUdevd, hearsHost: this.runsHostUdevd() }
    return this.hearsHost !== hearsHost
  }

  /** When the container's first process started, in microseconds of CLOCK_MONOTONIC. */
  get startedAt(): number {
    return this.handle.startedAt
  }

  /** Calls `listener` once when the container has exited: the pidfd tells before the engine does. */
  onExit(listener: () => void): void {
    this.handle.onExit(listener)
  }

  /** Broadcasts to the udev clients in the container's network namespace that listen to `group`. */
  announce(message: Buffer, group: number): void {
    this.handle.send(message, group)
  }

  /** Makes a symlink to `target` at `path` inside; false when the container has something else there. */
  async placeLink(target: string, path: string): Promise<boolean> {
    try {
      await this.handle.placeLink(target, path)
      return true
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return false
      throw error
    }
  }

  async removeLink(target: string, path: string): Promise<void> {
    await this.handle.removeLink(target, path)
  }

  /**
   * Makes the host's device node `source`, of this number (`MAJOR:MINOR`), appear at `target` inside; a node of that number which the container has there is as
   * good. Throws RefusedError when it has something else there.
   */
  async bindNode(source: string, target: string, number: string): Promise<void> {
    try {
      await this.handle.bindNode(source, target)
      return
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error
    }
    const there = await this.handle.look(target)
    if (there?.kind === 'character' && !(await this.isBound(there))) {
      if (there.number === number) return
      throw new RefusedError(
        `the container has another device at ${target} (${there.number ?? ''}, not ${number}); create it without the --device or -v that put it there`,
      )
    }
    // A daemon before this one may have bound it; anything else there is the container's own and stays.
    await this.handle.unbindNode(target)
    try {
      await this.handle.bindNode(source, target)
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error
      throw new RefusedError(`the container has something of its own at ${target}; remove it there`)
    }
  }

  /** Takes away what bindNode has made; a node of the container's own stays. */
  async unbindNode(target: string): Promise<void> {
    const there = await this.handle.look(target)
    if (there?.kind === 'character' && !(await this.isBound(there))) return
    await this.handle.unbindNode(target)
  }

  /** Whether it is bound from a stage: an engine without the right to make nodes binds those of --device, too. */
  private async isBound({ mount, device }: ContainerPath): Promise<boolean> {
    // The stage that is mounted tells its own without a look at all that the container has mounted.
    if (device === this.stageDevice) return true
    return (await stagedMounts(this.handle.pid)).some(({ id }) => id === mount)
  }

  close(): void {
    this.handle.close()
  }
}

/**
 * Opens a running container and mounts its stage there, unless it has it already. Throws RefusedError when the container can't be served as it is, and GoneError
 * when it has ended.
 */
export async function openSession(
  container: Container,
  stage: Mountable,
  hostDevices: ReadonlySet<string>,
  addon: Native,
): Promise<Session> {
  const run = runOf(container)
  if (container.running === undefined || run === undefined)
    throw new GoneError(`container ${container.name} does not run`)
  const handle = await goneWhenExited(openProved({ ...container, running: container.running }, addon))
  try {
    if (handle.netns !== container.running.netns) throw new GoneError(`container ${container.name} has ended`)
    const udevd = await goneWhenExited(udevdOf(handle))
    const { hasOwnUdevd } = udevd
    const { mounts } = stage
    const missing = await goneWhenExited(missingParts(handle, container, mounts, hostDevices, hasOwnUdevd))
    if (missing.some(({ part, former }) => part === 'udev' && former !== undefined))
      stage.succeed(await goneWhenExited(formerStage(handle)), run)
    const wasMounted = stage.servedRun?.run === run && stage.servedRun.isMounted
    const isMounted = wasMounted || missing.length > 0
    stage.noteRun({ run, isMounted })
    if (missing.some(({ former }) => former !== undefined))
      await goneWhenExited(unbindFormer(handle, mounts.udev))
    // udev first: a client that looks in between must not find devices and miss /run/udev/control.
    for (const { part, former } of missing)
      await goneWhenExited(mountPart(handle, container, mounts[part], TARGETS[part], former))
    if (!hasOwnUdevd) await goneWhenExited(mountNumbers(handle, mounts.char))
    const owner = await goneWhenExited(ownerInside(handle))
    const [stageDevice] = mounts.udev.identity.split(':')
    return new Session(run, container.name, !isMounted, udevd, owner, handle, undefined, stageDevice)
  } catch (error) {
    handle.close()
    throw error
  }
}

/** Directories of the stage that are still to be mounted, after a look at everything. Throws RefusedError when one of them can't be. */
async function missingParts(
  handle: ContainerHandle,
  container: Container,
  mounts: StageMounts,
  hostDevices: ReadonlySet<string>,
  hasOwnUdevd: boolean,
): Promise<MissingPart[]> {
  const dev = await handle.look('/dev')
  if (dev !== undefined && hostDevices.has(dev.device)) {
    throw new RefusedError("it has the host's /dev; run it without -v /dev:/dev")
  }
  const missing: MissingPart[] = []
  for (const part of hasOwnUdevd ? (['input'] as const) : (['udev', 'input'] as const)) {
    const there = await handle.look(TARGETS[part])
    if (there?.identity === mounts[part].identity) continue
    const former = there && (await formerMount(handle, there))
    if (former === undefined) refuseOccupied(TARGETS[part], there, hostDevices, container.hostConfig)
    missing.push({ part, ...(former !== undefined && { former }) })
  }
  return missing
}

/** The mount of a stage that is lost, when that is what `there` is. */
async function formerMount(handle: ContainerHandle, there: ContainerPath): Promise<number | undefined> {
  if (there.kind !== 'directory') return undefined
  return (await stagedMounts(handle.pid)).find(({ id }) => id === there.mount)?.id
}

async function formerStage(handle: ContainerHandle): Promise<FormerStage> {
  return {
    known: await handle.readDirectory(`${TARGETS.udev}/${KNOWN}`, RECORD_LIMIT),
    records: await handle.readDirectory(`${TARGETS.udev}/data`, RECORD_LIMIT),
  }
}

/** Takes away the nodes that were bound one by one from a stage that is lost; what is wanted still is bound anew. */
async function unbindFormer(handle: ContainerHandle, { identity }: StageMount): Promise<void> {
  for (const mount of await stagedMounts(handle.pid)) {
    const there = await handle.look(mount.path)
    const isFormer = there?.mount === mount.id && !identity.startsWith(`${there.device}:`)
    if (isFormer && there.kind === 'character') await handle.unbindNode(mount.path)
  }
}

/** Nobody is refused for want of /dev/char: few look there. */
async function mountNumbers(handle: ContainerHandle, mount: StageMount): Promise<void> {
  const there = await handle.look(TARGETS.char)
  if (there?.identity === mount.identity) return
  const former = there && (await formerMount(handle, there))
  const isFree = there === undefined || (there.kind === 'directory' && there.entries.length === 0)
  if (!isFree && former === undefined) return
  try {
    await mountExactly(handle, mount, TARGETS.char, former)
  } catch (error) {
    if (!isSystemError(error, ...(former === undefined ? ['EROFS'] : CANT_REPLACE))) throw error
  }
}

/** What a container has that decides what it is given. */
export async function lookInside(
  handle: ContainerHandle,
  container: Container,
): Promise<Udevd & { owner: Session['owner']; refusal?: string }> {
  const udevd = await udevdOf(handle)
  const refusal = await refusalInside(handle, container, udevd.hasOwnUdevd)
  return { ...udevd, owner: await ownerInside(handle), ...(refusal !== undefined && { refusal }) }
}

/** Why the container can't be served for what it has, if that is so; whether anything can be mounted there is not tried. */
async function refusalInside(
  handle: ContainerHandle,
  container: Container,
  hasOwnUdevd: boolean,
): Promise<string | undefined> {
  const none = { path: '', identity: '' }
  try {
    await missingParts(handle, container, { udev: none, input: none, char: none }, hostDevices(), hasOwnUdevd)
    return undefined
  } catch (error) {
    // The daemon knows its own stage there without a look at all mounts.
    if (error instanceof MountsRefusedError) return undefined
    if (error instanceof RefusedError) return error.message
    throw error
  }
}

/** st_dev of the host's /dev and /dev/input. */
export function hostDevices(): ReadonlySet<string> {
  return new Set(
    ['/dev', '/dev/input'].flatMap((path) => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
      return stat === undefined ? [] : [String(stat.dev)]
    }),
  )
}

async function udevdOf(handle: ContainerHandle): Promise<Udevd> {
  const hasOwnUdevd = await runsUdevd(handle)
  return { hasOwnUdevd, hearsHost: !hasOwnUdevd && handle.netns === netnsOfThisProcess() && isUdevdRunning() }
}

/**
 * Whether a udevd listens inside: what its control file is, and whether a socket of that name listens in the container's network namespace. The host's does so
 * for a container that has the host's /run/udev and its network.
 */
async function runsUdevd(handle: ContainerHandle): Promise<boolean> {
  const control = await handle.look(CONTROL)
  if (control?.kind !== 'socket' || control.identity === hostControl()) return false
  return handle.listensAt(CONTROLS)
}

/** st_dev:st_ino of the control file of the host's udevd. */
function hostControl(): string | undefined {
  const stat = statSync(CONTROL, { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.dev}:${stat.ino}`
}

async function ownerInside(handle: ContainerHandle): Promise<{ uid: number; gid: number }> {
  const groups = await handle.readFile('/etc/group', GROUP_FILE_LIMIT)
  const gid = groups && gidOf('input', groups.toString('utf8'))
  return { uid: handle.rootUid, gid: (gid === undefined ? undefined : handle.hostGid(gid)) ?? handle.rootGid }
}

async function mountPart(
  handle: ContainerHandle,
  { name }: Container,
  mount: StageMount,
  target: string,
  former?: number,
): Promise<void> {
  try {
    await mountExactly(handle, mount, target, former)
  } catch (error) {
    if (former !== undefined && isSystemError(error, ...CANT_REPLACE)) {
      throw new RefusedError(
        `its ${target} is of a stage that has been unmounted, and can't be replaced while it runs (${error.code}); restart it: docker restart ${name}`,
      )
    }
    if (!isSystemError(error, 'EROFS')) throw error
    throw new RefusedError(
      `its root is read-only and has no ${target}; add --tmpfs ${target === TARGETS.udev ? '/run' : target}, or the stage as a volume: -v ${mount.path}:${target}`,
    )
  }
}

/** Mounts this directory, whatever is at its path when a thread comes to it: the stage may be given another name meanwhile, and its own to another. */
async function mountExactly(
  handle: ContainerHandle,
  { path, identity }: StageMount,
  target: string,
  former?: number,
): Promise<void> {
  let directory: number
  try {
    directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) throw new GoneError(`the stage at ${path} has another name now`)
    throw error
  }
  try {
    const { dev, ino } = fstatSync(directory, { bigint: true })
    if (`${dev}:${ino}` !== identity) throw new GoneError(`the stage at ${path} has another name now`)
    const source = `/proc/self/fd/${directory}`
    if (former === undefined) await handle.mountDirectory(source, target)
    else await handle.replaceMount(source, target, former)
  } finally {
    closeSync(directory)
  }
}

function refuseOccupied(
  target: string,
  there: ContainerPath | undefined,
  hostDevices: ReadonlySet<string>,
  hostConfig: HostConfig | undefined,
): void {
  if (there === undefined) return
  if (there.kind !== 'directory') throw new RefusedError(`${target} is no directory there`)
  if (target === TARGETS.input && hostDevices.has(there.device)) {
    throw new RefusedError(`it has the host's ${target}; run it without that volume`)
  }
  if (there.entries.length === 0) return
  throw new RefusedError(occupiedReason(target, there.entries, hostConfig))
}

/** What fails because the process is gone fails with ESRCH from /proc, or ENOENT from a /proc/PID that was removed. */
async function goneWhenExited<T>(action: Promise<T>): Promise<T> {
  try {
    return await action
  } catch (error) {
    if (isSystemError(error, 'ESRCH')) throw new GoneError(error.message)
    throw error
  }
}
