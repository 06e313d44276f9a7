// Which known word was probably meant.

import { distance } from 'fastest-levenshtein'

/** The one of `known` that `word` was probably meant to be: another name for it, part of it, or it with a typing error. */
export function nearest(
  word: string,
  known: readonly string[],
  synonyms: Readonly<Record<string, string>> = {},
): string | undefined {
  const plain = plainOf(word)
  const synonym = Object.hasOwn(synonyms, plain) ? synonyms[plain] : undefined
  if (synonym !== undefined && known.includes(synonym)) return synonym
  const within = known.filter((candidate) => candidate.length > 2 && plain.includes(plainOf(candidate)))
  if (within.length > 0)
    return within.reduce((best, candidate) => (candidate.length > best.length ? candidate : best))
  const [closest] = known
    .map((candidate) => ({ candidate, steps: distance(plain, plainOf(candidate)) }))
    .filter(({ steps }) => steps <= tolerance(plain))
    .sort((a, b) => a.steps - b.steps)
  return closest?.candidate
}

function plainOf(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** Two letters that changed places are two steps. */
function tolerance(word: string): number {
  if (word.length < 4) return 1
  return word.length < 8 ? 2 : 3
}
