// A match for one device, ready to be copied into a config.
import { globBytes } from '../bytes.js'
import type { Match } from './config.js'
import { compileGlob, isLiteral } from './glob.js'
import { looksLikeRegex } from './regex.js'

/** Characters that mean something else than themselves in a glob. */
const SPECIAL = /[*?[\]{}\\]|^!/g
/** With those that make a text look like a regular expression. */
const SIGNS = /[*?[\]{}\\^$().|+]|^!/g

/** The match as YAML, for instance `match: { name: "Xbox Wireless Controller", vendor: "045e" }`; its values are texts as devices have them. */
export function matchSnippet(values: Partial<Record<Exclude<keyof Match, 'properties'>, string>>): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}: ${quoted(globFor(value))}`)
  return `match: { ${pairs.join(', ')} }`
}

/** The glob that means `text` and nothing else; where picomatch can't be told so, one that means little else. */
export function globFor(text: string): string {
  if (isLiteral(text) && !looksLikeRegex(text)) return globBytes(text)
  const globs = [
    text.replaceAll(SPECIAL, '\\$&'),
    text.replaceAll(SIGNS, '\\$&'),
    text.replaceAll(SPECIAL, '?'),
    text.replaceAll(SIGNS, '?'),
  ].map(globBytes)
  return globs.find((glob) => isGlobFor(text, glob)) ?? text.replaceAll(/[^\w ]/g, '?')
}

function isGlobFor(text: string, glob: string): boolean {
  if (looksLikeRegex(glob)) return false
  try {
    return compileGlob(glob)(text)
  } catch {
    return false
  }
}

/** JSON's strings are YAML's, but for characters that YAML does not allow unescaped (YAML 1.2, c-printable). */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
