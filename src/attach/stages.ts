// All stages, on a tmpfs of their own.
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { EnvironmentError } from '../errors.js'
import type { Native } from '../native.js'
import { unescapeMount } from './mounted.js'
import { Stage } from './stage.js'

/** Directories of stages that had to make room. Names of containers begin with a letter or a digit. */
const ASIDE = '.aside-'

export class Stages {
  private readonly byName = new Map<string, Stage>()
  /** Names of which the stage could not be made. */
  private readonly failed = new Set<string>()
  private readonly setAside = new Set<string>()
  private lastAside = 0

  /**
   * Mounts the tmpfs at `root` if nothing is mounted there, and takes up the stages that it has. `onFailed` is called when a stage can't be made, for want of
   * space say: that container goes without, until `makeAgain` succeeds.
   */
  constructor(
    readonly root: string,
    private readonly addon: Native,
    private readonly onFailed: (name: string, error: unknown) => void = () => undefined,
  ) {
    mkdirSync(root, { recursive: true, mode: 0o755 })
    const options = mountOptions(root)
    if (options === undefined) addon.mountTmpfs(root)
    // /run itself is nodev on most hosts: no node on it could be opened.
    if (options?.includes('nodev')) {
      throw new EnvironmentError(
        `the stage's file system at ${root} is mounted nodev: mount -o remount,dev ${root}`,
      )
    }
    // The nodes are for the containers, which see them through their mounts: nobody else of the host gets at them.
    chmodSync(root, 0o700)
    for (const entry of readdirSync(root, { withFileTypes: true })) {
      if (entry.name.startsWith(ASIDE)) this.setAside.add(entry.name)
      else if (entry.isDirectory()) this.load(entry.name)
    }
  }

  /** The stage of the container of that name, made when it is not there. Throws when it can't be made. */
  get(name: string): Stage {
    const known = this.byName.get(name)
    if (known !== undefined) return known
    const stage = new Stage(name, this.root, this.addon)
    this.byName.set(name, stage)
    return stage
  }

  /** The same; undefined when it can't be made, which `onFailed` is told once. */
  find(name: string): Stage | undefined {
    if (this.failed.has(name)) return undefined
    try {
      return this.get(name)
    } catch (error) {
      this.fail(name, error)
      return undefined
    }
  }

  /** Tries again what has failed. */
  makeAgain(name: string): Stage | undefined {
    this.failed.delete(name)
    if (!this.byName.has(name)) this.load(name)
    return this.byName.get(name)
  }

  /** Whether the stage is still the one of its name. */
  has(stage: Stage): boolean {
    return this.byName.get(stage.name) === stage
  }

  /**
   * Containers have other names now: their stages follow, all at once, for two may have swapped theirs. A stage that waits under such a name for a container
   * makes room.
   */
  rename(names: ReadonlyMap<Stage, string>): void {
    for (const stage of names.keys()) {
      this.byName.delete(stage.name)
      stage.rename(`.moving-${stage.name}`)
    }
    for (const [stage, name] of names) {
      const waiting = this.byName.get(name)
      if (waiting !== undefined) this.putAside(waiting)
      stage.rename(name)
      this.byName.set(name, stage)
      this.failed.delete(name)
    }
  }

  all(): Stage[] {
    return [...this.byName.values()]
  }

  /** Stages that have attachments of the unit. */
  holdersOf(unit: string): Stage[] {
    const holders: Stage[] = []
    for (const stage of this.byName.values()) if (stage.holds(unit)) holders.push(stage)
    return holders
  }

  /** Removes a stage that nobody has mounted; what can't be removed stays aside. */
  remove(stage: Stage): void {
    this.removeAside(this.putAside(stage))
  }

  /** Directories of stages that had to make room, and that somebody may still have mounted. */
  get aside(): readonly string[] {
    return [...this.setAside]
  }

  removeAside(name: string): void {
    this.addon.removeTree(this.root, name)
    this.setAside.delete(name)
  }

  close(): void {
    for (const stage of this.byName.values()) stage.close()
  }

  /** Takes up what a daemon before this one may have left there. */
  private load(name: string): void {
    try {
      this.get(name).load()
    } catch (error) {
      this.byName.get(name)?.close()
      this.byName.delete(name)
      this.fail(name, error)
    }
  }

  private fail(name: string, error: unknown): void {
    this.failed.add(name)
    this.onFailed(name, error)
  }

  private putAside(stage: Stage): string {
    let name: string
    do name = `${ASIDE}${++this.lastAside}`
    while (this.setAside.has(name))
    renameSync(join(this.root, stage.name), join(this.root, name))
    stage.retire()
    this.byName.delete(stage.name)
    this.setAside.add(name)
    return name
  }
}

/** Options of the mount at exactly `path`, from proc_pid_mountinfo(5); undefined when nothing is mounted there. */
function mountOptions(path: string): string[] | undefined {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')
  const fields = mounts
    .map((line) => line.split(' '))
    .findLast((mount) => unescapeMount(mount[4] ?? '') === path)
  return fields?.[5]?.split(',')
}
