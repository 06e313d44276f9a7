// Removes the stages that nobody needs any more, a while after.
import { literalNames } from '../route/select.js'
import type { Stage } from './stage.js'
import type { Stages } from './stages.js'
import type { Timers } from './timers.js'
import type { World } from './world.js'

/** How long after its container a stage is removed, in milliseconds. */
const DELAY = 60_000

export class LeftoverStages {
  private readonly dropping = new Set<Stage>()

  constructor(
    private readonly world: World,
    private readonly stages: Stages,
    private readonly timers: Timers,
  ) {}

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
    this.timers.later(DELAY, () => {
      this.dropping.delete(stage)
      if (!this.isNeeded(stage)) this.stages.remove(stage)
    })
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
