// Whether a udevd runs, by its control socket.
import { readFileSync, realpathSync } from 'node:fs'
import { isSystemError } from '../errors.js'
import { native } from '../native.js'

/** A socket until systemd 257; from then on a symlink to the one of its varlink service. */
export const CONTROL = '/run/udev/control'
export const CONTROLS = [CONTROL, '/run/udev/io.systemd.Udev']
/** State of a socket that listens, and flag of one that accepts connections (net/unix/af_unix.c: unix_seq_show). */
const LISTENING = '00010000'

/** Whether a udevd runs here: its control socket is bound. What a dead one has left is not. Cheap, however many sockets there are. */
export function isUdevdRunning(control = CONTROL): boolean {
  try {
    return native.isSocketBound(control)
  } catch (error) {
    // Root alone may connect to it; the others may look at the table.
    if (isSystemError(error, 'EACCES', 'EPERM')) return isInTable(control)
    throw error
  }
}

function isInTable(control: string): boolean {
  try {
    return listensAt([realpathSync(control)], readFileSync('/proc/net/unix', 'utf8'))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES')) return false
    throw error
  }
}

/** Whether the table of /proc/net/unix has a listening socket that was bound to one of `paths`. */
export function listensAt(paths: readonly string[], table: string): boolean {
  return table.split('\n').some((line) => {
    const [, , , flags, , , , ...bound] = line.trim().split(/\s+/)
    return flags === LISTENING && paths.includes(bound.join(' '))
  })
}
