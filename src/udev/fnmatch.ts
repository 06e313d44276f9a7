// fnmatch(3) without flags in the C locale, one byte of the pattern after the other: patterns that begin alike share the work.
import { bracketTest } from './bracket.js'

/** How far into a text a pattern may have come by now. */
export interface Reach {
  /** Where in the text it may stand, ascending; never empty. */
  readonly at: readonly number[]
  /** The pattern ends in `*`: it may stand anywhere behind the first of `at`, too. */
  readonly star: boolean
  /** A `\` or a `[...` that the pattern has not completed yet. */
  readonly open: readonly number[]
}

const STAR = 0x2a
const QUESTION = 0x3f
const BRACKET = 0x5b
const ESCAPE = 0x5c
const CLOSE = 0x5d
const NOTHING: readonly number[] = []

/** True for the three bytes that begin something else than a literal, as sd-hwdb.c sees it: `\` is none of them. */
export function isWildcard(byte: number): boolean {
  return byte === STAR || byte === QUESTION || byte === BRACKET
}

/** An empty pattern, which stands at `offset` of the text. */
export function reachOf(offset: number): Reach {
  return { at: [offset], star: false, open: NOTHING }
}

/** The pattern goes on with `pattern`; undefined when no continuation of it can match the text any more. */
export function advanceAll(text: Uint8Array, reach: Reach, pattern: Iterable<number>): Reach | undefined {
  let next: Reach | undefined = reach
  for (const byte of pattern) {
    next = advance(text, next, byte)
    if (next === undefined) return undefined
  }
  return next
}

/** The same for one byte. */
export function advance(text: Uint8Array, { at, star, open }: Reach, byte: number): Reach | undefined {
  if (open[0] === ESCAPE) return consumeByte(text, at, star, byte)
  if (open[0] === BRACKET) {
    const bracket = [...open, byte]
    const accepts = byte === CLOSE ? bracketTest(bracket) : undefined
    return accepts === undefined ? { at, star, open: bracket } : consume(text, at, star, accepts)
  }
  if (byte === STAR) return { at: at.slice(0, 1), star: true, open }
  if (byte === BRACKET || byte === ESCAPE) return { at, star, open: [byte] }
  return byte === QUESTION ? consume(text, at, star, () => true) : consumeByte(text, at, star, byte)
}

/** True when the pattern, if it ends here, matches the text to its end. */
export function matches(text: Uint8Array, { at, star, open }: Reach): boolean {
  if (open.length === 0) return star || at.at(-1) === text.length
  // A `\` before nothing matches nothing; a `[` that nothing closes stands for itself.
  if (open[0] === ESCAPE) return false
  const literal = consumeByte(text, at, star, BRACKET)
  const rest = literal && advanceAll(text, literal, open.slice(1))
  return rest !== undefined && matches(text, rest)
}

/** One byte of the text, which `accepts` must accept. */
function consume(
  text: Uint8Array,
  at: readonly number[],
  star: boolean,
  accepts: (byte: number) => boolean,
): Reach | undefined {
  const next: number[] = []
  const first = at[0] ?? 0
  const count = star ? text.length - first : at.length
  for (let index = 0; index < count; index++) {
    const offset = star ? first + index : (at[index] ?? 0)
    const byte = text[offset]
    if (byte !== undefined && accepts(byte)) next.push(offset + 1)
  }
  return reached(next)
}

/** The same for a literal: nearly all of any pattern, and what takes most of the time. */
function consumeByte(
  text: Uint8Array,
  at: readonly number[],
  star: boolean,
  byte: number,
): Reach | undefined {
  const next: number[] = []
  if (star) {
    for (let offset = at[0] ?? 0; offset < text.length; offset++)
      if (text[offset] === byte) next.push(offset + 1)
  } else {
    for (const offset of at) if (text[offset] === byte) next.push(offset + 1)
  }
  return reached(next)
}

function reached(at: readonly number[]): Reach | undefined {
  return at.length === 0 ? undefined : { at, star: false, open: NOTHING }
}
