// The udev database of one stage: records, and their index by tag.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeBytes, encodeBytes } from '../bytes.js'
import { isSystemError } from '../errors.js'
import type { Native } from '../native.js'
import type { StoredRecord, UdevRecord } from '../udev/record.js'
import { recordId, recordText } from '../udev/record.js'
import { isPlainName } from './file-name.js'
import type { Ignored } from './ignored.js'
import { removeFile } from './remove-file.js'

const NO_NAME = 'no file can have that name'

/** Whether a record and the file that it is written to first can have their names. */
function isRecordName(id: string): boolean {
  return isPlainName(`.#${id}`)
}

export class StageRecords {
  /** `udev` is what the container has as /run/udev. */
  constructor(
    private udev: string,
    private readonly addon: Pick<Native, 'replaceFile' | 'touchFile'>,
  ) {
    for (const directory of [this.data, this.tags]) mkdirSync(directory, { recursive: true, mode: 0o755 })
  }

  /** The directory has another name now. */
  moved(udev: string): void {
    this.udev = udev
  }

  get data(): string {
    return `${this.udev}/data`
  }

  get tags(): string {
    return `${this.udev}/tags`
  }

  /** Writes the database's record, if the device has one, complete or not at all, and under all tags that can be a file's name. Returns what can't be written. */
  write(record: UdevRecord): Ignored[] {
    return this.store(stored(record))
  }

  store({ id, tags, text }: StoredRecord): Ignored[] {
    const ignored: Ignored[] = []
    if (!isRecordName(id)) return [{ what: `record ${id}`, reason: NO_NAME }]
    for (const tag of tags) {
      if (isPlainName(tag)) this.indexTag(tag, id)
      else ignored.push({ what: `the list of tag ${tag}`, reason: NO_NAME })
    }
    if (text !== undefined)
      this.addon.replaceFile(`${this.data}/.#${id}`, `${this.data}/${id}`, encodeBytes(text), 0o644)
    return ignored
  }

  /** Whether the record is there as it is, and under all its tags. */
  has(record: UdevRecord): boolean {
    const { id, tags, text } = stored(record)
    return !isRecordName(id) || (this.isTagged(id, tags) && text === readText(join(this.data, id)))
  }

  /** What the record says, if it is under all these tags. */
  read({ id, tags }: StoredRecord): string | undefined {
    return isRecordName(id) && this.isTagged(id, tags) ? readText(join(this.data, id)) : undefined
  }

  remove(record: UdevRecord): void {
    this.drop(stored(record))
  }

  drop(record: StoredRecord): void {
    if (!isRecordName(record.id)) return
    this.untag(record)
    removeFile(`${this.data}/${record.id}`)
  }

  /** The record is under these tags no more. */
  untag({ id, tags }: StoredRecord): void {
    for (const tag of tags) if (isPlainName(tag)) removeFile(join(this.tags, tag, id))
  }

  /** Files of the record. */
  filesOf({ id, tags }: StoredRecord): string[] {
    return [join(this.data, id), ...tags.map((tag) => join(this.tags, tag, id))]
  }

  private isTagged(id: string, tags: readonly string[]): boolean {
    return tags.every((tag) => !isPlainName(tag) || existsSync(join(this.tags, tag, id)))
  }

  /** udev's index by tag, from which alone clients enumerate tagged devices (device_tag_index). */
  private indexTag(tag: string, id: string): void {
    const path = `${this.tags}/${tag}/${id}`
    try {
      this.addon.touchFile(path, 0o444)
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error
      mkdirSync(`${this.tags}/${tag}`, { mode: 0o755 })
      this.addon.touchFile(path, 0o444)
    }
  }
}

function stored(record: UdevRecord): StoredRecord {
  const text = recordText(record)
  return { id: recordId(record.device), tags: record.tags, ...(text !== undefined && { text }) }
}

function readText(path: string): string | undefined {
  try {
    return decodeBytes(readFileSync(path))
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}
