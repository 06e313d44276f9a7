// An open hwdb.bin, read in pages of which the last used are kept: what mmap(2) would give, with a bound on memory and an error for SIGBUS.
import type { BigIntStats } from 'node:fs'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { HwdbError, InvariantError, isSystemError, messageOf } from '../errors.js'

const PAGE = 4096
const PAGES_KEPT = 256
const NUL = 0

/** Opens a hwdb.bin; undefined when there is none. */
export function openHwdbFile(path: string): HwdbFile | undefined {
  let fd
  try {
    // A FIFO in its place must not hold up the daemon.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw new HwdbError(path, messageOf(error))
  }
  const stat = fstatSync(fd, { bigint: true })
  if (stat.isFile()) return new HwdbFile(path, fd, stat)
  closeSync(fd)
  throw new HwdbError(path, 'it is not a file')
}

/** Every read is checked against the file's size, and throws HwdbError. */
export class HwdbFile {
  readonly size: number
  /** By their number; the one that was used last is the last one. */
  readonly #pages = new Map<number, Buffer>()
  #page: Buffer = Buffer.alloc(0)
  #pageNumber = -1
  #open = true

  constructor(
    readonly path: string,
    private readonly fd: number,
    /** Of the file as it was when it was opened. */
    readonly stat: BigIntStats,
  ) {
    this.size = Number(stat.size)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#pages.clear()
    this.#pageNumber = -1
    closeSync(this.fd)
  }

  byte(offset: number): number {
    this.check(offset, 1)
    return this.pageAt(offset).readUInt8(offset % PAGE)
  }

  /** A little-endian number of at most 48 bits. */
  uint(offset: number, bytes: number): number {
    this.check(offset, bytes)
    const start = offset % PAGE
    if (start + bytes <= PAGE) return this.pageAt(offset).readUIntLE(start, bytes)
    let value = 0
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + this.byte(offset + index)
    return value
  }

  /** A le64_t that is an offset or a count: what exceeds 48 bits exceeds any file. */
  uint64(offset: number): number {
    this.check(offset, 8)
    const start = offset % PAGE
    if (start + 8 > PAGE) {
      if (this.uint(offset + 6, 2) === 0) return this.uint(offset, 6)
    } else {
      const page = this.pageAt(offset)
      if (page[start + 6] === 0 && page[start + 7] === 0) return page.readUIntLE(start, 6)
    }
    return this.fail('a number is beyond the end of the file', offset)
  }

  /** The bytes up to the NUL that ends the string; a longer one than `limit` is an error. */
  string(offset: number, limit: number): Buffer {
    const parts: Buffer[] = []
    let at = offset
    for (;;) {
      if (at >= this.size) this.fail('a string has no end', offset)
      const start = at % PAGE
      const page = this.pageAt(at)
      const nul = page.indexOf(NUL, start)
      // A copy, because the page's buffer is used for the next page.
      parts.push(Buffer.from(page.subarray(start, nul < 0 ? PAGE : nul)))
      at += nul < 0 ? page.length - start : nul - start
      if (at - offset > limit) this.fail(`a string is longer than ${limit} bytes`, offset)
      if (nul >= 0) return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
    }
  }

  /** Throws unless the file has `length` bytes at `offset`. */
  check(offset: number, length: number): void {
    if (offset + length > this.size) this.fail(`${length} bytes there are beyond the end of the file`, offset)
  }

  fail(problem: string, offset: number): never {
    throw new HwdbError(this.path, problem, offset)
  }

  private pageAt(offset: number): Buffer {
    const number = Math.floor(offset / PAGE)
    if (number === this.#pageNumber) return this.#page
    const kept = this.#pages.get(number)
    if (kept !== undefined) this.#pages.delete(number)
    const page = kept ?? this.readPage(number)
    this.#pages.set(number, page)
    this.#page = page
    this.#pageNumber = number
    return page
  }

  private readPage(number: number): Buffer {
    // The number of another file by now, perhaps.
    if (!this.#open) throw new InvariantError(`${this.path} is read after it was closed`)
    const start = number * PAGE
    const length = Math.min(PAGE, this.size - start)
    const buffer = this.buffer()
    this.#pageNumber = -1
    let filled = 0
    while (filled < length) {
      const count = this.pread(buffer, filled, length - filled, start + filled)
      if (count === 0) this.fail('the file was cut off while it was open', start + filled)
      filled += count
    }
    return length === PAGE ? buffer : buffer.subarray(0, length)
  }

  private pread(buffer: Buffer, into: number, length: number, position: number): number {
    try {
      return readSync(this.fd, buffer, into, length, position)
    } catch (error) {
      return this.fail(messageOf(error), position)
    }
  }

  /** That of the page which was not used for longest, or a new one. */
  private buffer(): Buffer {
    const [oldest] = this.#pages
    if (oldest === undefined || this.#pages.size < PAGES_KEPT) return Buffer.allocUnsafeSlow(PAGE)
    const [number, page] = oldest
    this.#pages.delete(number)
    // The last page of the file is a shorter view.
    return page.length === PAGE ? page : Buffer.allocUnsafeSlow(PAGE)
  }
}
