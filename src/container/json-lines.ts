// One JSON value a line, from a stream that splits and packs as it likes.
import type { JsonPiece } from './piece.js'
import { Piece } from './piece.js'

/** More than an event has, and less than is a burden. */
const LIMIT = 1024 * 1024

/** `stream`'s lines. Bytes are split before they are decoded: a chunk may end inside a UTF-8 character. */
export async function* jsonLines(
  stream: AsyncIterable<Buffer | string>,
  limit = LIMIT,
): AsyncGenerator<JsonPiece> {
  const line = new Piece(limit)
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    let start = 0
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      line.add(bytes.subarray(start, end))
      start = end + 1
      const value = line.take()
      if (value !== undefined) yield value
    }
    if (start < bytes.length) line.add(bytes.subarray(start))
  }
}
