// What the application in the demo's container tells the demo: one JSON object a line.
import { z } from 'zod'

/** Times are microseconds of CLOCK_MONOTONIC, which namespaces share. */
export const reportSchema = z.discriminatedUnion('kind', [
  /** It runs: the container is complete. */
  z.object({ kind: z.literal('started') }),
  /** It listens as libudev would; before that it waited for /run/udev/control. */
  z.object({ kind: z.literal('ready') }),
  z.object({
    kind: z.literal('heard'),
    at: z.number(),
    action: z.string(),
    devpath: z.string(),
    devname: z.string().optional(),
    /** What stat() said at that moment, for instance `13:71 0660`; absent when there was no node. */
    node: z.string().optional(),
    /** `ok`, or the errno's name. */
    open: z.string().optional(),
    /** Whether the database had the device's record at that moment. */
    record: z.boolean(),
  }),
  /** When it heard of the removal, neither the node nor the record was there any more. */
  z.object({ kind: z.literal('gone'), at: z.number(), devpath: z.string() }),
])
export type Report = z.infer<typeof reportSchema>

/** Where the application is told from what a device's files are called. */
export function recordPath(properties: ReadonlyMap<string, string>): string {
  const major = properties.get('MAJOR')
  const devpath = properties.get('DEVPATH') ?? ''
  const sysname = devpath.slice(devpath.lastIndexOf('/') + 1)
  const id =
    major === undefined
      ? `+${properties.get('SUBSYSTEM') ?? ''}:${sysname}`
      : `c${major}:${properties.get('MINOR') ?? ''}`
  return `/run/udev/data/${id}`
}
