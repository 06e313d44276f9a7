// Waits for a state of the machine that nothing announces.
import { setTimeout as pause } from 'node:timers/promises'

const PATIENCE = 20_000

/** Polls until `probe` returns something other than undefined or false, and returns that; rejects after `patience` milliseconds. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  patience = PATIENCE,
): Promise<T> {
  const end = Date.now() + patience
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s for ${what}`)
    await pause(50)
  }
}
