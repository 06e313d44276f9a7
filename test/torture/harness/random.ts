// Choices that a seed repeats.

export type Random = () => number

/** mulberry32: numbers from 0 up to 1. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of `weights`' keys, as often as its weight says. */
export function chosen<Choice extends string>(
  random: Random,
  weights: Readonly<Record<Choice, number>>,
): Choice {
  const entries = Object.entries<number>(weights) as [Choice, number][]
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [choice, weight] of entries) {
    left -= weight
    if (left < 0) return choice
  }
  throw new Error('nothing to choose from')
}

/** The seed of a run: from the environment, to repeat one, or a new one; printed by those who use it. */
export function seedOfRun(): number {
  return Number(process.env['TORTURE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
}
