// The steps of an attachment, in the order in which they are applied; they are reverted in the opposite one.

export const STEP_NAMES = ['grant', 'node', 'bind', 'record', 'announce'] as const
export type StepName = (typeof STEP_NAMES)[number]

/** Steps that act on a live container; the others act on its stage, whether it runs or not. */
const SESSION_STEPS: ReadonlySet<StepName> = new Set<StepName>(['grant', 'bind', 'announce'])

/** Whether the step acts on a live container, and ends with it. */
export function isSessionStep(step: StepName): boolean {
  return SESSION_STEPS.has(step)
}
