// The steps of an attachment, and their order.

/** The order in which they are applied. */
export const STEP_NAMES = ['grant', 'node', 'bind', 'record', 'announce'] as const
export type StepName = (typeof STEP_NAMES)[number]

/**
 * The order in which they are reverted: the opposite one, but for the announcement. udevd drops the record before it broadcasts a remove
 * (event_execute_rules_on_remove), and the kernel has dropped the node before that (devtmpfs_delete_node): who hears of it must find neither, or a client
 * that looks again would find a ghost, which, when the unit has only moved to another container, it could open.
 */
export const REVERT_ORDER: readonly StepName[] = ['record', 'bind', 'node', 'grant', 'announce']

/** Steps that act on a live container; the others act on its stage, whether it runs or not. */
const SESSION_STEPS: ReadonlySet<StepName> = new Set<StepName>(['grant', 'bind', 'announce'])

/** Whether the step acts on a live container, and ends with it. */
export function isSessionStep(step: StepName): boolean {
  return SESSION_STEPS.has(step)
}
