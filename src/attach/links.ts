// The symlinks to device nodes on one stage: who claims each, and who has it.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { relative } from 'node:path/posix'
import { isSystemError } from '../errors.js'
import { isPlainName } from './file-name.js'
import { lastingReason } from './ignored.js'
import { removeFile } from './remove-file.js'

/** UDEV_PATH_SIZE, less the NUL: each directory of a longer path would be made and removed for nothing. */
const LONGEST = 1023
/** Names of nodes, and of what the stage itself has in the container's /dev. */
const TAKEN =
  /^(?:input(?:\/(?:event|js|mouse)\d+(?:\/.*)?|\/by-(?:id|path))?|hidraw\d+(?:\/.*)?|char(?:\/.*)?)$/s

/** Whether the link is in the directory that the container has as /dev/input; others are made in its /dev. */
export function isStaged(link: string): boolean {
  return link.startsWith('input/')
}

/** What a symlink at `link` says to lead to `node`, both relative to /dev, as udevd writes it (node_symlink). */
export function linkTarget(link: string, node: string): string {
  return relative(dirname(`/dev/${link}`), `/dev/${node}`)
}

/** Why there can't be a link at that path, relative to /dev; undefined when there can. */
export function linkObstacle(link: string): string | undefined {
  const parts = link.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'its path leads elsewhere'
  if (!parts.every(isPlainName)) return 'a name in its path is longer than the 255 bytes that a file can have'
  if (Buffer.byteLength(link) > LONGEST)
    return `its path is longer than the ${LONGEST} bytes that udevd allows`
  return TAKEN.test(link) ? 'a device node, or a directory of the stage, has that name' : undefined
}

export class StageLinks {
  /** The nodes that claim each link, the latest last: of equal priorities udevd prefers the latest (link_find_prioritized). */
  private readonly claims = new Map<string, string[]>()

  /** `base` has what is below /dev in the container; `scratch` is of the same file system and seen by no container. */
  constructor(
    private base: string,
    private scratch: string,
  ) {}

  /** The directories have other names now. */
  moved(base: string, scratch: string): void {
    this.base = base
    this.scratch = scratch
  }

  /** Links that are claimed. */
  get size(): number {
    return this.claims.size
  }

  /** Nodes other than `node` that claim the link. */
  rivals(link: string, node: string): string[] {
    return (this.claims.get(link) ?? []).filter((claimant) => claimant !== node)
  }

  /** Makes the link lead to `node`, both relative to /dev. Returns why that can't be, if it can't; throws what may be better the next time. */
  place(link: string, node: string): string | undefined {
    this.claim(link, node)
    return isStaged(link) ? this.point(link, node) : undefined
  }

  private claim(link: string, node: string): void {
    const others = (this.claims.get(link) ?? []).filter((claimant) => claimant !== node)
    this.claims.set(link, [...others, node])
  }

  /** Takes the link from `node`: another that claims it gets it, or it goes. */
  remove(link: string, node: string): void {
    const others = (this.claims.get(link) ?? []).filter((claimant) => claimant !== node)
    const heir = others.at(-1)
    if (heir === undefined) {
      this.claims.delete(link)
      if (isStaged(link)) this.drop(link)
    } else {
      this.claims.set(link, others)
      if (isStaged(link)) this.point(link, heir)
    }
  }

  /** Removes links that nobody claims, and directories that are empty. */
  sweep(directory: string): void {
    for (const entry of readdirSync(join(this.base, directory), { withFileTypes: true })) {
      const path = `${directory}/${entry.name}`
      if (entry.isSymbolicLink() && !this.claims.has(path)) removeFile(join(this.base, path))
      if (!entry.isDirectory()) continue
      this.sweep(path)
      removeIfEmpty(join(this.base, path))
    }
  }

  private point(link: string, node: string): string | undefined {
    const obstacle = linkObstacle(link)
    if (obstacle !== undefined) return obstacle
    const path = join(this.base, link)
    try {
      if (!this.makeHome(link)) return 'something on its path is no directory'
      placeSymlink(linkTarget(link, node), path, this.scratch)
      return undefined
    } catch (error) {
      this.prune(link)
      return lastingReason(error)
    }
  }

  /** Makes the directories that the link is in, through no link of another; whether that can be. */
  private makeHome(link: string): boolean {
    for (let end = link.indexOf('/'); end >= 0; end = link.indexOf('/', end + 1)) {
      const directory = `${this.base}/${link.slice(0, end)}`
      const stat = lstatSync(directory, { throwIfNoEntry: false })
      if (stat === undefined) mkdirSync(directory, { mode: 0o755 })
      else if (!stat.isDirectory()) return false
    }
    return true
  }

  private drop(link: string): void {
    if (linkObstacle(link) !== undefined) return
    const path = join(this.base, link)
    try {
      // What could not be made is not there, and what is there instead is not ours.
      if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) removeFile(path)
    } catch (error) {
      lastingReason(error)
    }
    this.prune(link)
  }

  /** Removes the directories of the link that are empty, as udevd does (rmdir_parents), up to the one that the container has mounted. */
  private prune(link: string): void {
    for (let parent = dirname(link); isStaged(parent); parent = dirname(parent)) {
      if (!removeIfEmpty(join(this.base, parent))) return
    }
  }
}

/** Makes the symlink, or replaces one that is there: in one go, so that whoever opens it meanwhile finds the old target or the new one. */
export function placeSymlink(target: string, path: string, scratch: string): void {
  try {
    symlinkSync(target, path)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    if (!lstatSync(path).isSymbolicLink()) throw error
    if (readlinkSync(path) === target) return
    const temporary = join(scratch, 'link')
    removeFile(temporary)
    symlinkSync(target, temporary)
    renameSync(temporary, path)
  }
}

/** Whether the directory is no more, or never was. */
function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return true
    if (isSystemError(error, 'ENOTEMPTY', 'ENOTDIR')) return false
    throw error
  }
}
