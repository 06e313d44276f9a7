// Whether the process that an engine names is the container's: an engine may run in another kernel, or count its processes in another pid namespace.
import { readFile, stat } from 'node:fs/promises'
import { isSystemError } from '../errors.js'
import type { ProcessEvidence } from '../native.js'
import { TooManyMounts, mountLines } from './mountinfo.js'

/** What /proc says of a process. Its namespaces are empty where they may not be looked at. */
export interface Process extends ProcessEvidence {
  /** st_dev:st_ino of its network namespace. */
  netns: string
  /** Of /proc/PID/mountinfo what engines mount, where its cgroup names no container. */
  mountinfo?: string
}

export interface Clocks {
  /** Milliseconds since the epoch. */
  now: number
  /** Milliseconds since the boot. */
  uptime: number
}

/** The kernel tells programs all times in units of 1/100 s (USER_HZ). */
const TICK_MS = 10
/**
 * How much later than the engine says a process may have started, where no cgroup tells whose it is. The engine has written down the time of day, and the kernel
 * the time since the boot: the two agree only as long as nobody sets the clock.
 */
const CLOCK_TOLERANCE = 60_000
/** What an engine mounts is among the first. */
const MOUNTINFO_LIMIT = 1024 * 1024
/** Where an engine mounts files that it keeps for one container. */
const ENGINE_MOUNTS = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/run/.containerenv'])
/** Ids in a cgroup path: docker/ID, docker-ID.scope, libpod-ID.scope. */
const CGROUP_ID = /(?:^|[^0-9a-f])([0-9a-f]{64})(?=[^0-9a-f]|$)/g

/**
 * Why this is not the process of the container `id` that was started at `startedAt`; undefined when it is. `own` is the mount namespace of the host. The words
 * go on from "process 7".
 */
export function disproof(
  { id, startedAt }: { id: string; startedAt: number },
  { cgroup, mntns, startTicks, mountinfo }: Process,
  own: string,
  { now, uptime }: Clocks,
): string | undefined {
  if (mntns === own) return 'is one of the host, in its mount namespace'
  const paths = Buffer.from(cgroup).toString('latin1')
  const named = cgroupIds(paths)
  // No process gets into the cgroup of a container but those that its engine puts there.
  if (named.includes(id)) return undefined
  // A container that shares another's network has the other's files mounted: these count only where nothing else tells.
  if (named.length > 0 || !mountedIds(mountinfo ?? '').includes(id))
    return `is in another cgroup, ${cgroupPath(paths)}`
  const booted = now - uptime
  const late = booted + startTicks * TICK_MS - startedAt
  // No container is older than the boot: then the clock was set since, and tells nothing.
  if (late > CLOCK_TOLERANCE && startedAt >= booted)
    return `was started ${Math.round(late / 1000)} s after the container (or the clock was set since: then restart the container)`
  return undefined
}

/** What is known of the process now; undefined when there is none. */
export async function lookAtProcess(pid: number): Promise<Process | undefined> {
  const directory = `/proc/${pid}`
  try {
    const [cgroup, status, mntns, netns] = await Promise.all([
      readFile(`${directory}/cgroup`),
      readFile(`${directory}/stat`, 'utf8'),
      unlessDenied(identityOf(`${directory}/ns/mnt`)),
      unlessDenied(identityOf(`${directory}/ns/net`)),
    ])
    // The name, field 2 of proc_pid_stat(5), may itself hold spaces and parentheses.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    const found = { cgroup, startTicks: Number(fields[19]), mntns, netns }
    if (cgroupIds(cgroup.toString('latin1')).length > 0) return found
    return { ...found, mountinfo: await unlessDenied(engineMounts(`${directory}/mountinfo`)) }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EINVAL')) return undefined
    throw error
  }
}

/** Why process `pid`, found as `found`, is not that of the container; undefined when it is. */
export async function disproofNow(
  container: { id: string; startedAt: number },
  found: Process,
): Promise<string | undefined> {
  const uptime = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]) * 1000
  return disproof(container, found, await identityOf('/proc/self/ns/mnt'), { now: Date.now(), uptime })
}

/** What to say, and to do, about a process that is not the container's. */
export function unprovedText(pid: number, problem: string): string {
  return `the engine says that its process is ${pid}, and on this host that ${problem}: an engine in a virtual machine (Docker Desktop), on another machine or in another pid namespace can't be served; check that docker.socket leads to the engine of this host`
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true })
  return `${dev}:${ino}`
}

async function unlessDenied(answer: Promise<string>): Promise<string> {
  try {
    return await answer
  } catch (error) {
    if (isSystemError(error, 'EACCES', 'EPERM')) return ''
    throw error
  }
}

/** The lines of what is mounted at `ENGINE_MOUNTS`. */
async function engineMounts(path: string): Promise<string> {
  const found: string[] = []
  try {
    for await (const lines of mountLines(path, MOUNTINFO_LIMIT)) {
      for (const line of lines.split('\n')) {
        if (ENGINE_MOUNTS.has(line.split(' ', 5)[4] ?? '')) found.push(line)
      }
    }
  } catch (error) {
    if (!(error instanceof TooManyMounts)) throw error
  }
  return found.join('\n')
}

/** Of each hierarchy the id of the innermost container: paths of nested ones have those of the outer ones before. */
function cgroupIds(cgroup: string): string[] {
  return cgroup.split('\n').flatMap((line) => {
    const path = line.split(':').slice(2).join(':')
    return [...path.matchAll(CGROUP_ID)].at(-1)?.[1] ?? []
  })
}

/** Ids in the roots of what is mounted over files that engines make, by proc_pid_mountinfo(5). */
function mountedIds(mountinfo: string): string[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [, , , root = '', target = ''] = line.split(' ')
    return ENGINE_MOUNTS.has(target) ? root.split('/').filter((part) => /^[0-9a-f]{64}$/.test(part)) : []
  })
}

/** The longest path says most. */
function cgroupPath(cgroup: string): string {
  const paths = cgroup.split('\n').map((line) => line.split(':').slice(2).join(':'))
  return paths.reduce((longest, path) => (path.length > longest.length ? path : longest), '').slice(0, 200)
}
