// What the daemon holds open of one live container.
import { GoneError, RefusedError, isSystemError } from '../errors.js'
import type { ContainerHandle, ContainerPath, Native } from '../native.js'
import { GROUP_UDEV } from '../groups.js'
import type { Container } from './engine.js'
import { runOf } from './engine.js'

/** The two directories of a stage that are mounted inside, as the host sees them. */
export interface StageMounts {
  input: StageMount
  udev: StageMount
}

export interface StageMount {
  path: string
  /** st_dev:st_ino */
  identity: string
}

/** Where the stage's directories appear inside. */
const TARGETS = { udev: '/run/udev', input: '/dev/input' } as const

export class Session {
  constructor(
    /** Which run of which container. */
    readonly run: string,
    readonly name: string,
    /** Whether the container had the stage from its first instruction, as a volume. */
    readonly wasGiven: boolean,
    private readonly handle: ContainerHandle,
  ) {}

  /** When the container's first process started, in microseconds of CLOCK_MONOTONIC. */
  get startedAt(): number {
    return this.handle.startedAt
  }

  /** Calls `listener` once when the container has exited: the pidfd tells before the engine does. */
  onExit(listener: () => void): void {
    this.handle.onExit(listener)
  }

  /** Broadcasts to the udev clients in the container's network namespace. */
  announce(message: Buffer): void {
    this.handle.send(message, GROUP_UDEV)
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
 * Opens a running container and mounts its stage there, unless it has it already. `mountedBefore` is the run in which a daemon mounted it. Throws RefusedError
 * when the container can't be served as it is, and GoneError when it has ended.
 */
export async function openSession(
  container: Container,
  mounts: StageMounts,
  mountedBefore: string | undefined,
  hostDevices: ReadonlySet<string>,
  addon: Native,
): Promise<Session> {
  const run = runOf(container)
  if (container.running === undefined || run === undefined)
    throw new GoneError(`container ${container.name} does not run`)
  const handle = await goneWhenExited(addon.openContainer(container.running.pid))
  try {
    if (handle.netns !== container.running.netns) throw new GoneError(`container ${container.name} has ended`)
    const wasThere = await goneWhenExited(mountStage(handle, mounts, hostDevices))
    return new Session(run, container.name, wasThere && mountedBefore !== run, handle)
  } catch (error) {
    handle.close()
    throw error
  }
}

/** Mounts what is missing, after looking at everything; returns whether it all was there. */
async function mountStage(
  handle: ContainerHandle,
  mounts: StageMounts,
  hostDevices: ReadonlySet<string>,
): Promise<boolean> {
  const dev = await handle.look('/dev')
  if (dev !== undefined && hostDevices.has(dev.device)) {
    throw new RefusedError("it has the host's /dev; run it without -v /dev:/dev")
  }
  const missing: (keyof StageMounts)[] = []
  for (const part of ['udev', 'input'] as const) {
    const there = await handle.look(TARGETS[part])
    if (there?.identity === mounts[part].identity) continue
    refuseOccupied(TARGETS[part], there, hostDevices)
    missing.push(part)
  }
  // udev first: a client that looks in between must not find devices and miss /run/udev/control.
  for (const part of missing) await mountPart(handle, mounts[part].path, TARGETS[part])
  return missing.length === 0
}

async function mountPart(handle: ContainerHandle, source: string, target: string): Promise<void> {
  try {
    await handle.mountDirectory(source, target)
  } catch (error) {
    if (!isSystemError(error, 'EROFS')) throw error
    throw new RefusedError(
      `its root is read-only and has no ${target}; add --tmpfs ${target === TARGETS.udev ? '/run' : target}, or the stage as a volume: -v ${source}:${target}`,
    )
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
