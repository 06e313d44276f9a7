// An attachment on its stage: taken up as it is wanted now, with what udev has said of it by now.
import type { Device } from '../kernel/index.js'
import { monotonicMicroseconds } from '../kernel/index.js'
import type { Log } from '../service/log.js'
import type { StoredRecord } from '../udev/record.js'
import type { UdevSource } from '../udev/source.js'
import { eventInside } from './inside.js'
import { sameNodeOptions } from './node-options.js'
import type { Applied, Attachment } from './plan.js'
import { redo } from './plan.js'
import type { Stage } from './stage.js'

/** What there is of the attachment on the stage; it is added when there is nothing yet. */
export function appliedFor(
  stage: Stage,
  attachment: Attachment,
  udev: Pick<UdevSource, 'addOf' | 'parentsOf'>,
  log: Log,
): Applied {
  const applied = stage.find(attachment) ?? addTo(stage, attachment)
  const { node, sayer, route } = attachment
  if (!sameNodeOptions(applied.attachment.node, node) && applied.done.has('node')) redo(applied, 'node')
  applied.attachment = { ...applied.attachment, node, sayer, route }
  learnEvent(stage, applied, attachment, udev, log)
  if (applied.event !== undefined) followParents(stage, applied, udev.parentsOf(attachment.device, sayer))
  return applied
}

/** Takes what is said of the device now, until the one who is asked has said it. */
function learnEvent(
  stage: Stage,
  applied: Applied,
  { device, sayer }: Attachment,
  udev: Pick<UdevSource, 'addOf'>,
  log: Log,
): void {
  if (applied.event !== undefined && applied.isProvisional !== true) return
  // The host's udevd waits for nobody: who hears it finds the nodes, and then a record.
  const hearsHost = stage.session?.hearsHost === true
  if (hearsHost && !applied.done.has('node')) return
  const said = udev.addOf(device, sayer)
  if (applied.event === undefined) {
    applied.isProvisional = said === undefined && hearsHost
    const event = applied.isProvisional ? udev.addOf(device, 'builtin') : said
    applied.event = event && eventInside(event, applied.attachment, freeLinks(stage, applied.attachment, log))
  } else if (said !== undefined) {
    const own = applied.attachment.links.filter((link) => applied.event?.record.links.includes(link))
    applied.updates.push({ ...eventInside(said, applied.attachment, own), action: 'change' })
    applied.isProvisional = false
  }
}

function followParents(stage: Stage, applied: Applied, parents: readonly StoredRecord[]): void {
  if (applied.parents === parents) return
  applied.parents = parents
  if (applied.done.has('record') && !stage.parents.has(parents)) redo(applied, 'record')
}

/** An attachment of which nothing is done. */
export function newApplied(attachment: Attachment, appliedAt: number): Applied {
  return {
    attachment,
    event: undefined,
    updates: [],
    done: new Set(),
    appliedAt,
    failures: 0,
    paused: false,
    stuck: false,
    isVisible: false,
    isDoubtful: false,
  }
}

function addTo(stage: Stage, attachment: Attachment): Applied {
  const applied = newApplied(
    { ...attachment, device: asNumbered(stage, attachment) },
    monotonicMicroseconds(),
  )
  stage.add(applied)
  return applied
}

/** The device under the name that its node has inside. */
function asNumbered(stage: Stage, { device, legacyJs }: Attachment): Device {
  const { node, sysname } = device
  if (!legacyJs || node === undefined || !sysname.startsWith('js')) return device
  return { ...device, node: { ...node, name: `input/js${stage.freeJsNumber()}` } }
}

/** The route's links that lead nowhere else yet: who had one first keeps it. */
function freeLinks(stage: Stage, { device, route, links }: Attachment, log: Log): string[] {
  const { node } = device
  if (node === undefined) return []
  return links.filter((link) => {
    if (!isTaken(stage, stage.links.rivals(link, node.name))) return true
    log.warn(
      `/dev/${link} of route ${route} is not made for ${node.name} in ${stage.name}: it leads to another device there`,
      { container: stage.name, device: node.name, route, action: 'link' },
    )
    return false
  })
}

/** Whether one of these nodes stays: what is unplugged gives its links up. */
function isTaken({ all }: Stage, nodes: readonly string[]): boolean {
  return all.some(
    ({ attachment, removal }) => removal === undefined && nodes.includes(attachment.device.node?.name ?? ''),
  )
}
