// The directory of all stages: which file system it has to be, and that it is never another's.
import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readlinkSync,
  readdirSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { EnvironmentError, StageLostError, isSystemError } from '../errors.js'
import type { Native } from '../native.js'
import { unescapeMount } from './mounted.js'

/** What the systemd unit and the addon call the tmpfs. */
const SOURCE = 'udev-proxy'
/** In a tmpfs that is called otherwise: it was empty once, and all of it is ours since. */
const MARKER = '.udev-proxy'
/** Stages that had to make room. */
const ASIDE = /^\.aside-\d+$/
/** A container's name, as Docker has it; `.moving-` is before it while the stage is being renamed. */
const STAGE = /^(?:\.moving-)?[a-zA-Z0-9][\w.-]*$/

/** Directories that the system shares out: a stage is one below, or elsewhere. */
const SHARED =
  /^\/(?:bin|boot|dev|etc|home|lib\w*|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|var\/tmp|run\/lock|run\/user|dev\/shm)?$/
/** What the kernel and the host's udevd have for themselves. */
const OTHERS = /^\/(?:dev(?!\/shm\/)|proc|sys|run\/udev)\//

const CHOOSE = 'choose another directory as stage: in the config'

/** A mount, of proc_pid_mountinfo(5). */
interface MountPoint {
  /** Which of the file system's directories is mounted. */
  root: string
  options: string[]
  type: string
  source: string
}

interface Judged {
  /** Without symlinks, as mountinfo has it. */
  path: string
  isMounted: boolean
  /** It is a tmpfs that somebody else has mounted, and is to be marked as ours. */
  isUnmarked: boolean
}

/** Why `stage` can't be the directory of the stages, and what to do; undefined when it can. Changes nothing. */
export function stageProblem(stage: string, control?: string): string | undefined {
  try {
    const { path } = judge(stage)
    if (control === undefined || !`${resolved(dirname(control))}/`.startsWith(`${path}/`)) return undefined
    return `the control socket ${control} would be in the stage's directory ${stage}: choose another as control: or stage: in the config`
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message
    throw error
  }
}

/**
 * Mounts the tmpfs of the stages if there is none yet, and returns its path without symlinks. Throws EnvironmentError, before anything is changed, where
 * something else is. `mayMount` is false where nobody else would see a mount of this process.
 */
export function prepareRoot(
  stage: string,
  addon: Pick<Native, 'mountTmpfs'>,
  mayMount = true,
): { path: string; wasMounted: boolean } {
  const { path, isMounted, isUnmarked } = judge(stage)
  if (!isMounted && !mayMount)
    throw new StageLostError(
      `the stage's file system at ${path} was unmounted, and a mount of this process would be seen by no other: ending, so that it is mounted again before the next start`,
    )
  try {
    if (!isMounted) {
      mkdirSync(path, { recursive: true, mode: 0o755 })
      addon.mountTmpfs(path)
    }
    // The nodes are for the containers, which see them through their mounts: nobody else of the host gets at them.
    chmodSync(path, 0o700)
    if (isUnmarked) writeFileSync(join(path, MARKER), '', { mode: 0o600 })
  } catch (error) {
    throw asEnvironment(stage, error)
  }
  return { path, wasMounted: isMounted }
}

/** Whether what this process mounts is seen by all of the host: a service's sandbox, or a container, is a mount namespace of its own. */
export function isMountSeen(): boolean {
  try {
    return readlinkSync('/proc/self/ns/mnt') === readlinkSync('/proc/1/ns/mnt')
  } catch (error) {
    if (!isSystemError(error)) throw error
    return false
  }
}

/** st_dev:st_ino of what is at `path`; undefined when nothing is. */
export function identityAt(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path)
    return `${dev}:${ino}`
  } catch (error) {
    if (!isSystemError(error)) throw error
    return undefined
  }
}

/** The stages and what had to make room for them, of all that is in the directory; `foreign` is neither, and not to be touched. */
export function entriesOf(root: string): { stages: string[]; aside: string[]; foreign: string[] } {
  const stages: string[] = []
  const aside: string[] = []
  const foreign: string[] = []
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const { name } = entry
    const path = join(root, name)
    if (entry.isDirectory() && ASIDE.test(name)) aside.push(name)
    else if (STAGE.test(name) && isStage(path)) stages.push(name)
    else if (name !== MARKER && !(entry.isDirectory() && isBare(path))) foreign.push(name)
  }
  return { stages, aside, foreign }
}

/** Whether a stage can be made at `path`: nothing is there, a stage, or directories alone, as the engine makes them for volumes. */
export function isFreeForStage(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat === undefined || isStage(path) || (stat.isDirectory() && isBare(path))
}

/** Every stage has a ledger, and has it first. */
function isStage(path: string): boolean {
  return [path, join(path, 'ledger'), join(path, 'ledger/entries')].every(
    (one) => lstatSync(one, { throwIfNoEntry: false })?.isDirectory() === true,
  )
}

/** Whether the directory has nothing but directories, a few levels of them. */
function isBare(path: string, depth = 0): boolean {
  return (
    depth < 4 &&
    readdirSync(path, { withFileTypes: true }).every(
      (entry) => entry.isDirectory() && isBare(join(path, entry.name), depth + 1),
    )
  )
}

function judge(stage: string): Judged {
  try {
    const path = resolved(stage)
    if (SHARED.test(path) || OTHERS.test(`${path}/`))
      throw new EnvironmentError(
        `${naming(stage, path)} is a directory of the system, not for stages: ${CHOOSE}`,
      )
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return { path, isMounted: false, isUnmarked: false }
    if (!stat.isDirectory())
      throw new EnvironmentError(
        `${naming(stage, path)}, where the stages are to be, is no directory: remove it, or ${CHOOSE}`,
      )
    const mount = mountAt(path)
    if (mount === undefined) {
      judgeCovered(stage, path)
      return { path, isMounted: false, isUnmarked: false }
    }
    return { path, isMounted: true, isUnmarked: judgeMount(stage, path, mount) }
  } catch (error) {
    throw asEnvironment(stage, error)
  }
}

/** A tmpfs would hide what the directory has, though not destroy it. */
function judgeCovered(stage: string, path: string): void {
  const { foreign } = entriesOf(path)
  if (foreign.length === 0) return
  throw new EnvironmentError(
    `${naming(stage, path)}, where the stages are to be, is not empty (${some(foreign)}), and no tmpfs of udev-proxy is mounted there: move that elsewhere, or ${CHOOSE}`,
  )
}

/** Returns whether it is still to be marked as ours. */
function judgeMount(stage: string, path: string, { root, options, type, source }: MountPoint): boolean {
  const what = `${naming(stage, path)}, where the stages are to be, is where ${source} (${type}) is mounted`
  if (type !== 'tmpfs')
    throw new EnvironmentError(`${what}, which is not udev-proxy's, and nothing was changed there: ${CHOOSE}`)
  let isUnmarked = false
  if (source !== SOURCE || root !== '/') {
    const isMarked = lstatSync(join(path, MARKER), { throwIfNoEntry: false })?.isFile() === true
    const { foreign } = entriesOf(path)
    if (!isMarked && foreign.length > 0)
      throw new EnvironmentError(
        `${what}, which is not udev-proxy's and not empty (${some(foreign)}), and nothing was changed there: ${CHOOSE}`,
      )
    isUnmarked = !isMarked
  }
  // /run itself is nodev on most hosts: no node on it could be opened.
  if (options.includes('nodev'))
    throw new EnvironmentError(
      `the stage's file system at ${path} is mounted nodev: mount -o remount,dev ${path}`,
    )
  if (options.includes('ro'))
    throw new EnvironmentError(
      `the stage's file system at ${path} is read-only: mount -o remount,rw ${path}; for the systemd service it must also be in ReadWritePaths=`,
    )
  return isUnmarked
}

/** The path without symlinks; what does not exist of it yet stays as it is. */
function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    // Of a link that leads nowhere nobody can say what is meant.
    const isMissing =
      isSystemError(error, 'ENOENT') && lstatSync(path, { throwIfNoEntry: false }) === undefined
    if (!isMissing) throw error
    return join(resolved(dirname(path)), basename(path))
  }
}

/** What is mounted at exactly `path`, a directory without symlinks: the mount that one gets to, of several there or above. */
function mountAt(path: string): MountPoint | undefined {
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  let id: string | undefined
  try {
    id = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${directory}`, 'utf8'))?.[1]
  } finally {
    closeSync(directory)
  }
  const [mount = '', system = ''] = mountLine(`${id} `)?.split(' - ') ?? []
  const [, , , root = '', target = '', options = ''] = mount.split(' ')
  if (unescapeMount(target) !== path) return undefined
  const [type = '', source = '', superOptions = ''] = system.split(' ')
  return {
    ...{ root: unescapeMount(root), type, source: unescapeMount(source) },
    options: [...options.split(','), ...superOptions.split(',')],
  }
}

/** The line of this process's mountinfo that begins so. A container with shared mounts may have made it as long as it likes: no more than a part is in memory. */
function mountLine(beginning: string): string | undefined {
  const file = openSync('/proc/self/mountinfo', constants.O_RDONLY)
  try {
    const part = Buffer.allocUnsafe(65_536)
    let rest = Buffer.alloc(0)
    for (let size: number; (size = readSync(file, part)) > 0;) {
      const read = Buffer.concat([rest, part.subarray(0, size)])
      const end = read.lastIndexOf(0x0a) + 1
      const lines = read.toString('utf8', 0, end).split('\n')
      const found = lines.find((line) => line.startsWith(beginning))
      if (found !== undefined) return found
      rest = read.subarray(end)
    }
    return undefined
  } finally {
    closeSync(file)
  }
}

/** What the file system has against it is for people, with the path that they have written. */
function asEnvironment(stage: string, error: unknown): unknown {
  if (!isSystemError(error)) return error
  return new EnvironmentError(`the stages can't be at ${stage}: ${error.message}; mend that, or ${CHOOSE}`)
}

function naming(stage: string, path: string): string {
  return stage.replace(/\/+$/, '') === path ? path : `${stage} (${path})`
}

function some(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', ')
}
