import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonLines } from '../../../src/container/json-lines.js'

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let start = 0
  for (const end of [...ends, bytes.length]) {
    yield await Promise.resolve(bytes.subarray(start, end))
    start = end
  }
}

const read = async (bytes: Buffer, cuts: readonly number[]): Promise<unknown[]> => {
  const values: unknown[] = []
  for await (const value of jsonLines(chunksOf(bytes, cuts))) values.push(value)
  return values
}

describe('jsonLines', () => {
  it('reads the same, wherever the stream is cut', async () => {
    const values = [{ id: 'a' }, { name: 'Gerät “№ 1” 🎮' }, { nested: { list: [1, 2] } }]
    const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 10 }), async (cuts) => {
        expect(await read(bytes, cuts)).toEqual(values)
      }),
    )
  })

  it('passes over empty lines, and does not take half a line for one', async () => {
    expect(await read(Buffer.from('\n{"a":1}\r\n\n{"b":'), [])).toEqual([{ a: 1 }])
  })

  it('throws on a line that is no JSON', async () => {
    await expect(read(Buffer.from('<html>\n'), [])).rejects.toThrow(SyntaxError)
  })
})
