// What is mounted in a container, and which of it comes from a stage of ours.
import { readFileSync } from 'node:fs'
import { GoneError, isSystemError } from '../errors.js'

/** A line of proc_pid_mountinfo(5). */
export interface Mount {
  id: number
  /** The directory or file of its file system that is mounted. */
  root: string
  path: string
  /** Type and source of the file system. */
  type: string
  source: string
}

/** What a stage's tmpfs is mounted from, by the systemd unit and by the addon alike. */
const SOURCE = 'udev-proxy'
/** A directory of a stage, or a node that is bound from one. A directory that has been removed since is called so. */
const STAGED = /^\/[^/]+\/(?:input|udev|char|dev\/[^/]+)(?:\/\/deleted)?$/

/** What is mounted for the process, the latest last. Throws GoneError when it has ended. */
export function mountsOf(pid: number): Mount[] {
  try {
    return parseMounts(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'))
  } catch (error) {
    // EINVAL: a zombie has no mount namespace
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EINVAL')) throw new GoneError(error.message)
    throw error
  }
}

/** The mounts of a mountinfo file. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [mount = '', fileSystem = ''] = line.split(' - ', 2)
    const [id, , , root, path] = mount.split(' ')
    const [type = '', source = ''] = fileSystem.split(' ')
    if (root === undefined || path === undefined) return []
    return [{ id: Number(id), root: unescape(root), path: unescape(path), type, source: unescape(source) }]
  })
}

/**
 * Whether it comes from a stage, of this daemon or of one before it. A container that may mount can make one look so: then its own mount is taken away, and it
 * gets what it would have got.
 */
export function isStaged({ type, source, root }: Mount): boolean {
  return type === 'tmpfs' && source === SOURCE && STAGED.test(root)
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
