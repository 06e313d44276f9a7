// Which stages have to be called otherwise, because their containers are.
import type { Stage } from './stage.js'
import type { World } from './world.js'
import { containerOf } from './world.js'

/**
 * The new names of stages whose container, in the run that it was served in, has another one. A name that another container goes by, as far as is known, is
 * not free yet: it has another itself, which will be known.
 */
export function newNames(world: World, stages: readonly Stage[]): Map<Stage, string> {
  const names = new Map<Stage, string>()
  for (const stage of stages) {
    const run = stage.servedRun?.run
    const container = run === undefined ? undefined : containerOf(world, run)
    if (container !== undefined && container.name !== stage.name) names.set(stage, container.name)
  }
  const byName = new Map(stages.map((stage) => [stage.name, stage]))
  for (let isDone = false; !isDone;) {
    isDone = true
    for (const [stage, name] of names) {
      const other = byName.get(name)
      if (other === undefined || names.has(other) || !isInUse(world, other)) continue
      names.delete(stage)
      isDone = false
    }
  }
  return names
}

function isInUse(world: World, { servedRun }: Stage): boolean {
  return servedRun !== undefined && containerOf(world, servedRun.run) !== undefined
}
