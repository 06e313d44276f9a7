// The udev database of one stage: records, and their index by tag.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSystemError } from '../errors.js'
import type { Native } from '../native.js'
import type { UdevRecord } from '../udev/record.js'
import { recordId, recordText } from '../udev/record.js'
import { isPlainName } from './file-name.js'
import { removeFile } from './remove-file.js'

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

  /** Writes the database's record, if the device has one, complete or not at all. */
  write(record: UdevRecord): void {
    const id = recordId(record.device)
    for (const tag of record.tags) this.indexTag(tag, id)
    const text = recordText(record)
    if (text === undefined) return
    this.addon.replaceFile(`${this.data}/.#${id}`, `${this.data}/${id}`, text, 0o644)
  }

  /** Whether the record is there as it is, and under all its tags. */
  has(record: UdevRecord): boolean {
    const id = recordId(record.device)
    const hasTags = record.tags.every((tag) => !isPlainName(tag) || existsSync(join(this.tags, tag, id)))
    return hasTags && recordText(record) === readText(join(this.data, id))
  }

  remove(record: UdevRecord): void {
    const id = recordId(record.device)
    for (const tag of record.tags) if (isPlainName(tag)) removeFile(join(this.tags, tag, id))
    removeFile(`${this.data}/${id}`)
  }

  /** udev's index by tag, from which alone clients enumerate tagged devices (device_tag_index). */
  private indexTag(tag: string, id: string): void {
    if (!isPlainName(tag)) return
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

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}
