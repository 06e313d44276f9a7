// Lines that are on file before what they tell of is done.
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { isSystemError } from '../errors.js'

export class WriteAhead {
  private file: number | undefined

  constructor(private path: string) {}

  /** Appends a line. A daemon that is killed meanwhile leaves the line whole, cut short, or not at all; what is written outlives it. */
  append(line: string): void {
    this.file ??= openSync(this.path, 'a', 0o600)
    const bytes = Buffer.from(`${line}\n`)
    const written = writeSync(this.file, bytes)
    if (written < bytes.length) finish(this.file, bytes, written)
  }

  /** Lines that are whole, the oldest first. */
  read(): string[] {
    try {
      return readFileSync(this.path, 'utf8').split('\n').slice(0, -1)
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return []
      throw error
    }
  }

  /** Takes back all lines: what they tell of is done, and noted elsewhere. */
  clear(): void {
    this.file ??= openSync(this.path, 'a', 0o600)
    ftruncateSync(this.file)
  }

  /** The directory of the file has another name now; what is open stays. */
  moved(path: string): void {
    this.path = path
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file)
    this.file = undefined
  }
}

/** A file system that is full takes a part of the line, and says so only of the rest: the next line must not go on in the midst of it. */
function finish(file: number, bytes: Buffer, written: number): void {
  const start = fstatSync(file).size - written
  try {
    for (let at = written; at < bytes.length;) at += writeSync(file, bytes, at)
  } catch (error) {
    ftruncateSync(file, start)
    throw error
  }
}
