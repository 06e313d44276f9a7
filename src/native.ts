// The addon's surface, typed. What it throws are SystemErrors ({code, syscall, path}), like those of node:fs.
import { createRequire } from 'node:module'

export { GROUP_KERNEL, GROUP_LIBUDEV_ZERO, GROUP_UDEV } from './groups.js'

/** A bound NETLINK_KOBJECT_UEVENT socket that is being read by the event loop. */
export interface MonitorSocket {
  /** Closes the socket; nothing is delivered afterwards. A second call does nothing. */
  close(): void
  /**
   * Datagrams that were dropped so far: `foreign` did not come from the sender the group is trusted for (the kernel: nl_pid 0
   * and group 1; udev: group 2 or 4, and uid 0 or the container's rootUid), `truncated` were longer than
   * the 8192 bytes that libudev can receive before systemd 252 (a udevd may send more, to whoever can take it).
   */
  dropped(): { foreign: number; truncated: number }
  /** SO_RCVBUF as the kernel reports it, in bytes (twice what was asked for). */
  readonly receiveBuffer: number
}

export interface MonitorListener {
  /** What this process has sent itself, into the network namespace that it is in, is not delivered. Of Native.openMonitor alone. */
  withoutOwn?: boolean
  /** Up to 64 datagrams that one wake-up found, in order. */
  onMessages(messages: Buffer[]): void
  /** ENOBUFS: the kernel has dropped messages since the last read. What was still queued has been delivered before this call. */
  onOverrun(): void
  /** The socket has failed for good and was closed. */
  onError(error: Error): void
}

/** A file of a container, found below its root without following a link out of it. */
export interface ContainerPath {
  kind: 'directory' | 'file' | 'socket' | 'character' | 'other'
  /** st_dev:st_ino, in decimal. */
  identity: string
  /** st_dev, in decimal. */
  device: string
  /** Entries of a directory other than . and .., up to 16; empty for anything else. */
  entries: string[]
  /** The id of the mount that it is on, as in the container's mountinfo. */
  mount: number
  /** `MAJOR:MINOR` of a character device. */
  number?: string
}

/**
 * What is held open of one live container: its pidfd, root directory, mount and network namespace, and a netlink socket that lives in
 * the latter, one for all handles of that namespace: it goes with the last. Everything was opened through one /proc/PID directory fd and the pidfd was polled afterwards, so that a
 * recycled pid can't be mistaken for the container. Its promises reject with ESRCH when the container has exited.
 */
export interface ContainerHandle {
  readonly pid: number
  /** st_dev:st_ino of its network namespace. */
  readonly netns: string
  /** st_dev:st_ino of its mount namespace. */
  readonly mntns: string
  /** Host uid and gid that uid 0 and gid 0 of its user namespace map to; 0 without a user namespace. */
  readonly rootUid: number
  readonly rootGid: number
  /** When its first process started, in microseconds of CLOCK_MONOTONIC, rounded down to a clock tick. */
  readonly startedAt: number
  /** The host gid that `gid` of its user namespace maps to (gid_map, which never changes once written); undefined when it is unmapped. */
  hostGid(gid: number): number | undefined
  /** Calls `listener` once, when the process has exited (also when it already had). */
  onExit(listener: () => void): void
  /**
   * Multicasts `message` to `group` (one bit: the kernel takes the lowest) in the container's network namespace, as its root
   * (SCM_CREDENTIALS rootUid/rootGid). Never blocks; no listener is not an error.
   */
  send(message: Uint8Array, group: number): void
  /**
   * Native.openMonitor in the container's network namespace, where its own root is believed as well as the host's. It outlives the handle, and keeps
   * the network namespace, until it is closed. Throws ESRCH when the container has exited.
   */
  openMonitor(group: number, receiveBuffer: number, listener: MonitorListener): MonitorSocket
  /** Looks at a path inside; undefined when it does not exist. Absolute links resolve inside the container's root. */
  look(path: string): Promise<ContainerPath | undefined>
  /**
   * The first `limit` bytes of the regular file `path` inside, found as by `look`; undefined when there is none: nothing else is opened. A file without
   * a size is empty, also if reading would yield something (/proc); one that is leased is EAGAIN, for nothing waits.
   */
  readFile(path: string, limit: number): Promise<Buffer | undefined>
  /** Whether a unix socket that is bound to one of `paths` listens in the container's network namespace. */
  listensAt(paths: readonly string[]): Promise<boolean>
  /**
   * Name and first `limit` bytes of each regular file in the directory `path` inside, found as by `look`, of up to 4096 files and 8 MiB; none when there is
   * no such directory, or it is not on a tmpfs.
   */
  readDirectory(path: string, limit: number): Promise<[name: string, content: Buffer][]>
  /**
   * Mounts the host directory `source` over the directory `target` of the container, read-only, nosuid, noexec, devices allowed.
   * Missing directories on the way to `target` are made (owned by the container's root).
   */
  mountDirectory(source: string, target: string): Promise<void>
  /**
   * Puts the host directory `source`, as mountDirectory would, in place of what is mounted at `target` and has this id in mountinfo; EAGAIN when
   * that is not there any more. What a user namespace has inherited can't be taken off, and is covered.
   */
  replaceMount(source: string, target: string, mount: number): Promise<void>
  /**
   * Binds the host's device node `source`, as mountDirectory would, over a placeholder file that is made at `target`; EEXIST when something is
   * there.
   */
  bindNode(source: string, target: string): Promise<void>
  /**
   * Undoes bindNode, also that of a daemon before this one: unmounts `target` and removes its placeholder. A target that is gone is not an
   * error; what the container has put there instead stays.
   */
  unbindNode(target: string): Promise<void>
  /**
   * Makes a symbolic link to `target` at `path`, owned by the container's root, as are the directories on the way that are missing. A link that is
   * there with the same content stays; EEXIST when something else is there.
   */
  placeLink(target: string, path: string): Promise<void>
  /** Removes the link at `path` when its content is `target`; what is gone, or is something else by now, is not an error and stays. */
  removeLink(target: string, path: string): Promise<void>
  /** Closes everything; onExit does not fire any more. A second call does nothing. */
  close(): void
}

/** What was true of a process when it was looked at. */
export interface ProcessEvidence {
  /** /proc/PID/cgroup: bytes, as names of cgroups are. */
  cgroup: Uint8Array
  /** When it started, in clock ticks since the boot: field 22 of /proc/PID/stat. */
  startTicks: number
  /** st_dev:st_ino of its mount namespace. */
  mntns: string
}

export interface NodeSpec {
  /** A directory of the same file system that no container sees. */
  scratch: string
  /** Where the node appears, by link(2), with its final mode and owner. */
  path: string
  major: number
  minor: number
  /** Permission bits; the umask is not applied. */
  mode: number
  uid: number
  gid: number
}

/** A device's node, and the device that it has to be. */
export interface DeviceNode {
  path: string
  major: number
  minor: number
}

/** struct input_absinfo of linux/input.h: an axis, as its driver describes it. */
export interface AbsInfo {
  value: number
  minimum: number
  maximum: number
  fuzz: number
  flat: number
  /** Units per millimetre, or per radian for the axes that rotate; 0 when the driver doesn't know. */
  resolution: number
}

export interface Native {
  /**
   * Opens a socket on `group` (GROUP_KERNEL, GROUP_UDEV or GROUP_LIBUDEV_ZERO) of this network namespace, with SO_RCVBUFFORCE of `receiveBuffer` bytes, and
   * reads it from the event loop. Throws EPERM without CAP_NET_ADMIN.
   */
  openMonitor(group: number, receiveBuffer: number, listener: MonitorListener): MonitorSocket
  /**
   * Opens the container whose first process is `pid`; rejects with ESRCH when it has exited. With `evidence` only the process that this is true of, which is
   * looked at before anything of it is opened, through the same descriptors: rejects with EAGAIN when another has the pid by now, or it was moved.
   */
  openContainer(pid: number, evidence?: ProcessEvidence): Promise<ContainerHandle>
  /** Makes a character device node as NodeSpec says; throws EEXIST when `path` exists. */
  placeNode(spec: NodeSpec): void
  /** Makes an empty file, unless there is a file; throws ENOENT when its directory is missing. */
  touchFile(path: string, mode: number): void
  /**
   * Writes `content` to `temporary` and renames it to `path`: whoever opens `path` finds the old file or the new one, complete. `mode` is set whatever the
   * umask.
   */
  replaceFile(temporary: string, path: string, content: string | Uint8Array, mode: number): void
  /** Mounts a tmpfs (nosuid, noexec, devices allowed, mode 0700) at an existing directory. */
  mountTmpfs(path: string): void
  /** Unmounts `path` lazily (MNT_DETACH). */
  unmount(path: string): void
  /**
   * What the event device `node` says of each of `axes` (ABS_X, …), by EVIOCGABS. All undefined when the node is gone, is another device, or does not
   * open; it is opened only when it is the device asked for.
   */
  readAbsInfo(node: DeviceNode, axes: readonly number[]): (AbsInfo | undefined)[]
  /**
   * Removes the file or directory `name` of the directory `root`, with all that is in it. No symlink is followed, and what is a mount there stays: EXDEV or
   * EBUSY.
   */
  removeTree(root: string, name: string): void
  /** Whether a unix socket is bound to `path`: what a process that has ended has left there is not. Whoever listens at it notices nothing. */
  isSocketBound(path: string): boolean
  /** Names of the system calls (`open_tree`, `mount_setattr`, `move_mount`, `openat2`, `pidfd_open`) that this kernel lacks. */
  missingSystemCalls(): string[]
  /**
   * Sends one datagram to the unix socket at `path` ('@' first: abstract) without blocking. With `memfd`, a datagram that is too
   * large travels as a sealed memfd, as journald's native protocol allows.
   */
  sendDatagram(path: string, payload: Uint8Array, memfd: boolean): void
}

const require = createRequire(import.meta.url)

/** The compiled addon. */
export const native = require('../build/Release/udev_proxy.node') as Native
