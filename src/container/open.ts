// A container's process, opened only when it is proved to be that.
import { GoneError, RefusedError, isSystemError } from '../errors.js'
import type { ContainerHandle, Native } from '../native.js'
import type { RunningContainer } from './engine.js'
import { disproofNow, lookAtProcess, unprovedText } from './proof.js'

/** How often the process may change while it is looked at: a container's first process may move to another cgroup when it starts. */
const ATTEMPTS = 5

/**
 * Opens a running container. Throws RefusedError when its pid is not the container's, of which nothing was opened then; GoneError, or a SystemError with ESRCH,
 * when it has ended.
 */
export async function openProved(
  { id, name, running }: { id: string; name: string; running: Omit<RunningContainer, 'netns'> },
  addon: Pick<Native, 'openContainer'>,
): Promise<ContainerHandle> {
  const { pid, startedAt, isOwnChild } = running
  if (isOwnChild === true) return addon.openContainer(pid)
  for (let attempt = 1; ; attempt++) {
    const found = await lookAtProcess(pid)
    if (found === undefined) throw new GoneError(`container ${name} has ended`)
    const problem = await disproofNow({ id, startedAt }, found)
    if (problem !== undefined) throw new RefusedError(unprovedText(pid, `process ${pid} ${problem}`))
    const { cgroup, startTicks, mntns } = found
    try {
      return await addon.openContainer(pid, { cgroup, startTicks, mntns })
    } catch (error) {
      if (!isSystemError(error, 'EAGAIN') || attempt === ATTEMPTS) throw error
    }
  }
}
