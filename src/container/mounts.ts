// What is mounted in a container, and which of it comes from a stage of ours.
import { GoneError, RefusedError, isSystemError } from '../errors.js'
import { MOUNTINFO_LIMIT, TooManyMounts, mountLines } from './mountinfo.js'

/** Of a line of proc_pid_mountinfo(5). */
export interface Mount {
  id: number
  path: string
}

/** A directory of a stage, or a node that is bound from one. A directory that has been removed since is called so. */
const STAGED = /^\/[^/]+\/(?:input|udev|char|dev\/[^/]+)(?:\/\/deleted)?$/

/** Lines of what may come from a stage: by the source of its tmpfs, which the systemd unit and the addon give it alike. */
const CANDIDATE = /^.* - tmpfs udev-proxy .*$/gm

/** A container with more mounts than are looked through: what is mounted from a stage can't be known. */
export class MountsRefusedError extends RefusedError {
  constructor(reason: string) {
    super(
      `it has so many mounts that those of udev-proxy can't be found among them (${reason}); restart it, or unmount inside what it does not need`,
    )
  }
}

/** More than a stage has devices: a container that has made more itself is not served by its own. */
const MOST_STAGED = 4096

/**
 * What comes from a stage, of this daemon or of one before it, of all that is mounted for the process; the latest last. Throws GoneError when it has ended, and
 * MountsRefusedError when it has more mounts than are looked through. A container that may mount can make a mount look so: then its own is taken away, and it gets
 * what it would have got.
 */
export async function stagedMounts(pid: number, limit = MOUNTINFO_LIMIT): Promise<Mount[]> {
  const staged: Mount[] = []
  try {
    for await (const lines of mountLines(`/proc/${pid}/mountinfo`, limit)) {
      staged.push(...parseStaged(lines))
      if (staged.length > MOST_STAGED) throw new MountsRefusedError(`more than ${MOST_STAGED} look so`)
    }
    return staged
  } catch (error) {
    if (error instanceof TooManyMounts) throw new MountsRefusedError(error.message)
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
