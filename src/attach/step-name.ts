// The steps of an attachment, and their order.

/** The order in which they are applied. */
export const STEP_NAMES = ['grant', 'node', 'bind', 'link', 'linkInside', 'record', 'announce'] as const
export type StepName = (typeof STEP_NAMES)[number]

/**
 * The order in which they are reverted: the opposite one, but for the announcement. udevd drops the record before it broadcasts a remove
 * (event_execute_rules_on_remove), and the kernel has dropped the node before that (devtmpfs_delete_node): who hears of it must find neither, or a client
 * that looks again would find a ghost, which, when the unit has only moved to another container, it could open.
 */
export const REVERT_ORDER: readonly StepName[] = [
  'record',
  'linkInside',
  'link',
  'bind',
  'node',
  'grant',
  'announce',
]

/** Steps that act on a live container; the others act on its stage, whether it runs or not. */
export const SESSION_STEPS: ReadonlySet<StepName> = new Set<StepName>([
  'grant',
  'bind',
  'linkInside',
  'announce',
])
export const STAGE_STEPS: readonly StepName[] = STEP_NAMES.filter((step) => !SESSION_STEPS.has(step))

/** Steps that carry what udev says. They wait until it is said, and are left to the container's own udevd if it has one. */
const UDEV_STEPS: ReadonlySet<StepName> = new Set<StepName>(['link', 'linkInside', 'record', 'announce'])

/** Whether the step acts on a live container, and ends with it. */
export function isSessionStep(step: StepName): boolean {
  return SESSION_STEPS.has(step)
}

/** Whether the step carries what udev says of the device. */
export function isUdevStep(step: StepName): boolean {
  return UDEV_STEPS.has(step)
}
