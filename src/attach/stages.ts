// All stages, on a tmpfs of their own.
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { EnvironmentError, StageLostError, isBug } from '../errors.js'
import type { Native } from '../native.js'
import { entriesOf, identityAt, isFreeForStage, isMountSeen, prepareRoot } from './root.js'
import { Stage } from './stage.js'

/** Directories of stages that had to make room. Names of containers begin with a letter or a digit. */
const ASIDE = '.aside-'

export class Stages {
  private readonly byName = new Map<string, Stage>()
  /** Names of which the stage could not be made. */
  private readonly failed = new Set<string>()
  private readonly setAside = new Set<string>()
  /** Stages that have gone with their file system, and are still to be made anew. */
  private readonly unmounted = new Set<Stage>()
  private lastAside = 0
  /** There is no place for stages any more. */
  private isGone = false
  /** The directory of the stages, without symlinks. */
  readonly root: string
  private identity: string | undefined
  /** Whether a mount of this process is as good as the one that there was. */
  private readonly mayMount: boolean

  /**
   * Mounts the tmpfs at `root` if nothing is mounted there, and takes up the stages that it has. Throws EnvironmentError, before anything is changed, where
   * something else is. `onFailed` is called when a stage can't be made, for want of space say: that container goes without, until `makeAgain` succeeds.
   */
  constructor(
    root: string,
    private readonly addon: Native,
    private readonly onFailed: (name: string, error: unknown) => void = () => undefined,
    private readonly warn: (message: string) => void = () => undefined,
    private readonly onLost: (error: StageLostError | EnvironmentError) => void = () => undefined,
  ) {
    const { path, wasMounted } = prepareRoot(root, addon)
    this.root = path
    this.identity = identityAt(path)
    this.mayMount = !wasMounted || isMountSeen()
    const { stages, aside, foreign } = entriesOf(this.root)
    for (const name of aside) this.setAside.add(name)
    for (const name of stages) this.load(name)
    if (foreign.length > 0)
      warn(`what is in ${this.root} and is no stage is left alone: ${foreign.join(', ')}`)
  }

  /** The stage of the container of that name, made when it is not there. Throws when it can't be made. */
  get(name: string): Stage {
    const known = this.byName.get(name)
    if (known !== undefined) return known
    this.mountAgain()
    const path = join(this.root, name)
    if (!isFreeForStage(path)) throw new Error(`${path} is something else; move it elsewhere`)
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
      const stage = this.get(name)
      stage.load()
      const { unreadable } = stage.ledger
      if (unreadable.length > 0)
        this.warn(
          `notes of the stage ${name} can't be read (${unreadable.join(', ')}): its container is given anew what they were about`,
        )
    } catch (error) {
      this.byName.get(name)?.close()
      this.byName.delete(name)
      this.fail(name, error)
    }
  }

  /** Makes a stage anew whose directory has gone, or the file system of all. False when that can't be: it is no stage any more then. */
  remake(stage: Stage): boolean {
    try {
      this.mountAgain()
      if (!this.unmounted.delete(stage))
        this.warn(`${join(this.root, stage.name)} was removed, or a part of it: it is made anew`)
      stage.remake()
      return true
    } catch (error) {
      if (isBug(error)) throw error
      if (this.isGone) return false
      stage.retire()
      this.byName.delete(stage.name)
      this.fail(stage.name, error)
      return false
    }
  }

  /** Nothing may be made in a directory that the file system of the stages was mounted at. */
  private mountAgain(): void {
    if (identityAt(this.root) === this.identity) return
    try {
      prepareRoot(this.root, this.addon, this.mayMount)
    } catch (error) {
      if (error instanceof StageLostError || error instanceof EnvironmentError) {
        for (const stage of this.all()) if (stage.isLost) stage.retire()
        if (!this.isGone) this.onLost(error)
        this.isGone = true
      }
      throw error
    }
    this.identity = identityAt(this.root)
    for (const stage of this.all()) this.unmounted.add(stage)
    this.warn(
      `the stage's file system at ${this.root} was unmounted: there is one again, and its containers get what they had`,
    )
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
