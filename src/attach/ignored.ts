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

/** Why what has failed would fail again, each time. Throws the error where it would not. */
export function lastingReason(error: unknown, more: Readonly<Record<string, string>> = {}): string {
  const reason = isSystemError(error) ? (LASTING[error.code] ?? more[error.code]) : undefined
  if (reason === undefined) throw error
  return reason
}
