// A text that YAML can't read without quotes: which text of a line that is.

import { parseDocument } from 'yaml'

export interface Unquoted {
  /** The column of the text, counted from 0. */
  column: number
  /** The text, quotes left out. */
  text: string
  /** The text as an entry that YAML reads: `name: "Pad #1"`, or without the key in a list. */
  entry: string
  /** The whole line, with the quotes. */
  line: string
}

/** Behind these a value begins. */
const START = /(?:^[ \t]*(?:- +)*|[[{,][ \t]*|- +)(?:([\w.-]+):[ \t]+)?(?=[^ \t])|:[ \t]+(?=[^ \t])/g
/** Before these it may end. */
const END = /[ \t]*(?:[,}\]]|$)/g
/** A line longer than any that a person writes is not tried. */
const MAX_COLUMNS = 300

/** The text that makes the difference for a line that YAML can't read by itself, and reads when that text is quoted; undefined when there is none. */
export function unquotedIn(line: string): Unquoted | undefined {
  if (line.length > MAX_COLUMNS || isYaml(line)) return undefined
  const starts = [...line.matchAll(START)].map((found) => found.index + found[0].length)
  // The innermost value comes last.
  for (const column of starts.reverse()) {
    for (const { index: end } of line.slice(column).matchAll(END)) {
      const written = line.slice(column, column + end)
      if (!isText(written)) continue
      const text = withoutQuotes(written)
      const fixed = line.slice(0, column) + JSON.stringify(text) + line.slice(column + end)
      if (text === '' || !isYaml(fixed)) continue
      const key = /([\w.-]+:)[ \t]+$/.exec(line.slice(0, column))?.[1]
      const entry = `${key === undefined ? '' : `${key} `}${JSON.stringify(text)}`
      return { column, text, entry, line: fixed }
    }
  }
  return undefined
}

/** Whether one text is probably meant, and no mapping, list or two texts that lack something else than quotes. */
function isText(written: string): boolean {
  if (/^- |^(["']).*\1\s[^[{]/.test(written) || (/:\s/.test(written) && /[{}[\]]/.test(written))) return false
  const [opening, closing] = [/[[{]/g, /[\]}]/g].map((signs) => written.match(signs)?.length ?? 0)
  return opening === closing
}

function withoutQuotes(written: string): string {
  const quote = /^["']/.exec(written)?.[0]
  if (quote === undefined) return written
  return written.endsWith(quote) ? written.slice(1, -1) : written.replaceAll(quote, '')
}

function isYaml(line: string): boolean {
  const { errors, warnings } = parseDocument(line.trimStart(), { prettyErrors: false })
  return errors.length + warnings.length === 0
}
