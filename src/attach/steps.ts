// What each step does, and how it is undone.
import { InvariantError } from '../errors.js'
import type { Session } from '../container/session.js'
import { announcement } from '../udev/announcement.js'
import type { Applied } from './plan.js'
import type { Stage } from './stage.js'
import { isBound } from './stage.js'
import type { StepName } from './step-name.js'

export interface StepContext {
  stage: Stage
  /** There whenever a session step runs. */
  session: Session | undefined
  /** For events that the kernel did not cause: the SEQNUM of its last one. */
  seqnum: number
}

interface Step {
  /** Returns undefined when it is done at once. Throws what the system call threw. */
  apply(applied: Applied, context: StepContext): Promise<void> | undefined
  revert(applied: Applied, context: StepContext): Promise<void> | undefined
}

export const STEPS: Readonly<Record<StepName, Step>> = {
  // Opening the device is allowed by the container's own --device-cgroup-rule: exact grants belong here.
  grant: { apply: () => undefined, revert: () => undefined },

  node: {
    apply({ attachment: { device, node } }, { stage }) {
      if (device.node !== undefined) stage.placeNode(device.node, node)
      return undefined
    },
    revert({ attachment: { device } }, { stage }) {
      if (device.node !== undefined) stage.removeNode(device.node)
      return undefined
    },
  },

  // Nodes of /dev/input are on the mounted stage already; others are bound one by one.
  bind: {
    apply(applied, context) {
      const bound = boundNode(applied, context.stage)
      return bound && sessionOf(context).bindNode(bound.source, bound.target)
    },
    revert(applied, context) {
      const bound = boundNode(applied, context.stage)
      return bound && sessionOf(context).unbindNode(bound.target)
    },
  },

  record: {
    apply({ record }, { stage }) {
      stage.writeRecord(record)
      return undefined
    },
    revert({ record }, { stage }) {
      stage.removeRecord(record)
      return undefined
    },
  },

  announce: {
    apply({ record }, context) {
      sessionOf(context).announce(announcement('add', record, record.device.seqnum))
      return undefined
    },
    revert({ record, removedBy }, context) {
      sessionOf(context).announce(announcement('remove', record, removedBy ?? context.seqnum))
      return undefined
    },
  },
}

function boundNode({ attachment }: Applied, stage: Stage): { source: string; target: string } | undefined {
  const { node } = attachment.device
  if (node === undefined || !isBound(node)) return undefined
  return { source: stage.nodePath(node), target: `/dev/${node.name}` }
}

function sessionOf({ session, stage }: StepContext): Session {
  if (session === undefined)
    throw new InvariantError(`no session of container ${stage.name} for one of its steps`)
  return session
}
