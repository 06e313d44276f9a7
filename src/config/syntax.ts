// What YAML itself has against a text, in words for people who don't know its grammar.

import type { ErrorCode, Node, YAMLError } from 'yaml'
import { isCollection, isMap, isNode, isScalar, visit } from 'yaml'
import type { ConfigMistake } from '../errors.js'
import type { Source } from './document.js'
import { lineOf, mistakeAt, offsetOf, sourceOf } from './document.js'

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

/** The mistakes of syntax, one a line at most: the others of a line follow from its first. */
export function syntaxMistakes(source: Source): ConfigMistake[] {
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
  BLOCK_AS_IMPLICIT_KEY: () => ({
    message: 'a key within the value of another key',
    hint: 'quote a text that has ": " in it; if it is a key, check how its lines are indented',
  }),
  DUPLICATE_KEY: duplicateKey,
  MISSING_CHAR: missing,
  MULTILINE_IMPLICIT_KEY: () => ({
    message: 'expected KEY: VALUE',
    hint: 'a space belongs after the colon of a key',
  }),
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
  const offset = lastBefore(faulty, at, (node) => isCollection(node) && node.flow === true)
  return {
    message: `${bracket === '}' ? '{' : '['} is never closed`,
    hint: `close it with ${bracket}, or indent the lines within it`,
    opener: 'bracket',
    ...(offset !== undefined && { offset }),
  }
}

function unlikeOthers({ source: { text } }: Faulty, at: number): Words {
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
