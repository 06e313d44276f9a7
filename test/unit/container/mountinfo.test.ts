import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TooManyMounts, mountLines } from '../../../src/container/mountinfo.js'

function file(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'udev-proxy-mountinfo-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'mountinfo')
  writeFileSync(path, text)
  return path
}

async function all(path: string, limit?: number): Promise<string[]> {
  const pieces: string[] = []
  for await (const lines of mountLines(path, limit)) pieces.push(lines)
  return pieces
}

describe('the lines of a mountinfo', () => {
  it('are all there, whole, and few at a time, however long they are', async () => {
    const line = fc.nat({ max: 40_000 }).map((length) => `${'é'.repeat(length / 2)}x`)
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), fc.boolean(), async (lines, isEnded) => {
        const text = lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : '')
        const pieces = await all(file(text))
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces.slice(0, -1)) expect(piece.endsWith('\n')).toBe(true)
        for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThan(2 * 65_536)
      }),
      { numRuns: 50 },
    )
  })

  it('are those of the kernel', async () => {
    expect((await all('/proc/self/mountinfo')).join('')).toBe(readFileSync('/proc/self/mountinfo', 'utf8'))
  })

  it('end at the limit', async () => {
    const path = file('1 2 0:3 / / rw - tmpfs tmpfs rw\n'.repeat(10_000))
    await expect(all(path, 100_000)).rejects.toThrow(TooManyMounts)
    expect((await all(path, 320_000)).join('')).toHaveLength(320_000)
  })
})
