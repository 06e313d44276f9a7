// Which stages somebody has mounted, in whatever mount namespace.
import { readdir, readlink } from 'node:fs/promises'
import { TooManyMounts, mountLines } from '../container/mountinfo.js'
import { isSystemError } from '../errors.js'

/** Of one namespace. What does not fit is taken for mounted: nothing is removed on a guess. */
const LIMIT = 4 * 1024 * 1024

/** The names below `root` of which something is mounted anywhere, or `all` when that can't be said. */
export async function mountedBelow(root: string): Promise<ReadonlySet<string> | 'all'> {
  const own = await mountAt(root)
  if (own === undefined) return 'all'
  const names = new Set<string>()
  const seen = new Set<string>()
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      const namespace = await readlink(`/proc/${pid}/ns/mnt`)
      if (seen.has(namespace)) continue
      for await (const lines of mountLines(`/proc/${pid}/mountinfo`, LIMIT)) {
        for (const mount of mountsIn(lines, own.device)) {
          const below = belowOf(own.root, mount.root)
          if (below !== undefined) names.add(below)
        }
      }
      seen.add(namespace)
    } catch (error) {
      if (error instanceof TooManyMounts) return 'all'
      // It has ended meanwhile, or is beyond reach, as no container is that is served.
      if (!isSystemError(error, 'ENOENT', 'ESRCH', 'EINVAL', 'EACCES', 'EPERM')) throw error
    }
  }
  return names
}

/** The first name of `path` below `root`; undefined for what is not below it. */
function belowOf(root: string, path: string): string | undefined {
  const from = root === '/' ? '/' : `${root}/`
  return path.startsWith(from) && path !== from ? path.slice(from.length).split('/')[0] : undefined
}

interface Mount {
  device: string
  /** Which of the file system's directories is mounted. */
  root: string
  target: string
}

/** What is mounted last at exactly `path`, in this mount namespace: where mounts propagate, a container's may be in it. */
async function mountAt(path: string): Promise<Mount | undefined> {
  let found: Mount | undefined
  try {
    for await (const lines of mountLines('/proc/self/mountinfo'))
      found = mountsIn(lines).findLast(({ target }) => target === path) ?? found
  } catch (error) {
    if (!(error instanceof TooManyMounts)) throw error
    return undefined
  }
  return found
}

/** The mounts of lines of a proc_pid_mountinfo(5), with `of` only those of that device. */
export function mountsIn(lines: string, of?: string): Mount[] {
  return lines.split('\n').flatMap((line) => {
    const [, , device = '', root = '', target = ''] = line.split(' ', 5)
    if (of !== undefined && device !== of) return []
    return [{ device, root: unescapeMount(root), target: unescapeMount(target) }]
  })
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
export function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
