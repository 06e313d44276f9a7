// What a glob of the config means: over plain texts, not over paths.

import { readBraces, readSet } from './glob-part.js'
import type { Passes } from './glob-part.js'

/** Over one character that passes, or over none; then on to each of `next`. */
interface Step {
  passes?: Passes
  next: number[]
}

/** A `{` that is not closed yet: the step at which its choices begin, and where each of them but the last ends. */
interface OpenBrace {
  fork: Step
  ends: Step[]
}

const any: Passes = () => true

/**
 * Compiles a glob: `*` (any run, '/' too), `?`, `[…]`, `{a,b}`, `{1..9}`, and a leading `!` for "not"; what follows a backslash stands for
 * itself, as does everything else. A text that is the glob itself matches, too.
 * The predicate is false for an empty text: a device that has no uniq does not match `uniq: "*"`.
 * Throws when the glob is empty or malformed; the message says what was expected.
 */
export function compileGlob(glob: string): (text: string) => boolean {
  if (glob === '') throw new Error('a glob that is not empty')
  if (isLiteral(glob)) return (text) => text === glob
  if (isPlain(glob)) return (text) => text !== '' && (text === glob || matchesPlain(glob, text))
  const body = glob.replace(/^!+/, '')
  const isNegated = (glob.length - body.length) % 2 === 1
  const leadsThrough = walk(stepsOf(body))
  return (text) => text !== '' && (text === glob || leadsThrough(text) !== isNegated)
}

/** True when the text stands for itself alone: no character of it is special in a glob. */
export function isLiteral(glob: string): boolean {
  return !/[*?[\]{}\\]|^!/.test(glob)
}

/** Each step leads to the one behind it, unless it says otherwise; the last leads out. */
function stepsOf(glob: string): Step[] {
  const steps: Step[] = []
  const open: OpenBrace[] = []
  const add = (passes?: Passes): Step => {
    const step = { next: [steps.length + 1], ...(passes && { passes }) }
    steps.push(step)
    return step
  }
  const choice = (): OpenBrace => ({ fork: add(), ends: [] })
  const nextChoice = ({ fork, ends }: OpenBrace): void => {
    ends.push(add())
    fork.next.push(steps.length)
  }
  const close = ({ ends }: OpenBrace): void => {
    for (const end of ends) end.next = [steps.length]
  }
  const spell = (text: string): void => {
    for (let at = 0; at < text.length; at++) add(only(text.charAt(at)))
  }
  for (let at = 0; at < glob.length;) {
    const character = glob.charAt(at++)
    const brace = open.at(-1)
    if (character === '*') {
      add().next.push(steps.length + 1)
      add(any).next = [steps.length - 2]
    } else if (character === '?') add(any)
    else if (character === '\\') {
      add(only(glob.charAt(at++) || character))
    } else if (character === '[') {
      const { passes, length, literal } = readSet(glob, at - 1)
      at += length - 1
      const either = literal === undefined ? undefined : choice()
      add(passes)
      if (either === undefined || literal === undefined) continue
      nextChoice(either)
      spell(literal)
      close(either)
    } else if (character === ']') throw new Error('a glob in which every [ has its ]')
    else if (character === '{') {
      const range = readBraces(glob, at - 1)
      if (range === undefined) {
        open.push(choice())
        continue
      }
      at += range.length - 1
      const among = choice()
      range.texts.forEach((text, index) => {
        if (index > 0) nextChoice(among)
        spell(text)
      })
      close(among)
    } else if (character === ',' && brace !== undefined) nextChoice(brace)
    else if (character === '}' && brace !== undefined) {
      open.pop()
      if (brace.ends.length > 0) close(brace)
      else {
        brace.fork.passes = only('{')
        add(only('}'))
      }
    } else add(only(character))
  }
  if (open.length > 0) throw new Error('a glob in which every { has its }')
  return steps
}

function only(character: string): Passes {
  return (one) => one === character
}

/**
 * Whether the steps lead from the beginning of a text to its end. All ways are gone at once, so that it takes the text times the glob at most: a device chooses its
 * name, and a regular expression takes exponential time for some.
 */
function walk(steps: readonly Step[]): (text: string) => boolean {
  /** When each step was last reached, counted in characters of all texts. */
  const seen = new Float64Array(steps.length + 1)
  let now = 0
  return (text) => {
    let from = [0]
    for (let at = 0; at <= text.length && from.length > 0; at++) {
      now++
      const reached: number[] = []
      // Grows while it is gone through.
      for (const index of from) {
        if (seen[index] === now) continue
        seen[index] = now
        const step = steps[index]
        if (step === undefined) {
          if (at === text.length) return true
        } else if (step.passes === undefined) for (const next of step.next) from.push(next)
        else if (at < text.length && step.passes(text.charAt(at))) reached.push(...step.next)
      }
      from = reached
    }
    return false
  }
}

/** Whether no character but `*` and `?` is special in it. */
function isPlain(glob: string): boolean {
  return isLiteral(glob.replaceAll(/[*?]/g, '')) && !glob.startsWith('!')
}

/** The same for the globs that nearly all are, ten times as fast: after a star only the last one can have gone over too little. */
function matchesPlain(glob: string, text: string): boolean {
  let [at, from] = [0, 0]
  let star: { glob: number; text: number } | undefined
  while (from < text.length) {
    const wanted = glob[at]
    if (wanted === '*') star = { glob: at++, text: from }
    else if (wanted !== undefined && (wanted === '?' || wanted === text[from])) {
      at++
      from++
    } else if (star !== undefined) {
      at = star.glob + 1
      from = ++star.text
    } else return false
  }
  return /^\**$/.test(glob.slice(at))
}
