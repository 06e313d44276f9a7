// Which step of an attachment a fault point belongs to.
import type { FaultPoint } from './faults.js'

export const SWEPT_STEPS = ['node', 'bind', 'link', 'linkInside', 'record', 'announce', 'ledger'] as const
export type SweptStep = (typeof SWEPT_STEPS)[number]

/** By name; the first that matches counts. */
const STEPS: readonly [RegExp, SweptStep][] = [
  [/ ledger\//, 'ledger'],
  [/^send /, 'announce'],
  [/^(?:un)?bindNode /, 'bind'],
  [/^(?:place|remove)Link /, 'linkInside'],
  [/ udev\/(?:data|tags)/, 'record'],
  [/ (?:input\/(?:event|js|mouse)|char\/|dev\/hidraw)$/, 'node'],
  [/ (?:input|scratch\/link)(?:\/|$)/, 'link'],
]

/** Undefined for what is done to the stage itself. */
export function stepOf({ name }: FaultPoint): SweptStep | undefined {
  return STEPS.find(([pattern]) => pattern.test(name))?.[1]
}
