// What has been done on a stage, in files beside it: it outlives the daemon, and dies with the boot.
import { lstatSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Native } from '../native.js'
import type { UdevEvent } from '../udev/event.js'
import type { Entry } from './ledger-entry.js'
import { appliedFrom, byArrival, entryOf, fileNameOf, parseEntry } from './ledger-entry.js'
import type { Owner } from './node-options.js'
import type { Applied } from './plan.js'
import { removeFile } from './remove-file.js'
import { WriteAhead } from './write-ahead.js'

const OWNER = 'owner'
const RUN = 'run'
const AHEAD = 'ahead'

const ownerSchema = z.object({ uid: z.number(), gid: z.number() })
const runSchema = z.object({ run: z.string(), isMounted: z.boolean() })
export type ServedRun = z.infer<typeof runSchema>

export class Ledger {
  /** What could not be read of it: cut short, of another release, or no file at all. */
  readonly unreadable: string[] = []
  private entries: string
  private readonly ahead: WriteAhead
  /** Attachments with a line that was written ahead of a step, and with what was known of them then. */
  private readonly begun = new Map<Applied, UdevEvent | undefined>()

  constructor(
    private directory: string,
    private readonly addon: Pick<Native, 'replaceFile' | 'removeTree'>,
  ) {
    this.entries = join(directory, 'entries')
    mkdirSync(this.entries, { recursive: true, mode: 0o700 })
    this.ahead = new WriteAhead(join(directory, AHEAD))
  }

  /**
   * Notes that a step is about to be done which outlives the daemon, or undone; `run` is the container's run. Cheap, and on file when it returns: a daemon after
   * this one takes nothing of the attachment for certain, until `write` or `forget` is called.
   */
  begin(applied: Applied, run: string | undefined): void {
    if (this.begun.has(applied) && this.begun.get(applied) === applied.event) return
    this.ahead.append(JSON.stringify(entryOf(applied, run, false)))
    this.begun.set(applied, applied.event)
  }

  /** Attachments of which a step was written ahead, and not yet noted. */
  get begunSteps(): number {
    return this.begun.size
  }

  /** Notes how far `applied` has come; `run` is the container's run that the session steps were done in. */
  write(applied: Applied, run: string | undefined): void {
    // What a daemon before has noted holds until it is known in which run the container is.
    const { earlier } = applied
    this.place(fileNameOf(applied), entryOf(applied, earlier ? earlier.run : run, earlier?.isSettled ?? true))
    this.settle(applied)
  }

  forget(applied: Applied): void {
    removeFile(join(this.entries, fileNameOf(applied)))
    this.settle(applied)
  }

  /** Attachments that are noted, with the session steps taken back: it is to be seen whether the container is still in the same run. */
  read(): Applied[] {
    const found = new Map<string, Applied>()
    const take = (text: string, into: Map<string, Applied>): boolean => {
      const entry = parseEntry(text)
      if (entry === undefined) return false
      const applied = appliedFrom(entry)
      into.set(fileNameOf(applied), applied)
      return true
    }
    for (const name of readdirSync(this.entries)) {
      if (name.startsWith('.#')) this.addon.removeTree(this.entries, name)
      else if (!take(fileText(join(this.entries, name)) ?? '', found)) this.discard(this.entries, name)
    }
    if (!isFileOrNothing(join(this.directory, AHEAD))) this.discard(this.directory, AHEAD)
    const ahead = new Map<string, Applied>()
    for (const line of this.ahead.read()) {
      if (line.startsWith('{')) take(line, ahead)
      else ahead.delete(line)
    }
    for (const [name, applied] of ahead) {
      this.place(name, entryOf(applied, applied.earlier?.run, false))
      found.set(name, applied)
    }
    this.ahead.clear()
    return [...found.values()].sort(byArrival)
  }

  /** The run of the container that was served last, and whether the stage was mounted into it by a daemon. */
  servedRun(): ServedRun | undefined {
    return this.note(RUN, runSchema)
  }

  noteRun(run: ServedRun): void {
    this.replace(RUN, JSON.stringify(run))
  }

  /** Whose the nodes of the container were by default, when that was noted. */
  owner(): Owner | undefined {
    return this.note(OWNER, ownerSchema)
  }

  noteOwner(owner: Owner): void {
    this.replace(OWNER, JSON.stringify(owner))
  }

  /** Records of devices of which the note could not be read, by their names. */
  get lostRecords(): string[] {
    return this.unreadable.flatMap((name) => /^(.+)@\d+$/.exec(name)?.[1] ?? [])
  }

  /** Undefined when there is none, or when it can't be read: then nothing is known of it. */
  private note<T>(name: string, schema: z.ZodType<T>): T | undefined {
    const path = join(this.directory, name)
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined
    const note = parseNote(fileText(path), schema)
    if (note === undefined) this.discard(this.directory, name)
    return note
  }

  /** It would be in the way of what is noted anew. */
  private discard(directory: string, name: string): void {
    this.unreadable.push(name)
    this.addon.removeTree(directory, name)
  }

  /** The stage has another name now. */
  moved(directory: string): void {
    this.directory = directory
    this.entries = join(directory, 'entries')
    this.ahead.moved(join(directory, AHEAD))
  }

  close(): void {
    this.ahead.close()
  }

  /** The attachment is noted as it is: what was written ahead of it is over, and goes when that is so of all. */
  private settle(applied: Applied): void {
    if (!this.begun.delete(applied)) return
    if (this.begun.size === 0) this.ahead.clear()
    else this.ahead.append(fileNameOf(applied))
  }

  private place(name: string, entry: Entry): void {
    const text = JSON.stringify(entry)
    this.addon.replaceFile(join(this.entries, `.#${name}`), join(this.entries, name), text, 0o600)
  }

  private replace(name: string, text: string): void {
    this.addon.replaceFile(join(this.directory, `.#${name}`), join(this.directory, name), text, 0o600)
  }
}

/** Undefined for what is no file: a FIFO would be waited for. */
function fileText(path: string): string | undefined {
  return lstatSync(path).isFile() ? readFileSync(path, 'utf8') : undefined
}

function isFileOrNothing(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? true
}

function parseNote<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(text ?? ''))
  } catch {
    return undefined
  }
}
