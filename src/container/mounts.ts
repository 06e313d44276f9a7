// What is mounted in a container, and which of it comes from a stage of ours.
import { readFile } from 'node:fs/promises'
import { GoneError, isSystemError } from '../errors.js'

/** Of a line of proc_pid_mountinfo(5). */
export interface Mount {
  id: number
  path: string
}

/** A directory of a stage, or a node that is bound from one. A directory that has been removed since is called so. */
const STAGED = /^\/[^/]+\/(?:input|udev|char|dev\/[^/]+)(?:\/\/deleted)?$/

/**
 * Lines of what may come from a stage: by the source of its tmpfs, which the systemd unit and the addon give it alike. A container can have a hundred thousand
 * others (fs.mount-max).
 */
const CANDIDATE = /^.* - tmpfs udev-proxy .*$/gm

/**
 * What comes from a stage, of this daemon or of one before it, of all that is mounted for the process; the latest last. Throws GoneError when it has ended. A
 * container that may mount can make a mount look so: then its own is taken away, and it gets what it would have got.
 */
export async function stagedMounts(pid: number): Promise<Mount[]> {
  try {
    return parseStaged(await readFile(`/proc/${pid}/mountinfo`, 'utf8'))
  } catch (error) {
    // EINVAL: a zombie has no mount namespace
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EINVAL')) throw new GoneError(error.message)
    throw error
  }
}

/** The same of the text of a mountinfo. */
export function parseStaged(text: string): Mount[] {
  return (text.match(CANDIDATE) ?? []).flatMap((line) => {
    const [id, , , root, path] = line.split(' ')
    if (root === undefined || path === undefined || !STAGED.test(unescape(root))) return []
    return [{ id: Number(id), path: unescape(path) }]
  })
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
