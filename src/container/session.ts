// What the daemon holds open of one live container.
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs'
import { GoneError, RefusedError, isSystemError } from '../errors.js'
import type { ContainerHandle, ContainerPath, Native } from '../native.js'
import { CONTROL, CONTROLS, isUdevdRunning } from '../udev/udevd.js'
import type { Container } from './engine.js'
import { runOf } from './engine.js'
import { gidOf } from './group.js'
import { netnsOfThisProcess } from './netns.js'
import { openProved } from './open.js'

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
}

/** Who announces in a container beside us. */
interface Udevd {
  hasOwnUdevd: boolean
  hearsHost: boolean
}

/** Where the stage's directories appear inside. */
const TARGETS = { udev: '/run/udev', input: '/dev/input', char: '/dev/char' } as const

/** More groups than a container has. */
const GROUP_FILE_LIMIT = 256 * 1024

export class Session {
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
  ) {}

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
    const { hasOwnUdevd, hearsHost } = await goneWhenExited(udevdOf(this.handle))
    // What the host's udevd has announced is not announced anew when it has ended.
    this.udevd = { hasOwnUdevd, hearsHost: hearsHost || this.hearsHost }
    return hasOwnUdevd
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

  /** Makes the host's device node `source` appear at `target` inside. */
  async bindNode(source: string, target: string): Promise<void> {
    try {
      await this.handle.bindNode(source, target)
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error
      // A daemon before this one may have bound it; anything else there is the container's own and stays.
      await this.handle.unbindNode(target)
      await this.handle.bindNode(source, target)
    }
  }

  async unbindNode(target: string): Promise<void> {
    await this.handle.unbindNode(target)
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
    const missing = await goneWhenExited(missingParts(handle, mounts, hostDevices, hasOwnUdevd))
    const wasMounted = stage.servedRun?.run === run && stage.servedRun.isMounted
    const isMounted = wasMounted || missing.length > 0
    stage.noteRun({ run, isMounted })
    // udev first: a client that looks in between must not find devices and miss /run/udev/control.
    for (const part of missing) await goneWhenExited(mountPart(handle, mounts[part], TARGETS[part]))
    if (!hasOwnUdevd) await goneWhenExited(mountNumbers(handle, mounts.char))
    const owner = await goneWhenExited(ownerInside(handle))
    return new Session(run, container.name, !isMounted, udevd, owner, handle)
  } catch (error) {
    handle.close()
    throw error
  }
}

/** Directories of the stage that are still to be mounted, after a look at everything. */
async function missingParts(
  handle: ContainerHandle,
  mounts: StageMounts,
  hostDevices: ReadonlySet<string>,
  hasOwnUdevd: boolean,
): Promise<(keyof StageMounts)[]> {
  const dev = await handle.look('/dev')
  if (dev !== undefined && hostDevices.has(dev.device)) {
    throw new RefusedError("it has the host's /dev; run it without -v /dev:/dev")
  }
  const missing: (keyof StageMounts)[] = []
  for (const part of hasOwnUdevd ? (['input'] as const) : (['udev', 'input'] as const)) {
    const there = await handle.look(TARGETS[part])
    if (there?.identity === mounts[part].identity) continue
    refuseOccupied(TARGETS[part], there, hostDevices)
    missing.push(part)
  }
  return missing
}

/** Nobody is refused for want of /dev/char: few look there. */
async function mountNumbers(handle: ContainerHandle, mount: StageMount): Promise<void> {
  const there = await handle.look(TARGETS.char)
  if (
    there !== undefined &&
    (there.identity === mount.identity || there.kind !== 'directory' || there.entries.length > 0)
  )
    return
  try {
    await mountExactly(handle, mount, TARGETS.char)
  } catch (error) {
    if (!isSystemError(error, 'EROFS')) throw error
  }
}

/** What a container has that decides what it is given. */
export async function lookInside(handle: ContainerHandle): Promise<Udevd & { owner: Session['owner'] }> {
  return { ...(await udevdOf(handle)), owner: await ownerInside(handle) }
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

async function mountPart(handle: ContainerHandle, mount: StageMount, target: string): Promise<void> {
  try {
    await mountExactly(handle, mount, target)
  } catch (error) {
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
    await handle.mountDirectory(`/proc/self/fd/${directory}`, target)
  } finally {
    closeSync(directory)
  }
}

function refuseOccupied(
  target: string,
  there: ContainerPath | undefined,
  hostDevices: ReadonlySet<string>,
): void {
  if (there === undefined) return
  if (there.kind !== 'directory') throw new RefusedError(`${target} is no directory there`)
  if (target === TARGETS.input && hostDevices.has(there.device)) {
    throw new RefusedError(`it has the host's ${target}; run it without that volume`)
  }
  if (there.entries.length === 0) return
  throw new RefusedError(
    `it has something of its own in ${target} (${there.entries.slice(0, 3).join(', ')}); run it without that --device or -v`,
  )
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
