// How a tool gets at a container that it was given by name.
import type { Config } from '../config/index.js'
import { dockerSocket } from '../container/docker.js'
import type { Visit } from '../container/visit.js'
import { visitContainer } from '../container/visit.js'
import { EnvironmentError } from '../errors.js'
import { native } from '../native.js'
import { missingRequirements } from '../service/requirements.js'

/** Opens the running container of this name or id, in the engine that `run` would serve. Throws what visitContainer throws, and EnvironmentError. */
export async function enterContainer(nameOrId: string, config: Config | undefined): Promise<Visit> {
  const socket = dockerSocket(config?.docker.socket, process.env['DOCKER_HOST'])
  const missing = missingRequirements(native)
  if (missing !== undefined) throw new EnvironmentError(missing)
  return visitContainer(nameOrId, socket, native)
}
