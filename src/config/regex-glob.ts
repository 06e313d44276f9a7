// The glob that a regular expression was meant to be.

import { compileGlob } from './glob.js'
import { looksLikeRegex, regexDoubt } from './regex.js'

/** What is left to read of a regular expression. */
interface Reader {
  text: string
  at: number
  ignoresCase: boolean
}

/** A glob has no word for it. */
class Untranslatable extends Error {}

const ANY = '*'
const SETS: Readonly<Record<string, string>> = { d: '[0-9]', D: '[!0-9]', w: '?', W: '?', s: '?', S: '?' }
const MAX_REPEATS = 8

/** A glob that means what the regular expression does, or more; undefined when there is none to offer. */
export function globOfRegex(regex: string): string | undefined {
  const [, slashed, slashFlags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(regex) ?? []
  const [, flags = '', body = ''] = /^(?:\(\?([a-z]+)\))?(.*)$/s.exec(slashed ?? regex) ?? []
  const reader: Reader = { text: body, at: 0, ignoresCase: (slashFlags + flags).includes('i') }
  try {
    return accepted(searching(reader))
  } catch (error) {
    if (error instanceof Untranslatable) return undefined
    throw error
  }
}

/** A regular expression matches anywhere, but for its anchors; `(a|b)` alone, and what excludes, do not. */
function searching(reader: Reader): string {
  const { text } = reader
  if (/^\((?!\?)[^()]*\)$/.test(text)) return choices(reader)
  const [, excluded] = /^\^?\(\?!([^()]*)\)(?:\.\*)?\$?$/.exec(text) ?? []
  if (excluded !== undefined) {
    const isWhole = /(?<!\\)\$$/.test(excluded)
    return `!${choices({ ...reader, text: excluded.replace(/\$$/, '') })}${isWhole ? '' : ANY}`
  }
  return choices(reader, (alternative) => {
    const inner = alternative.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
    return {
      before: alternative.startsWith('^') ? '' : ANY,
      inner,
      after: alternative === inner || alternative === `^${inner}` ? ANY : '',
    }
  })
}

type Anchors = (alternative: string) => { before: string; inner: string; after: string }

/** All alternatives of what is left. */
function choices(reader: Reader, anchorsOf: Anchors = (inner) => ({ before: '', inner, after: '' })): string {
  const globs = alternativesOf(reader.text).map((alternative) => {
    const { before, inner, after } = anchorsOf(alternative)
    return `${before}${sequence({ ...reader, text: inner, at: 0 })}${after}`
  })
  return globs.length === 1 ? (globs[0] ?? '') : braces(globs)
}

function braces(globs: readonly string[]): string {
  return `{${globs.join(',')}}`
}

/** The alternatives that are parted by `|`, groups and sets left whole. */
function alternativesOf(text: string): string[] {
  const found: string[] = ['']
  let depth = 0
  for (const [part] of text.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^]/g)) {
    if (part === '(') depth++
    if (part === ')') depth--
    if (part === '|' && depth === 0) found.push('')
    else found.push(`${found.pop() ?? ''}${part}`)
  }
  return found
}

function sequence(reader: Reader): string {
  let glob = ''
  while (reader.at < reader.text.length) glob += repeated(reader, atom(reader))
  return glob
}

const ATOM = /\\([^])|\[\^?\]?(?:\\[^]|[^\]\\])*\]|\((?:\?:|\?<\w+>)?((?:\\[^]|[^()\\])*)\)|[^()[\]{}^$+*?|]/y

/** One character, set or group; a group within a group has no glob here. */
function atom(reader: Reader): string {
  ATOM.lastIndex = reader.at
  const [whole, escaped, group] = ATOM.exec(reader.text) ?? []
  if (whole === undefined || group?.startsWith('?') === true) throw new Untranslatable()
  reader.at += whole.length
  if (group !== undefined) return choices({ ...reader, text: group })
  if (whole.startsWith('[')) return set(whole, reader)
  if (whole === '.') return '?'
  if (escaped !== undefined && Object.hasOwn(SETS, escaped)) return SETS[escaped] ?? '?'
  if (escaped !== undefined && /[a-zA-Z0-9]/.test(escaped)) {
    if (escaped === 'b') return ''
    throw new Untranslatable()
  }
  return literal(escaped ?? whole, reader)
}

function set(text: string, { ignoresCase }: Reader): string {
  if (/\\[a-zA-Z]/.test(text)) return '?'
  if (!ignoresCase) return text
  return text.replaceAll(/[a-z](?:-[a-z])?/gi, (part) => `${part.toLowerCase()}${part.toUpperCase()}`)
}

function literal(character: string, { ignoresCase }: Reader): string {
  if (/[*?[\]{}\\,!]/.test(character)) return `\\${character}`
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()]
  return ignoresCase && lower !== upper ? `[${lower}${upper}]` : character
}

/** With the quantifier that follows it. */
function repeated(reader: Reader, glob: string): string {
  const [whole, least, , most] = /^(?:[*+?]|\{(\d+)(,(\d*))?\})[?+]?/.exec(reader.text.slice(reader.at)) ?? []
  if (whole === undefined) return glob
  reader.at += whole.length
  if (whole.startsWith('*')) return ANY
  if (whole.startsWith('+')) return `${glob}${ANY}`
  if (whole.startsWith('?')) return glob === '' ? '' : braces(['', glob])
  const count = Number(least)
  if (count > MAX_REPEATS) return ANY
  return `${glob.repeat(count)}${whole.includes(',') && most !== least ? ANY : ''}`
}

function accepted(glob: string): string | undefined {
  // What is between commas needs no backslash before them where there are no braces.
  const shorter = glob.replaceAll(/\*{2,}/g, '*').replaceAll(/\\([,!])/g, (escaped, character: string) => {
    return glob.includes('{') || glob.startsWith(escaped) ? escaped : character
  })
  try {
    compileGlob(shorter)
    return looksLikeRegex(shorter) || regexDoubt(shorter, true) !== undefined ? undefined : shorter
  } catch {
    return undefined
  }
}
