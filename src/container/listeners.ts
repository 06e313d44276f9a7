// Who listens to udev's netlink in a network namespace.
import { readFileSync } from 'node:fs'
import { isSystemError } from '../errors.js'

/** NETLINK_KOBJECT_UEVENT of linux/netlink.h. */
const PROTOCOL = '15'

/** Whether a socket in the network namespace of that process is bound to `group`, a bit of the mask; false when the process has gone. */
export function hasListener(pid: number, group: number): boolean {
  try {
    return listensTo(group, readFileSync(`/proc/${pid}/net/netlink`, 'utf8'))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EINVAL')) return false
    throw error
  }
}

/** The same of the text of a /proc/PID/net/netlink: sk, Eth (the protocol), Pid, Groups in hexadecimal, and more. */
export function listensTo(group: number, table: string): boolean {
  return table.split('\n').some((line) => {
    const [, protocol, , groups = ''] = line.trim().split(/\s+/)
    return protocol === PROTOCOL && (Number.parseInt(groups, 16) & group) !== 0
  })
}
