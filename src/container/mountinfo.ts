// The mounts that a process sees, by proc_pid_mountinfo(5): a container may have made a hundred thousand (fs.mount-max), with paths of pages.
import { open } from 'node:fs/promises'

/** Some hundred times what containers have. What one of them has made beyond that is not read. */
export const MOUNTINFO_LIMIT = 16 * 1024 * 1024
const PART = 65_536
const NEWLINE = 0x0a

/** `path` is longer than what is read of it. */
export class TooManyMounts extends Error {
  override readonly name = 'TooManyMounts'
  constructor(path: string, limit: number) {
    super(`${path} has more than ${limit} bytes`)
  }
}

/**
 * Whole lines of the mountinfo at `path`, as many at a time as are read at once: no more of it is in memory, and others get their turn in between. Throws
 * TooManyMounts after `limit` bytes.
 */
export async function* mountLines(path: string, limit = MOUNTINFO_LIMIT): AsyncGenerator<string> {
  const file = await open(path)
  try {
    let rest: Buffer = Buffer.alloc(0)
    for (let size = 0; ;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PART), 0, PART)
      if (bytesRead === 0) break
      size += bytesRead
      if (size > limit) throw new TooManyMounts(path, limit)
      const read = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      const end = read.lastIndexOf(NEWLINE) + 1
      rest = read.subarray(end)
      if (end > 0) yield read.toString('utf8', 0, end)
    }
    if (rest.length > 0) yield rest.toString('utf8')
  } finally {
    await file.close()
  }
}
