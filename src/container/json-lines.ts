// One JSON value a line, from a stream that splits and packs as it likes.

/** Values of `stream`'s lines. Bytes are split before they are decoded: a chunk may end inside a UTF-8 character. Throws on a line that is no JSON. */
export async function* jsonLines(stream: AsyncIterable<Buffer | string>): AsyncGenerator {
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, typeof chunk === 'string' ? Buffer.from(chunk) : chunk])
    let newline: number
    while ((newline = rest.indexOf(0x0a)) >= 0) {
      const line = rest.toString('utf8', 0, newline).trim()
      rest = rest.subarray(newline + 1)
      if (line !== '') yield JSON.parse(line) as unknown
    }
  }
}
