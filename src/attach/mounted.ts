// Which stages somebody has mounted, in whatever mount namespace.
import { open, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isSystemError } from '../errors.js'

/** Of one namespace. What does not fit is taken for mounted: nothing is removed on a guess. */
const LIMIT = 4 * 1024 * 1024

/** The names below `root` of which something is mounted anywhere, or `all` when that can't be said. */
export async function mountedBelow(root: string): Promise<ReadonlySet<string> | 'all'> {
  const own = mountsIn(await readFile('/proc/self/mountinfo', 'utf8')).findLast(
    ({ target }) => target === root,
  )
  if (own === undefined) return 'all'
  const names = new Set<string>()
  const seen = new Set<string>()
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      const namespace = await readlink(`/proc/${pid}/ns/mnt`)
      if (seen.has(namespace)) continue
      const text = await mountinfoOf(pid)
      if (text === undefined) return 'all'
      seen.add(namespace)
      for (const mount of mountsIn(text)) {
        if (mount.device !== own.device) continue
        const below = belowOf(own.root, mount.root)
        if (below !== undefined) names.add(below)
      }
    } catch (error) {
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

/** The mounts of a proc_pid_mountinfo(5). */
export function mountsIn(mountinfo: string): Mount[] {
  return mountinfo.split('\n').map((line) => {
    const [, , device = '', root = '', target = ''] = line.split(' ')
    return { device, root: unescapeMount(root), target: unescapeMount(target) }
  })
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
export function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** Undefined when it is longer than the limit. */
async function mountinfoOf(pid: string): Promise<string | undefined> {
  const file = await open(join('/proc', pid, 'mountinfo'))
  try {
    const parts: Buffer[] = []
    for (let size = 0; size <= LIMIT;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536)
      if (bytesRead === 0) return Buffer.concat(parts).toString('utf8')
      parts.push(buffer.subarray(0, bytesRead))
      size += bytesRead
    }
    return undefined
  } finally {
    await file.close()
  }
}
