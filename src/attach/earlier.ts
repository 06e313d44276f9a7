// What a daemon before this one has done: taken for done, for doubtful, or for over.
import type { Applied } from './plan.js'
import { SESSION_STEPS, STAGE_STEPS, isUdevStep } from './step-name.js'

/** Steps that were cut off may have been done: they are taken for done, so that all is undone once before it is done anew. */
export function doubtUnsettled(applied: Applied): void {
  if (applied.earlier?.isSettled !== false) return
  applied.isDoubtful = true
  for (const step of STAGE_STEPS) if (isConceivable(applied, step)) applied.done.add(step)
}

/**
 * It is known now in which run the container is, or, without `run`, that nothing can be done in it: what was done in another is over. A udevd of the container's
 * own tells its clients what there is.
 */
export function resolveEarlier(applied: Applied, run?: string, hasOwnUdevd = false): void {
  const { earlier } = applied
  if (earlier === undefined) return
  delete applied.earlier
  if (run === undefined || earlier.run !== run) return
  for (const step of earlier.isSettled ? earlier.sessionSteps : SESSION_STEPS) {
    if (isConceivable(applied, step) && !(hasOwnUdevd && isUdevStep(step))) applied.done.add(step)
  }
}

/** What udev had not said yet can't have been passed on. */
function isConceivable({ event }: Applied, step: Parameters<typeof isUdevStep>[0]): boolean {
  return event !== undefined || !isUdevStep(step)
}
