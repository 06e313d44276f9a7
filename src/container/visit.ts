// One running container, opened for a tool that is asked for it by name.
import { EnvironmentError, GoneError, RefusedError, UnavailableError, isSystemError } from '../errors.js'
import type { ContainerHandle, Native } from '../native.js'
import { findContainer } from './docker.js'
import { netnsOfThisProcess } from './netns.js'
import { openProved } from './open.js'

export interface Visit {
  name: string
  handle: ContainerHandle
}

/**
 * Opens the running container of this name or id in the engine at `socketPath`. Throws UnavailableError when there is none, EngineError when the engine
 * can't be asked, and RefusedError for one in the network namespace of this process, where the whole host would hear what is meant for it, and for one whose
 * process is not on this host.
 */
export async function visitContainer(
  nameOrId: string,
  socketPath: string,
  addon: Pick<Native, 'openContainer'>,
): Promise<Visit> {
  const container = await findContainer(socketPath, nameOrId)
  if (container === undefined) throw new UnavailableError(`there is no container ${nameOrId}`)
  const { name, running } = container
  const stopped = new UnavailableError(`container ${name} does not run`)
  if (running === undefined) throw stopped
  try {
    const handle = await openProved({ ...container, running }, addon)
    if (handle.netns !== netnsOfThisProcess()) return { name, handle }
    handle.close()
  } catch (error) {
    if (error instanceof GoneError) throw stopped
    if (error instanceof RefusedError) throw new RefusedError(`container ${name}: ${error.message}`)
    if (isSystemError(error, 'EPERM', 'EACCES')) {
      throw new EnvironmentError(
        `not allowed to enter container ${name} (${error.message}): run this as root`,
      )
    }
    if (isSystemError(error, 'ESRCH')) throw stopped
    throw error
  }
  throw new RefusedError(
    `container ${name} shares the host's network namespace: emit would reach every program of the host, and monitor shows the same without --container`,
  )
}
