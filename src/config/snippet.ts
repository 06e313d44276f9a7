// A match for one device, ready to be copied into a config.
import { globBytes } from '../bytes.js'
import type { Match } from './config.js'
import { compileGlob, isLiteral } from './glob.js'
import { looksLikeRegex, regexDoubt } from './regex.js'

/** Characters that mean something else than themselves in a glob. */
const SPECIAL = /[*?[\]{}\\]|^!/g
/** With those that make a text look like a regular expression. */
const SIGNS = /[*?[\]{}\\^$().|+]|^!/g

/** The texts of a device, by the keys that are compared with them. A devpath that ends in a slash means all that is below it. */
export type OwnValues = Partial<Record<Exclude<keyof Match, 'properties'>, string>> & {
  properties?: Readonly<Record<string, string>>
}

/** The match as YAML, for instance `match: { name: "Xbox Wireless Controller", vendor: "045e" }`; its values are texts as devices have them. */
export function matchSnippet({ properties, ...values }: OwnValues): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}: ${quoted(globOf(key, value))}`)
  const named = Object.entries(properties ?? {}).map(([name, value]) => `${name}: ${quoted(globFor(value))}`)
  if (named.length > 0) pairs.push(`properties: { ${named.join(', ')} }`)
  return `match: { ${pairs.join(', ')} }`
}

/** The same as a config has it when it is read. */
export function matchOf({ properties, ...values }: OwnValues): Match {
  const globs = Object.entries(values).map(([key, value]) => [key, [globOf(key, value)]])
  const match = Object.fromEntries(globs) as Match
  if (properties === undefined) return match
  const named = Object.entries(properties).map(([name, value]): [string, string[]] => [
    name,
    [globFor(value)],
  ])
  return { ...match, properties: Object.fromEntries(named) }
}

function globOf(key: string, value: string): string {
  return key === 'devpath' && value.endsWith('/') ? `${globFor(value.slice(0, -1))}/*` : globFor(value)
}

/** The glob that means `text` and nothing else; where that looks like a regular expression, one that means little else. */
function globFor(text: string): string {
  if (isLiteral(text) && !isDoubtful(globBytes(text))) return globBytes(text)
  const globs = [
    text.replaceAll(SPECIAL, '\\$&'),
    text.replaceAll(SIGNS, '\\$&'),
    text.replaceAll(SPECIAL, '?'),
    text.replaceAll(SIGNS, '?'),
  ].map(globBytes)
  return globs.find((glob) => isGlobFor(text, glob)) ?? text.replaceAll(/[^\w ]/g, '?')
}

function isGlobFor(text: string, glob: string): boolean {
  if (isDoubtful(glob)) return false
  try {
    return compileGlob(glob)(text)
  } catch {
    return false
  }
}

function isDoubtful(glob: string): boolean {
  return looksLikeRegex(glob) || regexDoubt(glob, true) !== undefined
}

/** JSON's strings are YAML's, but for characters that YAML does not allow unescaped (YAML 1.2, c-printable). */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
