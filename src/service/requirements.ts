// What the daemon needs of the machine before it can begin.
import { readFileSync } from 'node:fs'
import type { Native } from '../native.js'

/** Bits of linux/capability.h, each with what fails without it. The service's CapabilityBoundingSet names the same ones. */
export const CAPABILITIES = {
  /** Making a node's owner another than root, and the mount points inside the container's root. */
  CAP_CHOWN: 0,
  /** Mount points below directories of a container that belong to another uid; sockets of engines that are not root's. */
  CAP_DAC_OVERRIDE: 1,
  /** link(2) of a node that has another owner already (fs.protected_hardlinks), and its final mode. */
  CAP_FOWNER: 3,
  /** setfsgid, setfsuid and SCM_CREDENTIALS as the root of a user-namespaced container. */
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  /** Multicast on NETLINK_KOBJECT_UEVENT, SO_RCVBUFFORCE. */
  CAP_NET_ADMIN: 12,
  /** setns(2) to a mount namespace asks for this one and CAP_SYS_ADMIN. */
  CAP_SYS_CHROOT: 18,
  /** /proc/PID/root and /proc/PID/ns of a process that has capabilities which we lack, or another uid. */
  CAP_SYS_PTRACE: 19,
  /** setns(2), open_tree(2), mount_setattr(2), move_mount(2). */
  CAP_SYS_ADMIN: 21,
  CAP_MKNOD: 27,
} as const

export interface Circumstances {
  uid: number
  /** CapEff of /proc/self/status. */
  capabilities: bigint
  /** /proc/self/uid_map. */
  uidMap: string
  /** Of those that the addon uses. */
  missingSystemCalls: readonly string[]
}

/** One sentence that says what this machine or process lacks and what to do; undefined when nothing is. */
export function missingRequirements(addon: Pick<Native, 'missingSystemCalls'>): string | undefined {
  return describeMissing({
    uid: process.geteuid?.() ?? 0,
    capabilities: effectiveCapabilities(readFileSync('/proc/self/status', 'utf8')),
    uidMap: readFileSync('/proc/self/uid_map', 'utf8'),
    missingSystemCalls: addon.missingSystemCalls(),
  })
}

export function describeMissing(found: Circumstances): string | undefined {
  const lacking = Object.entries(CAPABILITIES)
    .filter(([, bit]) => ((found.capabilities >> BigInt(bit)) & 1n) === 0n)
    .map(([name]) => name)
  if (lacking.length > 0 && found.uid !== 0) {
    return 'udev-proxy needs root: run it with sudo, or as the systemd service.'
  }
  if (lacking.length > 0) {
    return `udev-proxy lacks ${list(lacking)} though it is root: run it on the host itself, or add ${
      lacking.length === 1 ? 'this capability' : 'these capabilities'
    } to the container or service that it runs in.`
  }
  // Capabilities over a user namespace make neither device nodes nor mounts outside of it (linux/capability.h, CAP_MKNOD).
  if (!isInitialUserNamespace(found.uidMap)) {
    return 'udev-proxy runs in a user namespace, where root can make no device nodes: run it as root of the host itself.'
  }
  if (found.missingSystemCalls.length > 0) {
    return `${list(found.missingSystemCalls)} can't be called here: udev-proxy needs Linux 5.12 or newer, and no seccomp filter that denies its system calls.`
  }
  return undefined
}

/** CapEff of a /proc/PID/status; none when the line is missing. */
export function effectiveCapabilities(status: string): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  return hex === undefined ? 0n : BigInt(`0x${hex}`)
}

/** The initial user namespace maps all of 2^32 - 1 uids to themselves (user_namespaces(7)). */
function isInitialUserNamespace(uidMap: string): boolean {
  return uidMap.trim().split(/\s+/).join(' ') === '0 0 4294967295'
}

function list(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.slice(-1).join('')}`
}
