// The symlinks to device nodes on one stage: who claims each, and who has it.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { relative } from 'node:path/posix'
import { isSystemError } from '../errors.js'
import { removeFile } from './remove-file.js'

/** Whether the link is in the directory that the container has as /dev/input; others are made in its /dev. */
export function isStaged(link: string): boolean {
  return link.startsWith('input/')
}

/** What a symlink at `link` says to lead to `node`, both relative to /dev, as udevd writes it (node_symlink). */
export function linkTarget(link: string, node: string): string {
  return relative(dirname(`/dev/${link}`), `/dev/${node}`)
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

  /** Makes the link lead to `node`, both relative to /dev. */
  place(link: string, node: string): void {
    this.claim(link, node)
    if (isStaged(link)) this.point(link, node)
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

  private point(link: string, node: string): void {
    const path = join(this.base, link)
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    placeSymlink(linkTarget(link, node), path, this.scratch)
  }

  private drop(link: string): void {
    removeFile(join(this.base, link))
    // As udevd does (rmdir_parents), up to the directory that the container has mounted.
    for (let parent = dirname(link); isStaged(parent); parent = dirname(parent)) {
      if (!removeIfEmpty(join(this.base, parent))) return
    }
  }
}

/** Makes the symlink, or replaces what is there: in one go, so that whoever opens it meanwhile finds the old target or the new one. */
export function placeSymlink(target: string, path: string, scratch: string): void {
  try {
    symlinkSync(target, path)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    if (lstatSync(path).isSymbolicLink() && readlinkSync(path) === target) return
    const temporary = join(scratch, 'link')
    removeFile(temporary)
    symlinkSync(target, temporary)
    renameSync(temporary, path)
  }
}

function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOTEMPTY', 'ENOENT')) return false
    throw error
  }
}
