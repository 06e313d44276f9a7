// What this host has: its devices by sysfs, and its containers by the engine, if that can be asked.
import { filter, firstValueFrom } from 'rxjs'
import { survey } from '../attach/intake.js'
import type { World } from '../attach/world.js'
import { createWorld, setContainers } from '../attach/world.js'
import type { Config } from '../config/index.js'
import { dockerEngine, dockerSocket } from '../container/docker.js'
import { netnsOfThisProcess } from '../container/netns.js'
import { EnvironmentError } from '../errors.js'
import { compileRoute } from '../route/match.js'
import { labelsRead } from '../route/select.js'
import { openKnowledge } from './knowledge.js'

export interface HostSurvey {
  world: World
  /** Why it is not known which containers there are. */
  problem?: string
  /** What is known of the devices is looked up until then. */
  close: () => void
}

/** Looks at devices and containers once. The engine is asked only when there are routes. */
export async function surveyHost(config: Config | undefined): Promise<HostSurvey> {
  const routes = config?.routes ?? []
  const { lookup, close } = openKnowledge(config, 0)
  const world = createWorld(routes.map(compileRoute), netnsOfThisProcess(), lookup)
  const problem = routes.length === 0 ? undefined : await takeContainers(world, config?.docker.socket)
  survey(world)
  return { world, close, ...(problem !== undefined && { problem }) }
}

async function takeContainers(world: World, configured: string | undefined): Promise<string | undefined> {
  try {
    const { signals } = dockerEngine(
      dockerSocket(configured, process.env['DOCKER_HOST']),
      labelsRead(world.routes.map(({ route }) => route.container)),
    )
    const signal = await firstValueFrom(signals.pipe(filter(({ kind }) => kind !== 'problem')))
    if (signal.kind === 'unreachable') return signal.error.message
    if (signal.kind === 'containers') setContainers(world, signal.containers)
    return undefined
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message
    throw error
  }
}
