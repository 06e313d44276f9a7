// Mode and owner of a device node: the route's, else those that udevd's default rules give.
import type { NodeOptions } from '../config/index.js'
import type { Device } from '../kernel/index.js'

/** Who owns a node inside by default, in ids of the host. */
export interface Owner {
  /** The container's root. */
  uid: number
  /** The container's group input; its root's group where it has none. */
  gid: number
}

/**
 * 50-udev-default.rules gives nodes of input to the group of that name, 0660, and joysticks 0664. A hidraw node is the host root's alone there; the
 * container that it was given to gets it as it gets the others.
 */
export function nodeOptions({ sysname }: Device, wanted: Partial<NodeOptions>, owner: Owner): NodeOptions {
  return { mode: sysname.startsWith('js') ? 0o664 : 0o660, ...owner, ...wanted }
}

export function sameNodeOptions(a: NodeOptions, b: NodeOptions): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid
}
