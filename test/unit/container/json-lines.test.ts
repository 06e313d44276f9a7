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

const read = async (bytes: Buffer, cuts: readonly number[], limit?: number): Promise<unknown[]> => {
  const values: unknown[] = []
  for await (const line of jsonLines(chunksOf(bytes, cuts), limit))
    values.push('value' in line ? line.value : line)
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

  it('gives what is no JSON as it is, and goes on behind it', async () => {
    expect(await read(Buffer.from('<html>\n{"a":1}\n'), [])).toEqual([{ unreadable: '<html>' }, { a: 1 }])
  })

  it('keeps the first characters of a line that is too long, wherever it is cut, and goes on behind it', async () => {
    const bytes = Buffer.from(`{"id":"x","labels":"${'y'.repeat(10_000)}"}\n{"b":2}\n`)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 10 }), async (cuts) => {
        const [line, next] = await read(bytes, cuts, 200)
        expect(line).toEqual({ unreadable: expect.stringMatching(/^\{"id":"x"/) as string })
        expect(next).toEqual({ b: 2 })
      }),
    )
  })

  it('takes a line without an end in time that grows with its length', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      for (let part = 0; part < 20_000; part++) yield await Promise.resolve(Buffer.alloc(16_384, 0x61))
    }
    const values: unknown[] = []
    for await (const line of jsonLines(endless())) values.push(line)
    expect(values).toEqual([])
    expect(process.memoryUsage().rss).toBeLessThan(400 * 1024 * 1024)
  })
})
