// Finds out whether a container runs a udevd of its own, which it may start at any time.
import type { Session } from '../container/session.js'
import { GoneError, messageOf } from '../errors.js'
import type { Log } from '../service/log.js'
import type { Stage } from './stage.js'
import type { Timers } from './timers.js'

/** When a container that runs is searched, in milliseconds after it was found. */
const LOOKS = [2000, 10_000, 60_000]

/** Tells once of a udevd that is there, and goes on looking for one that is not. */
export function watchForUdevd(stage: Stage, session: Session, log: Log, timers: Timers): void {
  if (session.hasOwnUdevd) tell(stage, log)
  else for (const delay of LOOKS) timers.later(delay, () => void look(stage, session, log))
}

async function look(stage: Stage, session: Session, log: Log): Promise<void> {
  if (stage.session !== session || session.hasOwnUdevd) return
  try {
    if (await session.lookForUdevd()) tell(stage, log)
  } catch (error) {
    if (error instanceof GoneError) return
    log.debug(`${stage.name} could not be searched for a udevd: ${messageOf(error)}`, {
      container: stage.name,
      action: 'serve',
    })
  }
}

function tell({ name }: Stage, log: Log): void {
  log.info(
    `${name} has a udevd of its own: it gets the device nodes; records and announcements are left to that`,
    { container: name, action: 'serve' },
  )
}
