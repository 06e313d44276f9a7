// What can't be made, and never could be, whoever tries. udevd logs that, ignores it and announces the device (udev-node.c); so does this.
import { isSystemError } from '../errors.js'

/** Something that udev says of a device and that is not there; the device works without it. */
export interface Ignored {
  /** For instance `/dev/input/by-id/usb-Pad-event-joystick`. */
  what: string
  reason: string
}

/** Errors that tell of the path, or of what is in its way. No space and no permission are not among them: those may end. */
const LASTING: Readonly<Record<string, string>> = {
  EEXIST: 'something else is there',
  EISDIR: 'a directory is there',
  EINVAL: 'no file can have that name',
  ELOOP: 'links on its path lead in a circle',
  ENAMETOOLONG: 'its path is too long',
  ENOTDIR: 'something on its path is no directory',
}

/**
 * What file systems of the container's own say besides. Those without symlinks (devpts, mqueue) say EPERM; what else there is, fuse say, has whatever errors
 * it likes, for as long as it likes.
 */
const INSIDE: Readonly<Record<string, string>> = {
  ...LASTING,
  EACCES: 'the file system there does not allow it',
  EDQUOT: 'the file system there is full',
  ENOENT: 'a link of the container on its path leads nowhere',
  ENOSPC: 'the file system there is full',
  EPERM: 'the file system there takes no links',
  EROFS: 'the container has it read-only',
}

/** Errors that are none of the file system's: the container ends, somebody else was faster, or this machine is short of something. */
const PASSING = new Set(['EAGAIN', 'EINTR', 'EMFILE', 'ENFILE', 'ENOMEM', 'ESRCH'])

/** Why what has failed would fail again, each time. Throws the error where it would not. */
export function lastingReason(error: unknown): string {
  const reason = isSystemError(error) ? LASTING[error.code] : undefined
  if (reason === undefined) throw error
  return reason
}

/** The same of a file system of the container's own, which its root alone can change: a device does not wait for that. */
export function insideReason(error: unknown): string {
  if (!isSystemError(error) || PASSING.has(error.code)) throw error
  return INSIDE[error.code] ?? `the file system there fails (${error.code})`
}
