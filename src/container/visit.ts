// One running container, opened for a tool that is asked for it by name.
import { EnvironmentError, RefusedError, UnavailableError, isSystemError } from '../errors.js'
import type { ContainerHandle, Native } from '../native.js'
import { findContainer } from './docker.js'
import { netnsOfThisProcess } from './netns.js'

export interface Visit {
  name: string
  handle: ContainerHandle
}

/**
 * Opens the running container of this name or id in the engine at `socketPath`. Throws UnavailableError when there is none, EngineError when the engine
 * can't be asked, and RefusedError for one in the
 * network namespace of this process: the whole host would hear what is meant for it.
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
  if (running.netns === netnsOfThisProcess()) {
    throw new RefusedError(
      `container ${name} shares the host's network namespace: emit would reach every program of the host, and monitor shows the same without --container`,
    )
  }
  try {
    const handle = await addon.openContainer(running.pid)
    if (handle.netns === running.netns) return { name, handle }
    handle.close()
  } catch (error) {
    if (isSystemError(error, 'EPERM', 'EACCES')) {
      throw new EnvironmentError(
        `not allowed to enter container ${name} (${error.message}): run this as root`,
      )
    }
    if (!isSystemError(error, 'ESRCH')) throw error
  }
  throw stopped
}
