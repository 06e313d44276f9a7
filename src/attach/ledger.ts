// What has been done on a stage, in files beside it: it outlives the daemon, and dies with the boot.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isSystemError } from '../errors.js'
import type { Native } from '../native.js'
import { recordId } from '../udev/record.js'
import type { Applied } from './plan.js'
import { removeFile } from './remove-file.js'
import { STEP_NAMES } from './step-name.js'

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
  record: z.object({ properties: pairs, tags: z.array(z.string()), links: z.array(z.string()) }),
  done: z.array(z.enum(STEP_NAMES)),
  appliedAt: z.number(),
  /** The run of the container that has heard of it. */
  announcedTo: z.string().optional(),
})
type Entry = z.infer<typeof entrySchema>

const MOUNTED = 'mounted'

export class Ledger {
  /** Which run has heard of an attachment that was read from the ledger. */
  private readonly announced = new WeakMap<Applied, string>()

  constructor(
    private readonly directory: string,
    private readonly addon: Pick<Native, 'replaceFile'>,
  ) {}

  /** Notes how far `applied` has come; `run` is the container's run that the session steps were done in. */
  write(applied: Applied, run: string | undefined): void {
    const { attachment, record, done, appliedAt } = applied
    const { device, route, node } = attachment
    const facts = { ...device.facts }
    delete facts.capabilities
    const entry: Entry = {
      device: { ...device, properties: [...device.properties], facts },
      route,
      node,
      record: { properties: [...record.properties], tags: [...record.tags], links: [...record.links] },
      done: [...done],
      appliedAt,
      ...(run !== undefined && done.has('announce') && { announcedTo: run }),
    }
    this.replace(recordId(device), JSON.stringify(entry))
  }

  forget({ attachment }: Applied): void {
    removeFile(join(this.directory, recordId(attachment.device)))
  }

  /** Attachments that are noted, with the session steps taken back: a session of this daemon's has yet to be opened. */
  read(): Applied[] {
    return readdirSync(this.directory)
      .filter((name) => name !== MOUNTED)
      .flatMap((name) => {
        const entry = parseEntry(join(this.directory, name))
        return entry === undefined ? [] : [entry]
      })
      .sort((a, b) => a.device.seqnum - b.device.seqnum || a.device.devpath.localeCompare(b.device.devpath))
      .map((entry) => this.appliedFrom(entry))
  }

  /** Whether the container's run `run` has heard of `applied` from a daemon before this one. */
  wasAnnounced(applied: Applied, run: string): boolean {
    return this.announced.get(applied) === run
  }

  /** The run that the stage was mounted into by a daemon, if any was. */
  mountedInto(): string | undefined {
    try {
      return readFileSync(join(this.directory, MOUNTED), 'utf8')
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined
      throw error
    }
  }

  noteMounted(run: string): void {
    this.replace(MOUNTED, run)
  }

  private appliedFrom(entry: Entry): Applied {
    const { device: stored, route, node, record, appliedAt, announcedTo } = entry
    const { node: deviceNode, ...rest } = stored
    const device = {
      ...rest,
      ...(deviceNode && { node: deviceNode }),
      properties: new Map(stored.properties),
    }
    const applied: Applied = {
      attachment: { device, route, node },
      record: { device, properties: new Map(record.properties), tags: record.tags, links: record.links },
      done: new Set(entry.done.filter((step) => step === 'node' || step === 'record')),
      appliedAt,
      failures: 0,
      paused: false,
    }
    if (announcedTo !== undefined) this.announced.set(applied, announcedTo)
    return applied
  }

  private replace(name: string, text: string): void {
    this.addon.replaceFile(join(this.directory, `.#${name}`), join(this.directory, name), text, 0o600)
  }
}

/** An entry, or undefined for a file that was cut short: what it was for is an orphan then, and is removed as one. */
function parseEntry(path: string): Entry | undefined {
  try {
    return entrySchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    removeFile(path)
    return undefined
  }
}
