// Which stages have to be called otherwise, because their containers are.
import type { Stage } from './stage.js'
import type { World } from './world.js'
import { containerOf } from './world.js'

/** The new names of stages whose container, in the run that it was served in, has another one. */
export function newNames(world: World, stages: readonly Stage[]): Map<Stage, string> {
  const names = new Map<Stage, string>()
  for (const stage of stages) {
    const run = stage.servedRun?.run
    const container = run === undefined ? undefined : containerOf(world, run)
    if (container !== undefined && container.name !== stage.name) names.set(stage, container.name)
  }
  return names
}
