// One line or file of the ledger: an attachment, as far as it had come.
import { z } from 'zod'
import { recordId } from '../udev/record.js'
import { newApplied } from './applied.js'
import type { Applied } from './plan.js'
import { STEP_NAMES, isSessionStep } from './step-name.js'

const pairs = z.array(z.tuple([z.string(), z.string()]))

/** One attachment; what a remove message needs is all here, because sysfs is gone by then. */
const entrySchema = z.object({
  device: z.object({
    devpath: z.string(),
    subsystem: z.string(),
    sysname: z.string(),
    unit: z.string(),
    node: z.object({ name: z.string(), major: z.number(), minor: z.number() }).optional(),
    properties: pairs,
    facts: z.partialRecord(
      z.enum(['name', 'phys', 'uniq', 'bus', 'vendor', 'product', 'version']),
      z.string(),
    ),
    seqnum: z.number(),
    initializedAt: z.number(),
  }),
  route: z.string(),
  node: z.object({ mode: z.number(), uid: z.number(), gid: z.number() }),
  links: z.array(z.string()),
  legacyJs: z.boolean(),
  sayer: z.enum(['host', 'builtin']),
  libudevZero: z.boolean(),
  /** Absent while udev has not said anything. */
  record: z
    .object({
      initializedAt: z.number(),
      properties: pairs,
      tags: z.array(z.string()),
      currentTags: z.array(z.string()),
      links: z.array(z.string()),
    })
    .optional(),
  /** Records of the USB devices above it. */
  parents: z.array(z.object({ id: z.string(), tags: z.array(z.string()) })).optional(),
  done: z.array(z.enum(STEP_NAMES)),
  /** Its devpath before a move that its container may not have been told of. */
  formerly: z.string().optional(),
  appliedAt: z.number(),
  /** The run of the container that the session steps were done in. */
  run: z.string().optional(),
  /** False while a step may be under way: then any of them may have been done. */
  isSettled: z.boolean(),
})
export type Entry = z.infer<typeof entrySchema>

/** A device number may be another device's by now, and the device may have been attached anew: the time tells them apart. */
export function fileNameOf({ attachment: { device }, appliedAt }: Applied): string {
  return `${recordId(device)}@${appliedAt}`
}

/** The entry, or undefined for a text that was cut short. */
export function parseEntry(text: string): Entry | undefined {
  try {
    return entrySchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export function entryOf(applied: Applied, run: string | undefined, isSettled: boolean): Entry {
  const { attachment, event, done, appliedAt, formerly, earlier } = applied
  const { device, ...rest } = attachment
  const { record } = event ?? {}
  const parents = applied.parents?.map(({ id, tags }) => ({ id, tags: [...tags] })) ?? []
  const facts = { ...device.facts }
  delete facts.capabilities
  return {
    device: { ...device, properties: [...device.properties], facts },
    ...rest,
    links: [...rest.links],
    ...(record && {
      record: {
        initializedAt: record.initializedAt,
        properties: [...record.properties],
        tags: [...record.tags],
        currentTags: [...record.currentTags],
        links: [...record.links],
      },
    }),
    ...(parents.length > 0 && { parents }),
    done: [...new Set([...done, ...(earlier?.sessionSteps ?? [])])],
    ...(formerly !== undefined && { formerly }),
    appliedAt,
    ...(run !== undefined && { run }),
    isSettled,
  }
}

export function appliedFrom(entry: Entry): Applied {
  const { device: stored, route, node, links, legacyJs, sayer, libudevZero } = entry
  const { record, appliedAt, run, isSettled, done, formerly } = entry
  const { node: deviceNode, ...rest } = stored
  const device = {
    ...rest,
    ...(deviceNode && { node: deviceNode }),
    properties: new Map(stored.properties),
  }
  const applied = newApplied({ device, route, node, links, legacyJs, sayer, libudevZero }, appliedAt)
  applied.event = record && {
    action: 'add',
    seqnum: device.seqnum,
    kernel: device.properties,
    record: { ...record, device, properties: new Map(record.properties) },
  }
  if (formerly !== undefined) applied.formerly = formerly
  if (entry.parents !== undefined) applied.parents = entry.parents
  for (const step of done) if (!isSessionStep(step)) applied.done.add(step)
  applied.earlier = { ...(run !== undefined && { run }), isSettled, sessionSteps: done.filter(isSessionStep) }
  return applied
}

export function byArrival(
  { attachment: { device: a } }: Applied,
  { attachment: { device: b } }: Applied,
): number {
  return a.seqnum - b.seqnum || a.devpath.localeCompare(b.devpath)
}
