// All stages, on a tmpfs of their own.
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { EnvironmentError } from '../errors.js'
import type { Native } from '../native.js'
import { Stage } from './stage.js'

export class Stages {
  private readonly byName = new Map<string, Stage>()

  /** Mounts the tmpfs at `root` if nothing is mounted there, and takes up the stages that it has. */
  constructor(
    private readonly root: string,
    private readonly addon: Native,
  ) {
    mkdirSync(root, { recursive: true, mode: 0o755 })
    const options = mountOptions(root)
    if (options === undefined) addon.mountTmpfs(root)
    // /run itself is nodev on most hosts: no node on it could be opened.
    if (options?.includes('nodev')) {
      throw new EnvironmentError(
        `the stage's file system at ${root} is mounted nodev; mount it with the option dev`,
      )
    }
    for (const entry of readdirSync(root, { withFileTypes: true })) {
      if (entry.isDirectory()) this.get(entry.name).load()
    }
  }

  /** The stage of the container of that name, made when it is not there. */
  get(name: string): Stage {
    const known = this.byName.get(name)
    if (known !== undefined) return known
    const stage = new Stage(name, this.root, this.addon)
    this.byName.set(name, stage)
    return stage
  }

  /** Whether the stage is still the one of its name. */
  has(stage: Stage): boolean {
    return this.byName.get(stage.name) === stage
  }

  /**
   * Containers have other names now: their stages follow, all at once, for two may have swapped theirs. A stage that waits under such a name for a container
   * makes room; nobody has seen it.
   */
  rename(names: ReadonlyMap<Stage, string>): void {
    // Names of containers begin with a letter or a digit.
    for (const stage of names.keys()) {
      this.byName.delete(stage.name)
      stage.rename(`.moving-${stage.name}`)
    }
    for (const [stage, name] of names) {
      const waiting = this.byName.get(name)
      if (waiting !== undefined) this.remove(waiting)
      stage.rename(name)
      this.byName.set(name, stage)
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

  remove(stage: Stage): void {
    this.byName.delete(stage.name)
    stage.remove()
  }

  close(): void {
    for (const stage of this.byName.values()) stage.close()
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

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
