// How a tool asks the daemon for its state.
import { connect } from 'node:net'
import type { StatusReport } from '../attach/status-report.js'
import { EnvironmentError, UnavailableError, isSystemError, messageOf } from '../errors.js'

/** How long a daemon that hangs is waited for, in milliseconds. */
const PATIENCE = 5000

/**
 * What the daemon at the socket `path` says. Throws UnavailableError when none runs there, or it does not answer, and EnvironmentError when this user may not
 * ask.
 */
export async function askDaemon(path: string): Promise<StatusReport> {
  let text = ''
  try {
    const socket = connect(path).setEncoding('utf8')
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer within 5 s')))
    for await (const chunk of socket) text += String(chunk)
  } catch (error) {
    throw unanswered(error, path)
  }
  try {
    return JSON.parse(text) as StatusReport
  } catch {
    throw new UnavailableError(
      `udev-proxy gives no answer at ${path}: it is stopping, or too many ask at once; try again`,
    )
  }
}

function unanswered(error: unknown, path: string): Error {
  if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ECONNREFUSED')) {
    return new UnavailableError(
      `udev-proxy does not run: nobody answers at ${path} (systemctl status udev-proxy)`,
    )
  }
  if (isSystemError(error, 'EACCES', 'EPERM')) {
    return new EnvironmentError(`not allowed to ask at ${path}: run this as root`)
  }
  return new UnavailableError(`udev-proxy can't be asked at ${path}: ${messageOf(error)}`)
}
