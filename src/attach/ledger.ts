// What has been done on a stage, in files beside it: it outlives the daemon, and dies with the boot.
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isSystemError } from '../errors.js'
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

const ownerSchema = z.object({ uid: z.number(), gid: z.number() })
const runSchema = z.object({ run: z.string(), isMounted: z.boolean() })
export type ServedRun = z.infer<typeof runSchema>

export class Ledger {
  private entries: string
  private readonly ahead: WriteAhead
  /** Attachments with a line that was written ahead of a step, and with what was known of them then. */
  private readonly begun = new Map<Applied, UdevEvent | undefined>()

  constructor(
    private directory: string,
    private readonly addon: Pick<Native, 'replaceFile'>,
  ) {
    this.entries = join(directory, 'entries')
    mkdirSync(this.entries, { recursive: true, mode: 0o700 })
    this.ahead = new WriteAhead(join(directory, 'ahead'))
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
    const take = (text: string, into: Map<string, Applied>): void => {
      const entry = parseEntry(text)
      if (entry === undefined) return
      const applied = appliedFrom(entry)
      into.set(fileNameOf(applied), applied)
    }
    for (const name of readdirSync(this.entries)) {
      const path = join(this.entries, name)
      if (name.startsWith('.#')) removeFile(path)
      else take(readFileSync(path, 'utf8'), found)
    }
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
    const text = this.note(RUN)
    return text === undefined ? undefined : runSchema.parse(JSON.parse(text))
  }

  noteRun(run: ServedRun): void {
    this.replace(RUN, JSON.stringify(run))
  }

  /** Whose the nodes of the container were by default, when that was noted. */
  owner(): Owner | undefined {
    const text = this.note(OWNER)
    return text === undefined ? undefined : ownerSchema.parse(JSON.parse(text))
  }

  noteOwner(owner: Owner): void {
    this.replace(OWNER, JSON.stringify(owner))
  }

  private note(name: string): string | undefined {
    try {
      return readFileSync(join(this.directory, name), 'utf8')
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined
      throw error
    }
  }

  /** The stage has another name now. */
  moved(directory: string): void {
    this.directory = directory
    this.entries = join(directory, 'entries')
    this.ahead.moved(join(directory, 'ahead'))
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
