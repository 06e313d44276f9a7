// What each step does, and how it is undone.
import { InvariantError, isSystemError } from '../errors.js'
import type { Session } from '../container/session.js'
import { GROUP_LIBUDEV_ZERO, GROUP_UDEV } from '../groups.js'
import { monotonicMicroseconds, movedPath } from '../kernel/index.js'
import { announcement, libudevZeroAnnouncement } from '../udev/announcement.js'
import type { Log } from '../service/log.js'
import type { UdevEvent } from '../udev/event.js'
import { asAdd, eventAt } from '../udev/event.js'
import { hasContent } from '../udev/record.js'
import type { Ignored } from './ignored.js'
import { insideReason } from './ignored.js'
import { isStaged, linkObstacle, linkTarget } from './links.js'
import type { Applied } from './plan.js'
import { isAnnounced } from './plan.js'
import type { Stage } from './stage.js'
import { isBound } from './stage.js'
import type { StepName } from './step-name.js'

export interface StepContext {
  stage: Stage
  /** There whenever a session step runs. */
  session: Session | undefined
  /** For events that the kernel did not cause: the SEQNUM of its last one. */
  seqnum: number
  log: Log
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
      if (bound === undefined) return undefined
      begin(applied, context)
      return sessionOf(context).bindNode(bound.source, bound.target, bound.number)
    },
    revert(applied, context) {
      const bound = boundNode(applied, context.stage)
      return bound && sessionOf(context).unbindNode(bound.target)
    },
  },

  link: {
    apply(applied, context) {
      placeLinks(applied, context)
      return undefined
    },
    revert(applied, { stage }) {
      for (const { link, node } of linksOf(applied)) stage.links.remove(link, node)
      return undefined
    },
  },

  // Links of /dev/input are on the mounted stage already; others are made in the container's own /dev.
  linkInside: {
    apply: (applied, context) =>
      inside(applied, (path, target) => {
        begin(applied, context)
        return placeInside(applied, context, path, target)
      }),
    revert: (applied, context) => inside(applied, (path, target) => removeInside(context, path, target)),
  },

  record: {
    apply(applied, context) {
      const { parents, records } = context.stage
      ignore(applied, context, parents.claim(applied))
      ignore(applied, context, records.write(eventOf(applied).record))
      return undefined
    },
    revert(applied, { stage }) {
      stage.records.remove(eventOf(applied).record)
      stage.parents.drop(applied)
      return undefined
    },
  },

  announce: {
    apply(applied, context) {
      begin(applied, context)
      announce(applied, asAdd(eventOf(applied), applied.attachment.device.devpath), context)
      return undefined
    },
    revert(applied, context) {
      const removal = removalOf(applied, context.seqnum)
      const { formerly } = applied
      if (formerly !== undefined) announce(applied, eventAt(removal, formerly), context)
      announce(applied, removal, context)
      delete applied.formerly
      return undefined
    },
  },
}

/** What is done in the container, or heard there, outlives the daemon: it is on file before. */
function begin(applied: Applied, context: StepContext): void {
  context.stage.ledger.begin(applied, sessionOf(context).run)
}

/**
 * Tells of the first of the events that have come since; links and record are right before anybody hears of it. Undefined when it is done at once, as it is
 * unless the container has other links in its own /dev now.
 */
export function tellUpdate(applied: Applied, context: StepContext): Promise<void> | undefined {
  const [update] = applied.updates
  if (update === undefined) return undefined
  const linking = relinkInside(applied, update, context)
  // The device may have been moved meanwhile.
  if (linking !== undefined)
    return linking.then(() => tellReady(applied, applied.updates[0] ?? update, context))
  tellReady(applied, update, context)
  return undefined
}

/** Makes the links in the container's own /dev that `update` brings, and removes those that it has no more. */
function relinkInside(applied: Applied, update: UdevEvent, context: StepContext): Promise<void> | undefined {
  const { event, done } = applied
  if (event === undefined || context.session === undefined || !done.has('linkInside')) return undefined
  const [before, after] = [event.record.links, update.record.links]
  const added = after.filter((link) => !isStaged(link) && !before.includes(link))
  const dropped = before.filter((link) => !isStaged(link) && !after.includes(link))
  if (added.length + dropped.length === 0) return undefined
  // Whoever takes them back, a daemon after this one too, takes back all.
  applied.event = { ...event, record: { ...event.record, links: [...before, ...added] } }
  begin(applied, context)
  const isOf =
    (links: readonly string[]) =>
    ({ link }: { link: string }): boolean =>
      links.includes(link)
  return allOf(
    ...linksOf(applied)
      .filter(isOf(dropped))
      .map(async ({ link, node }) => removeInside(context, `/dev/${link}`, linkTarget(link, node))),
    ...linksOf(applied)
      .filter(isOf(added))
      .map(async ({ link, node }) => placeInside(applied, context, `/dev/${link}`, linkTarget(link, node))),
  )
}

function tellReady(applied: Applied, update: UdevEvent, context: StepContext): void {
  // What has been taken back already, because the device has gone meanwhile, stays so.
  if (applied.done.has('record')) replaceRecord(applied, update, context)
  else applied.event = update
  const { session } = context
  if (session === undefined || session.hasOwnUdevd || !isAnnounced(applied.attachment, session)) return
  const moved = movedBy(update, context.stage)
  for (const [one, formerly] of moved) {
    one.formerly = formerly
    begin(one, context)
  }
  announce(applied, update, context)
  for (const one of moved.keys()) delete one.formerly
}

/** The attachments that are known under other devpaths once a move is told of, the device's own and those below it; and the old devpaths. */
function movedBy({ action, kernel, record: { device } }: UdevEvent, stage: Stage): Map<Applied, string> {
  const moved = new Map<Applied, string>()
  const from = kernel.get('DEVPATH_OLD')
  if (action !== 'move' || from === undefined) return moved
  for (const one of stage.of(device.unit)) {
    const formerly = movedPath({ from: device.devpath, to: from }, one.attachment.device.devpath)
    if (formerly !== undefined) moved.set(one, formerly)
  }
  return moved
}

function replaceRecord(applied: Applied, update: UdevEvent, context: StepContext): void {
  const { stage } = context
  const before = eventOf(applied).record
  for (const { link, node } of linksOf(applied)) {
    if (!update.record.links.includes(link)) stage.links.remove(link, node)
  }
  if (before.tags.some((tag) => !update.record.tags.includes(tag))) stage.records.remove(before)
  applied.event = update
  placeLinks(applied, context)
  ignore(applied, context, stage.records.write(update.record))
}

function placeLinks(applied: Applied, context: StepContext): void {
  for (const { link, node } of linksOf(applied)) {
    const reason = context.stage.links.place(link, node)
    if (reason !== undefined) ignore(applied, context, [{ what: `/dev/${link}`, reason }])
  }
}

/** Once of each: the device is there without it, on a host as well. */
function ignore(applied: Applied, { stage, log }: StepContext, ignored: readonly Ignored[]): void {
  const { device, route } = applied.attachment
  for (const { what, reason } of ignored) {
    applied.ignored ??= new Set()
    if (applied.ignored.has(what)) continue
    applied.ignored.add(what)
    log.warn(
      `${what} of ${device.sysname} is not made in ${stage.name}: ${reason}; the device is there without it`,
      { container: stage.name, device: device.node?.name ?? device.sysname, route, action: 'link' },
    )
  }
}

function announce({ attachment }: Applied, event: UdevEvent, context: StepContext): void {
  const session = sessionOf(context)
  // The host's udevd says it there, and all of the host would hear it twice.
  if (!session.hearsHost) session.announce(announcement(event), GROUP_UDEV)
  if (attachment.libudevZero) session.announce(libudevZeroAnnouncement(event), GROUP_LIBUDEV_ZERO)
}

/** What a client hears of the end: all that it knew of the device, as far as it is kept in the database. */
function removalOf(applied: Applied, seqnum: number): UdevEvent {
  const { removal } = applied
  const { record } = eventOf(applied)
  // A device without record has no time that udevd could have kept.
  const known = hasContent(record) ? record : { ...record, initializedAt: monotonicMicroseconds() }
  return {
    action: 'remove',
    seqnum: removal?.seqnum ?? seqnum,
    kernel: removal?.kernel ?? record.device.properties,
    record: known,
    ...(removal?.said && { said: removal.said }),
  }
}

function boundNode(
  { attachment }: Applied,
  stage: Stage,
): { source: string; target: string; number: string } | undefined {
  const { node } = attachment.device
  if (node === undefined || !isBound(node)) return undefined
  const number = `${node.major}:${node.minor}`
  return { source: stage.nodePath(node), target: `/dev/${node.name}`, number }
}

function linksOf({ attachment, event }: Applied): { link: string; node: string }[] {
  const { node } = attachment.device
  if (node === undefined || event === undefined) return []
  return event.record.links.map((link) => ({ link, node: node.name }))
}

/** What has failed is taken back next, when nothing of it runs any more. */
function inside(
  applied: Applied,
  act: (path: string, target: string) => Promise<void>,
): Promise<void> | undefined {
  const links = linksOf(applied).filter(({ link }) => !isStaged(link))
  if (links.length === 0) return undefined
  return allOf(...links.map(async ({ link, node }) => act(`/dev/${link}`, linkTarget(link, node))))
}

/** Fails only when none of them runs any more. */
async function allOf(...acts: Promise<void>[]): Promise<void> {
  await Promise.allSettled(acts)
  await Promise.all(acts)
}

/** What the container itself has in the way stays; the device works without the link. */
async function placeInside(
  applied: Applied,
  context: StepContext,
  path: string,
  target: string,
): Promise<void> {
  const reason = await whyNotInside(context, path, target)
  if (reason !== undefined) ignore(applied, context, [{ what: path, reason }])
}

async function whyNotInside(context: StepContext, path: string, target: string): Promise<string | undefined> {
  const obstacle = linkObstacle(path.slice('/dev/'.length))
  if (obstacle !== undefined) return obstacle
  try {
    return (await sessionOf(context).placeLink(target, path))
      ? undefined
      : 'the container has something there'
  } catch (error) {
    return insideReason(error)
  }
}

async function removeInside(context: StepContext, path: string, target: string): Promise<void> {
  if (linkObstacle(path.slice('/dev/'.length)) !== undefined) return
  try {
    await sessionOf(context).removeLink(target, path)
  } catch (error) {
    const reason = insideReason(error)
    // Only of what is there for certain: what can't even be looked at is in the way of it, and was so before.
    if (!isSystemError(error) || error.syscall !== 'unlinkat') return
    const { stage, log } = context
    log.warn(`${path} can not be removed in ${stage.name}: ${reason}; the device leaves without it`, {
      container: stage.name,
      action: 'link',
    })
  }
}

function eventOf({ event, attachment }: Applied): UdevEvent {
  if (event === undefined)
    throw new InvariantError(`nothing is known of ${attachment.device.devpath} for one of its steps`)
  return event
}

function sessionOf({ session, stage }: StepContext): Session {
  if (session === undefined)
    throw new InvariantError(`no session of container ${stage.name} for one of its steps`)
  return session
}
