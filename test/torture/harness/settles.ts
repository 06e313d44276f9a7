// Waits for an end state, and says what it is instead when it does not come.
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

const PATIENCE = 20_000
const INTERVAL = 10

/** Polls until `probe` returns what `expected` is; rejects after `patience` milliseconds with both. */
export async function settles<T>(
  what: string,
  probe: () => Promise<T> | T,
  expected: T,
  patience = PATIENCE,
): Promise<void> {
  const end = Date.now() + patience
  for (;;) {
    const found = await probe()
    if (isDeepStrictEqual(found, expected)) return
    if (Date.now() > end)
      throw new Error(`${what} after ${patience / 1000} s: ${difference(found, expected)}`)
    await pause(INTERVAL)
  }
}

/** Polls until `probe` returns true. */
export async function holds(
  what: string,
  probe: () => Promise<boolean> | boolean,
  patience = PATIENCE,
): Promise<void> {
  const end = Date.now() + patience
  while (!(await probe())) {
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s for ${what}`)
    await pause(INTERVAL)
  }
}

/** The lines that one has and the other has not. */
export function difference(found: unknown, expected: unknown): string {
  const [a, b] = [linesOf(found), linesOf(expected)]
  const without = (lines: string[], others: string[]) => {
    const set = new Set(others)
    return lines.filter((line) => !set.has(line))
  }
  return [
    ...without(b, a).map((line) => `\n  missing: ${line}`),
    ...without(a, b).map((line) => `\n  too much: ${line}`),
  ].join('')
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry)))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, entry]) => linesOf(entry).map((line) => `${key}: ${line}`))
  return [JSON.stringify(value)]
}
