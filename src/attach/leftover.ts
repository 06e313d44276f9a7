// Removes the stages that nobody needs any more, a while after.
import { isSystemError, messageOf } from '../errors.js'
import { literalNames } from '../route/select.js'
import type { Log } from '../service/log.js'
import { mountedBelow } from './mounted.js'
import type { Stage } from './stage.js'
import type { Stages } from './stages.js'
import type { Timers } from './timers.js'
import type { World } from './world.js'

/** How long after its container a stage is removed, in milliseconds. */
const DELAY = 60_000

export class LeftoverStages {
  private readonly dropping = new Set<Stage>()
  /** Names of those that could not be removed. */
  private readonly failed = new Set<string>()
  private isAsideDue = false

  constructor(
    private readonly world: World,
    private readonly stages: Stages,
    private readonly timers: Timers,
    private readonly log: Log,
  ) {
    this.dropAside()
  }

  /** Stages that are to go. */
  get size(): number {
    return this.dropping.size
  }

  /**
   * A stage is kept for as long as its container exists, or a route names it. It goes a while after: a container that is made anew under the same name
   * may have its directories as volumes before the engine has told of it.
   */
  drop(stage: Stage): void {
    if (this.isNeeded(stage) || this.dropping.has(stage)) return
    this.dropping.add(stage)
    this.timers.later(DELAY, () => void this.removeUnlessNeeded(stage))
  }

  /** Directories that had to make room for others go as soon as nobody has them mounted. */
  dropAside(): void {
    if (this.stages.aside.length === 0 || this.isAsideDue) return
    this.isAsideDue = true
    this.timers.later(DELAY, () => void this.removeAside())
  }

  private async removeUnlessNeeded(stage: Stage): Promise<void> {
    const mounted = await this.mounted()
    this.dropping.delete(stage)
    if (!this.stages.has(stage) || this.isNeeded(stage)) return
    const isRemoved = isFree(mounted, stage.name) && this.remove(stage.name, () => this.stages.remove(stage))
    if (!isRemoved) this.drop(stage)
  }

  private async removeAside(): Promise<void> {
    const mounted = await this.mounted()
    this.isAsideDue = false
    for (const name of this.stages.aside)
      if (isFree(mounted, name)) this.remove(name, () => this.stages.removeAside(name))
    this.dropAside()
  }

  private async mounted(): Promise<ReadonlySet<string> | 'all'> {
    try {
      return await mountedBelow(this.stages.root)
    } catch (error) {
      this.log.debug(`it can't be seen which stages are mounted: ${messageOf(error)}`)
      return 'all'
    }
  }

  /** Returns whether it is gone. */
  private remove(name: string, action: () => void): boolean {
    try {
      action()
      this.failed.delete(name)
      return true
    } catch (error) {
      if (!isSystemError(error)) throw error
      if (!this.failed.has(name)) {
        const what = `the stage ${name} of a container that is gone could not be removed`
        this.log.warn(`${what}: ${error.message}; it is tried again every minute`, { action: 'remove' })
      }
      this.failed.add(name)
      return false
    }
  }

  private isNeeded(stage: Stage): boolean {
    const { containers, routes } = this.world
    return (
      stage.heldUnits.length > 0 ||
      [...containers.values()].some(({ name }) => name === stage.name) ||
      routes.some(({ route }) => literalNames(route.container).includes(stage.name))
    )
  }
}

function isFree(mounted: ReadonlySet<string> | 'all', name: string): boolean {
  return mounted !== 'all' && !mounted.has(name)
}
