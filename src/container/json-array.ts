// The elements of a JSON array one by one, from a stream: of a list without an end no more is in memory than one element.
import { EngineError } from '../errors.js'
import type { JsonPiece } from './piece.js'
import { Piece } from './piece.js'

const [SPACE, QUOTE, COMMA, BACKSLASH] = [0x20, 0x22, 0x2c, 0x5c]
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d]

/** `stream`'s elements, of at most `limit` bytes each. Throws EngineError when it is no array, or ends too early. */
export async function* jsonArray(stream: AsyncIterable<Buffer>, limit: number): AsyncGenerator<JsonPiece> {
  const element = new Piece(limit)
  let depth = 0
  let isOver = false
  let isText = false
  let isEscaped = false
  for await (const chunk of stream) {
    let start = 0
    for (let at = 0; at < chunk.length && !isOver; at++) {
      const byte = chunk[at] ?? SPACE
      if (isText) {
        if (isEscaped) isEscaped = false
        else if (byte === BACKSLASH) isEscaped = true
        else if (byte === QUOTE) isText = false
        continue
      }
      if (depth === 0) {
        if (byte <= SPACE) continue
        if (byte !== OPEN_LIST) throw new EngineError('its list of containers is no list')
        depth = 1
        start = at + 1
        continue
      }
      if (byte === QUOTE) isText = true
      else if (byte === OPEN_LIST || byte === OPEN_MAP) depth++
      else if (byte === CLOSE_LIST || byte === CLOSE_MAP) depth--
      if (depth > 1 || (depth === 1 && byte !== COMMA)) continue
      element.add(chunk.subarray(start, at))
      start = at + 1
      isOver = depth === 0
      const value = element.take()
      if (value !== undefined) yield value
    }
    if (depth > 0) element.add(chunk.subarray(start))
  }
  if (!isOver) throw new EngineError('its list of containers ends in the middle')
}
