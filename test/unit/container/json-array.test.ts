import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonArray } from '../../../src/container/json-array.js'

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

async function read(text: string, size = 7, limit = 100_000): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const piece of jsonArray(cut(Buffer.from(text), size), limit))
    values.push('value' in piece ? piece.value : piece)
  return values
}

it('gives the elements of any array, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue()),
      fc.integer({ min: 1, max: 50 }),
      fc.constantFrom(undefined, 2),
      async (values, size, indent) => {
        const text = JSON.stringify(values, undefined, indent)
        expect(await read(text, size)).toEqual(JSON.parse(text))
      },
    ),
  )
})

it('keeps the beginning of an element that is too long, and has the others', async () => {
  const text = JSON.stringify([1, { Id: 'a', long: 'x'.repeat(5000) }, 2])
  const [first, long, last] = await read(text, 64, 1000)
  expect([first, last]).toEqual([1, 2])
  expect(long).toEqual({ unreadable: expect.stringMatching(/^\{"Id":"a","long":"x+$/) as string })
})

it.each(['{"message":"no"}', '<html>', '', '[1,2', 'null'])('throws on %j', async (text) => {
  await expect(read(text)).rejects.toThrow(/its list of containers/)
})
