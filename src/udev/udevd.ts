// Whether a udevd runs, by its control socket.
import { readFileSync, realpathSync } from 'node:fs'
import { isSystemError } from '../errors.js'

/** A socket until systemd 257; from then on a symlink to the one of its varlink service. */
export const CONTROL = '/run/udev/control'
const CONTROLS = [CONTROL, '/run/udev/io.systemd.Udev']
/** State of a socket that listens, and flag of one that accepts connections (net/unix/af_unix.c: unix_seq_show). */
const LISTENING = '00010000'

/** Whether a udevd runs here: its control socket listens. What a dead one has left does not. */
export function isUdevdRunning(control = CONTROL, sockets = '/proc/net/unix'): boolean {
  try {
    return listensAt([realpathSync(control)], readFileSync(sockets, 'utf8'))
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw error
  }
}

/** Whether one listens in the network namespace of a process; false when the process has gone. */
export function isUdevdRunningFor(pid: number): boolean {
  try {
    return listensAt(CONTROLS, readFileSync(`/proc/${pid}/net/unix`, 'utf8'))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EINVAL')) return false
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
