// The text of a config as a YAML document, and where in the text a thing is.

import type { Document, Node } from 'yaml'
import { isScalar, parseDocument } from 'yaml'
import type { ConfigMistake } from '../errors.js'

/** Keys and indices from the root: `routes`, 0, `match`. */
export type Path = readonly (string | number)[]

export interface Source {
  file: string
  text: string
  document: Document.Parsed
}

/** A config as it is in a file, which may begin with a byte order mark. */
export function parseSource(text: string, file: string): Source {
  return parseText(text.replace(/^\ufeff/, ''), file)
}

/** A text of a source, or one that was made of it: whatever it begins with belongs to it. */
export function parseText(text: string, file: string): Source {
  return { file, text, document: parseDocument(text, { prettyErrors: false, merge: true }) }
}

/** A mistake at an offset of the text; an offset past everything written counts as the end of that. */
export function mistakeAt(
  source: Source,
  offset: number,
  { message, hint, path = [] }: { message: string; hint?: string | undefined; path?: Path },
): ConfigMistake {
  const { file, text } = source
  const at = Math.min(offset, text.trimEnd().length)
  const line = lineOf(source, at)
  return {
    file,
    line,
    column: at - text.slice(0, at).lastIndexOf('\n'),
    path: pathText(path),
    message,
    ...(hint !== undefined && { hint }),
    source: text.split(/\r?\n/)[line - 1] ?? '',
  }
}

/** The line that an offset is in, counted from 1. Not by yaml's LineCounter, which misses lines of a broken text. */
export function lineOf({ text }: Source, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

export function offsetOf(node: Node | undefined): number {
  return node?.range?.[0] ?? 0
}

/** A scalar as it is written, quotes left out; undefined for what is no scalar. */
export function sourceOf(node: Node | undefined): string | undefined {
  return isScalar(node) ? node.source : undefined
}

function pathText(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
}
