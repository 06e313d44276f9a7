// What YAML itself has against a text, in words for people who don't know its grammar.

import type { ErrorCode, Node, YAMLError } from 'yaml'
import { isCollection, isMap, isNode, isScalar, visit } from 'yaml'
import type { ConfigMistake } from '../errors.js'
import type { Source } from './document.js'
import { lineOf, mistakeAt, offsetOf, parseText, sourceOf } from './document.js'
import { ruleHint } from './match-key.js'
import { ODD_SPACES, unicode } from './odd-character.js'
import { unquotedIn } from './unquoted.js'

/** A text that YAML finds fault with, and what it made of it nevertheless. */
interface Faulty {
  source: Source
  nodes: readonly Node[]
}

interface Words {
  message: string
  hint?: string | undefined
  /** Where to point, when that is not where YAML noticed. */
  offset?: number
  /** What is never closed: all that YAML says of the text after it is a guess. */
  opener?: 'quote' | 'bracket'
}

/** After these the rest of the document is still what its writer meant; after the others it is guesswork. */
const HARMLESS: readonly ErrorCode[] = [
  'BAD_ALIAS',
  'BAD_DIRECTIVE',
  'BAD_DQ_ESCAPE',
  'BAD_SCALAR_START',
  'DUPLICATE_KEY',
  'MULTIPLE_DOCS',
  'TAG_RESOLVE_FAILED',
]

/** How often a text is read anew with quotes in it: nobody mends more mistakes at once. */
const MAX_REPAIRS = 20

/** The mistakes of syntax, one a line at most: the others of a line follow from its first. */
export function syntaxMistakes(source: Source, repairs = MAX_REPAIRS): ConfigMistake[] {
  const repaired = repairs === 0 ? undefined : withQuotes(source)
  if (repaired === undefined) return mistakesOf(source).map(withOddSpace)
  const { mistake, text } = repaired
  const others = syntaxMistakes(parseText(text, source.file), repairs - 1)
  return [mistake, ...others.filter(({ line }) => line !== mistake.line)]
}

/** The first mistake, when it is a text without the quotes that it needs, and the config with them. */
function withQuotes(source: Source): { mistake: ConfigMistake; text: string } | undefined {
  const first = source.document.errors.find(({ code }) => !HARMLESS.includes(code))
  if (first === undefined || MESSAGES_OF_QUOTES.test(first.message)) return undefined
  const at = first.pos[0]
  const faulty = { source, nodes: nodesOf(source) }
  const opener = lastBefore(faulty, at, isFlow) ?? at
  for (const offset of [opener, at]) {
    const start = source.text.lastIndexOf('\n', offset - 1) + 1
    const line = /^[^\r\n]*/.exec(source.text.slice(start))?.[0] ?? ''
    const several = SEVERAL.exec(line)
    if (several !== null) return severalTexts(source, start, several)
    const found = unquotedIn(line)
    if (found === undefined) continue
    const rule = ruleHint(found.text)
    const comment = / #/.exec(found.text)
    return {
      mistake: mistakeAt(source, start + found.column + (comment === null ? 0 : comment.index + 1), {
        message: rule === undefined ? unquotedWords(found.text) : 'this is a rule of udev, and no YAML',
        hint: rule ?? `quote it: ${found.entry}`,
      }),
      text: source.text.slice(0, start) + found.line + source.text.slice(start + line.length),
    }
  }
  return undefined
}

/** `name: "a", "b"` and `name: "a" or "b"` at the end of a line. */
const SEVERAL =
  /^(?:[ \t]*(?:- +)*)([\w-]+):[ \t]+("[^"]*"(?:[ \t]*(?:,|\|\|?|or|and|&&)[ \t]*"[^"]*")+)[ \t]*$/

function severalTexts(
  source: Source,
  start: number,
  [line = '', key = '', texts = '']: RegExpExecArray,
): { mistake: ConfigMistake; text: string } {
  const list = `[${(texts.match(/"[^"]*"/g) ?? []).join(', ')}]`
  const column = line.lastIndexOf(texts)
  const fixed = line.slice(0, column) + list
  return {
    mistake: mistakeAt(source, start + column, {
      message: 'several texts are a list',
      hint: `${key}: ${list}`,
    }),
    text: source.text.slice(0, start) + fixed + source.text.slice(start + line.length),
  }
}

/** A quote that is missing somewhere needs no more of them. */
const MESSAGES_OF_QUOTES = /closing .*quote/

function unquotedWords(text: string): string {
  if (text.includes(' #')) return 'outside quotes # begins a comment, here in the middle of a text'
  const signs = [...new Set(text.match(/[{}[\]"']|: /g))].map((sign) => (sign === ': ' ? '": "' : sign))
  return signs.length === 0
    ? 'this text must be in quotes'
    : `a text with ${signs.join(' ')} in it must be in quotes`
}

function isFlow(node: Node): boolean {
  return isCollection(node) && node.flow === true
}

/** A space of another kind at the beginning of a line or behind a key, where YAML takes it for a letter. */
const ODD_SPACE = new RegExp(`(?<=^[ \\t]*(?:- *)?(?:[-\\w]+:)?)${ODD_SPACES.source}`)

/** The cause, where that can't be seen. */
function withOddSpace(mistake: ConfigMistake): ConfigMistake {
  const found = ODD_SPACE.exec(mistake.source)
  if (found === null) return mistake
  return {
    ...mistake,
    column: found.index + 1,
    message: `here is ${unicode(found[0])}`,
    hint: 'write a plain space, which is all that YAML takes for one',
  }
}

function mistakesOf(source: Source): ConfigMistake[] {
  const { errors, warnings } = source.document
  if (errors.length + warnings.length === 0) return []
  const faulty = { source, nodes: nodesOf(source) }
  const found = [...errors, ...warnings]
    .map((error) => ({ offset: error.pos[0], ...explain(faulty, error) }))
    .sort((a, b) => a.offset - b.offset)
  const last =
    found.find(({ opener }) => opener === 'quote') ?? found.find(({ opener }) => opener === 'bracket')
  const mistakes = new Map<number, ConfigMistake>()
  for (const words of found) {
    const isGuess =
      last !== undefined && words !== last && (words.offset > last.offset || words.opener !== undefined)
    const mistake = mistakeAt(source, words.offset, words)
    if (!isGuess && !mistakes.has(mistake.line)) mistakes.set(mistake.line, mistake)
  }
  return [...mistakes.values()]
}

/** True when the values of the document can be believed in spite of its mistakes. */
export function isReadable({ document }: Source): boolean {
  return document.errors.every(({ code }) => HARMLESS.includes(code))
}

const WORDS: Partial<Record<ErrorCode, (faulty: Faulty, at: number, message: string) => Words>> = {
  BAD_ALIAS: () => ({ message: 'outside quotes * begins an alias, and & an anchor', hint: 'quote it: "*"' }),
  BAD_DIRECTIVE: () => ({ message: 'a line that begins with % is a YAML directive, and not this one' }),
  BAD_DQ_ESCAPE: (_faulty, _at, message) => ({
    message: `${message.replace('Invalid escape sequence ', '')} means nothing between double quotes`,
    hint: 'use single quotes, or write \\\\ for a backslash',
  }),
  BAD_INDENT: badIndent,
  BAD_SCALAR_START: badStart,
  BLOCK_AS_IMPLICIT_KEY: keyWithinValue,
  DUPLICATE_KEY: duplicateKey,
  MISSING_CHAR: missing,
  MULTILINE_IMPLICIT_KEY: (faulty, at) => {
    const { text } = faulty.source
    // The value of a key, and no key itself.
    if (/: +$/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))) return keyWithinValue(faulty, at)
    return { message: 'expected KEY: VALUE', hint: 'a space belongs after the colon of a key' }
  },
  MULTIPLE_DOCS: () => ({
    message: 'a second document begins here',
    hint: 'leave out this ---: a config is one document',
  }),
  TAB_AS_INDENT: () => ({ message: 'a tab indents this line', hint: 'YAML allows only spaces there' }),
  TAG_RESOLVE_FAILED: badTag,
  UNEXPECTED_TOKEN: unexpected,
}

function explain(faulty: Faulty, { code, message, pos }: YAMLError): Words {
  return WORDS[code]?.(faulty, pos[0], message) ?? yamlsOwn(message)
}

function yamlsOwn(message: string): Words {
  return { message: `YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}` }
}

function badStart({ source, nodes }: Faulty, at: number): Words {
  const character = source.text.charAt(at)
  const text = sourceOf(scalarAt(nodes, at)) ?? character
  return { message: `a text that begins with ${character} must be in quotes`, hint: `quote it: "${text}"` }
}

function badIndent(faulty: Faulty, at: number, message: string): Words {
  const bracket = /end with a (.)$/.exec(message)?.[1]
  if (bracket === undefined) return unlikeOthers(faulty, at)
  const offset = lastBefore(faulty, at, isFlow)
  return {
    message: `${bracket === '}' ? '{' : '['} is never closed`,
    hint: `close it with ${bracket}, or indent the lines within it`,
    opener: 'bracket',
    ...(offset !== undefined && { offset }),
  }
}

function keyWithinValue(faulty: Faulty, at: number): Words {
  const { text } = faulty.source
  // What is indented deeper goes on with the value of the line before it.
  const deeper = /^[^\n]*\n(?=[ \t]*[^\s#])/.exec(text.slice(at))?.[0] ?? ''
  if (/^[ \t]*-/.test(text.slice(at))) return unlikeOthers(faulty, at)
  if (!/: |:$/.test(deeper.trimEnd()) && deeper !== '') return unlikeOthers(faulty, at + deeper.length)
  return {
    message: 'a key within the value of another key',
    hint: 'quote a text that has ": " in it; if it is a key, check how its lines are indented',
  }
}

function unlikeOthers({ source: { text } }: Pick<Faulty, 'source'>, at: number): Words {
  // `-match:` is a key; the line below it goes on as if it were an item.
  const dash = /\n[ \t]*-(?=[A-Za-z]\w*:)[^\n]*\n?[ \t]*$/.exec(text.slice(0, at))
  if (dash !== null) {
    const offset = dash.index + dash[0].indexOf('-')
    return { message: 'a space belongs after this dash', hint: 'write - match: …', offset }
  }
  return {
    message: 'indented unlike the lines around it',
    hint: 'keys of one mapping begin in the same column; an item of a list begins with a dash',
    offset: at + (/^[ \t\r\n]*/.exec(text.slice(at))?.[0].length ?? 0),
  }
}

function duplicateKey({ source, nodes }: Faulty, at: number): Words {
  const key = scalarAt(nodes, at)
  const map = nodes.filter(isMap).find(({ items }) => items.some((pair) => pair.key === key))
  const first = map?.items.map((pair) => pair.key).find((other) => valueOf(other) === valueOf(key))
  return {
    message: `the key ${sourceOf(key) ?? ''} is here twice`,
    hint: `keep one of them; the first is in line ${lineOf(source, isNode(first) ? offsetOf(first) : at)}`,
  }
}

function missing(faulty: Faulty, at: number, message: string): Words {
  if (message.includes('quote')) {
    const offset = lastBefore(faulty, at, (node) => isScalar(node) && node.type?.startsWith('QUOTE') === true)
    return {
      message: 'a quote is opened and never closed',
      hint: 'close it with the same quote',
      opener: 'quote',
      ...(offset !== undefined && { offset }),
    }
  }
  if (message.startsWith('Sequence item')) return unlikeOthers(faulty, at)
  if (message.startsWith('Implicit map keys')) {
    return { message: 'expected KEY: VALUE', hint: 'a colon and a space belong after a key' }
  }
  if (message.startsWith('Missing , ')) {
    return { message: 'a comma is missing before this', hint: 'commas part what is in { } and in [ ]' }
  }
  return yamlsOwn(message)
}

function badTag({ source }: Faulty, at: number): Words {
  const text = /^[^\n,}\]]*?(?=\s*(?:[\n,}\]]|\s#|$))/.exec(source.text.slice(at))?.[0] ?? ''
  return { message: 'outside quotes ! begins a YAML tag', hint: `quote it: "${text}"` }
}

function unexpected(_faulty: Faulty, _at: number, message: string): Words {
  if (message.startsWith('Unexpected block-seq-ind on same line')) {
    return { message: 'a list with dashes begins on a line of its own', hint: 'or write it as [a, b]' }
  }
  const what = /^Unexpected (\S+)(?: token)? (?:at node end|in )/.exec(message)?.[1]
  if (what === undefined) return yamlsOwn(message)
  return {
    message: 'nothing more was expected here',
    hint: 'quote a text that has { } [ ] " or \' in it; else check how the lines are indented',
  }
}

function nodesOf({ document }: Source): Node[] {
  const nodes: Node[] = []
  visit(document, {
    Node(_key, node) {
      nodes.push(node)
    },
  })
  return nodes
}

function scalarAt(nodes: readonly Node[], offset: number): Node | undefined {
  return nodes.find((node) => isScalar(node) && offsetOf(node) === offset)
}

/** The offset of the last node before `end` that passes: what is left open there. */
function lastBefore({ nodes }: Faulty, end: number, passes: (node: Node) => boolean): number | undefined {
  const offsets = nodes.filter(passes).map(offsetOf)
  return offsets
    .filter((offset) => offset < end)
    .reduce<number | undefined>((a = 0, b) => Math.max(a, b), undefined)
}

function valueOf(key: unknown): unknown {
  return isScalar(key) ? key.value : undefined
}
