// The file of a config: what it may be, and who may write to it. What it says decides which container gets a keyboard.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { ConfigMistake } from '../errors.js'
import { isSystemError, messageOf } from '../errors.js'

export interface ReadFile {
  bytes: Buffer
  /** Who else than root could have written it; empty when nobody. */
  unsafe: ConfigMistake[]
}

/** Far more than the routes of any host need. */
const MAX_BYTES = 1024 * 1024
const WRITABLE_BY_OTHERS = 0o022

/** The content of the regular file at `path`, or what keeps it from being read. Never waits: a FIFO is opened, seen for one, and left. */
export function readConfigFile(path: string): ReadFile | { mistake: ConfigMistake } {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    return { mistake: unreadable(path, error) }
  }
  try {
    const stat = fstatSync(file)
    if (stat.isDirectory()) return { mistake: directory(path) }
    if (!stat.isFile()) {
      return {
        mistake: {
          ...wholeFile(path),
          message: 'not a regular file',
          hint: 'write the config into a file of its own, and name that',
        },
      }
    }
    const bytes = readUpTo(file, MAX_BYTES + 1)
    if (bytes.length > MAX_BYTES) {
      return { mistake: { ...wholeFile(path), message: 'larger than 1 MiB, which no config is' } }
    }
    return { bytes, unsafe: unsafety(path, stat) }
  } catch (error) {
    return { mistake: unreadable(path, error) }
  } finally {
    closeSync(file)
  }
}

function unsafety(path: string, { uid, mode }: { uid: number; mode: number }): ConfigMistake[] {
  const mine = process.geteuid?.() ?? 0
  const found: ConfigMistake[] = []
  if (uid !== 0 && uid !== mine) {
    found.push({
      ...wholeFile(path),
      message: `belongs to uid ${uid}, who could route any keyboard of this host into a container`,
      hint: `chown root ${path}`,
    })
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    found.push({
      ...wholeFile(path),
      message: `others than its owner may write to it (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`,
      hint: `chmod go-w ${path}`,
    })
  }
  return found
}

/** A file that grows meanwhile is read no further. */
function readUpTo(file: number, limit: number): Buffer {
  const bytes = Buffer.alloc(limit)
  let length = 0
  while (length < limit) {
    const read = readSync(file, bytes, length, limit - length, null)
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}

function unreadable(path: string, error: unknown): ConfigMistake {
  const at = wholeFile(path)
  if (isSystemError(error, 'ENOENT', 'ENOTDIR')) {
    return {
      ...at,
      message: 'there is no such file',
      hint: 'write one (version: 1, routes: []), or name another',
    }
  }
  if (isSystemError(error, 'EACCES', 'EPERM')) {
    return { ...at, message: 'not allowed to read this file', hint: 'run as root, or let this user read it' }
  }
  return { ...at, message: `can't be read: ${messageOf(error)}` }
}

function directory(path: string): ConfigMistake {
  return {
    ...wholeFile(path),
    message: 'a directory, not a file',
    hint: `name a file, for instance ${path.replace(/\/$/, '')}/config.yaml`,
  }
}

function wholeFile(file: string): Pick<ConfigMistake, 'file' | 'line' | 'column' | 'path' | 'source'> {
  return { file, line: 1, column: 1, path: '', source: '' }
}
