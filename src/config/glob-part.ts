// The parts of a glob that are read as a whole: sets in brackets, and ranges in braces.

/** Whether a character is one that a step of a glob goes over. */
export type Passes = (character: string) => boolean

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[a-zA-Z0-9]/,
  alpha: /[a-zA-Z]/,
  ascii: /[\0-\x7f]/,
  blank: /[ \t]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[\x21-\x7e]/,
  lower: /[a-z]/,
  print: /[\x20-\x7e]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\r\n\v\f]/,
  upper: /[A-Z]/,
  word: /\w/,
  xdigit: /[A-Fa-f0-9]/,
}

const NAMED = /\[:([a-z]+):\]/y
/** A character of a set, or a range of them; a dash before the bracket that closes it is no range. */
const MEMBER = /(\\[^]|[^\\])(?:-(\\[^]|[^\\\]]))?/y
/** `{1..12}`, `{a..f}`. */
const RANGE = /\{(?:(\d{1,9})\.\.(\d{1,9})|([^\\{}[\]*?,.])\.\.([^\\{}[\]*?,.]))\}/y
const MAX_NUMBERS = 1000

/**
 * The set that begins at `at` with a `[`. `literal` is what it looks like, when that can be a part of a name, such as `[v2]`: then the set and the text are both meant.
 */
export function readSet(
  glob: string,
  at: number,
): { passes: Passes; length: number; literal: string | undefined } {
  const members: Passes[] = []
  const isNegated = /[!^]/.test(glob.charAt(at + 1))
  const start = at + (isNegated ? 2 : 1)
  let end = start
  while (glob.charAt(end) !== ']' || end === start) {
    const name = matchAt(NAMED, glob, end)
    const known = name?.[1] === undefined ? undefined : CLASSES[name[1]]
    const member = name !== undefined && known !== undefined ? name : matchAt(MEMBER, glob, end)
    if (member === undefined) throw new Error('a glob in which every [ has its ]')
    end += member[0].length
    members.push(known === undefined ? between(member[1], member[2]) : (one) => known.test(one))
  }
  const length = end + 1 - at
  const text = glob.slice(at, end + 1)
  return {
    passes: (one) => members.some((passes) => passes(one)) !== isNegated,
    length,
    literal: /[-*+?.^${}(|)[\]]/.test(text.slice(1, -1)) || isNegated ? undefined : text,
  }
}

/** The texts that the range in braces at `at` means, whatever the order of its ends; undefined for other braces. */
export function readBraces(glob: string, at: number): { texts: string[]; length: number } | undefined {
  const range = matchAt(RANGE, glob, at)
  if (range === undefined) return undefined
  const [whole, first, last, from = '', to = ''] = range
  const ends =
    first === undefined || last === undefined
      ? [from.charCodeAt(0), to.charCodeAt(0)]
      : [Number(first), Number(last)]
  const [lowest = 0, highest = 0] = ends.sort((a, b) => a - b)
  if (highest - lowest >= MAX_NUMBERS)
    throw new Error(`a glob whose ranges in braces have at most ${MAX_NUMBERS} numbers`)
  const width = [first, last].some((end) => /^0\d/.test(end ?? ''))
    ? Math.max(first?.length ?? 0, last?.length ?? 0)
    : 0
  return {
    length: whole.length,
    texts: Array.from({ length: highest - lowest + 1 }, (_, index) =>
      first === undefined ? String.fromCharCode(lowest + index) : String(lowest + index).padStart(width, '0'),
    ),
  }
}

function between(first = '', last = first): Passes {
  const [lowest, highest] = [first, last].map((end) => end.charCodeAt(end.length - 1)) as [number, number]
  if (lowest > highest) throw new Error('a glob whose ranges go up, as [a-z] does')
  return (one) => one.charCodeAt(0) >= lowest && one.charCodeAt(0) <= highest
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}
