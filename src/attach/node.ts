// A device node on a stage, made right or set right.
import { chmodSync, chownSync, lstatSync, unlinkSync } from 'node:fs'
import type { NodeOptions } from '../config/index.js'
import { isSystemError } from '../errors.js'
import type { DeviceNode } from '../kernel/index.js'
import type { Native, NodeSpec } from '../native.js'

/** Makes the node appear with its final mode and owner. Of one that is there these are changed in place; another device's is replaced. */
export function placeNode(
  addon: Pick<Native, 'placeNode'>,
  { major, minor }: DeviceNode,
  place: Omit<NodeSpec, 'major' | 'minor'>,
): void {
  const spec = { ...place, major, minor }
  try {
    addon.placeNode(spec)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    if (isNode(spec)) {
      adjust(spec.path, spec)
      return
    }
    unlinkSync(spec.path)
    addon.placeNode(spec)
  }
}

function isNode({ path, major, minor }: NodeSpec): boolean {
  const stat = lstatSync(path)
  return stat.isCharacterDevice() && stat.rdev === deviceNumber(major, minor)
}

/** Owner first: chown(2) may take bits of the mode away. */
function adjust(path: string, { mode, uid, gid }: NodeOptions): void {
  const stat = lstatSync(path)
  if (stat.uid !== uid || stat.gid !== gid) chownSync(path, uid, gid)
  if ((stat.mode & 0o7777) !== mode) chmodSync(path, mode)
}

/** st_rdev of a device number, as glibc's makedev composes it; ours stay below 12 bits of major and 20 of minor. */
function deviceNumber(major: number, minor: number): number {
  return (((major & 0xfff) << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12)) >>> 0
}
