// One JSON text out of a stream, in as many parts as it comes in, and of no more than a limit.

/** A JSON value, or, of a text that is none or longer than the limit, its first characters. */
export type JsonPiece = { value: unknown } | { unreadable: string }

/** What is kept of a text that is too long. */
const KEPT = 4096

export class Piece {
  private parts: Buffer[] = []
  private size = 0

  constructor(private readonly limit: number) {}

  add(part: Buffer): void {
    const wasTooLong = this.size > this.limit
    this.size += part.length
    if (wasTooLong) return
    this.parts.push(part)
    // A copy: what is cut off is not to be kept in memory.
    if (this.size > this.limit) this.parts = [Buffer.from(Buffer.concat(this.parts).subarray(0, KEPT))]
  }

  /** Ends the text, and begins another; undefined when there was nothing but white space. */
  take(): JsonPiece | undefined {
    const text = Buffer.concat(this.parts).toString('utf8').trim()
    const isWhole = this.size <= this.limit
    this.parts = []
    this.size = 0
    if (text === '') return undefined
    if (!isWhole) return { unreadable: text }
    try {
      return { value: JSON.parse(text) as unknown }
    } catch {
      return { unreadable: text.slice(0, KEPT) }
    }
  }
}
