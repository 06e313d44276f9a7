// What helps when the tmpfs of the stages is full.
import { statfsSync } from 'node:fs'
import { isSystemError, messageOf } from '../errors.js'

/** Why something on the stages below `root` has failed, with what to do where they are full. What is full inside a container has a path of its own. */
export function stageReason(error: unknown, root: string): string {
  const reason = messageOf(error)
  if (!isSystemError(error, 'ENOSPC')) return reason
  if (error.path !== undefined && !error.path.startsWith(`${root}/`)) return reason
  return `${reason} (the tmpfs of the stages is full: see df -i ${root} and df ${root}, and mount -o remount,${twice(root)} ${root})`
}

/** Options that give the tmpfs twice of what it has. */
function twice(root: string): string {
  const { blocks, bsize, files } = statfsSync(root)
  return `size=${(2 * blocks * bsize) / 1024}k,nr_inodes=${2 * files}`
}
