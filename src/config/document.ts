// The text of a config as a YAML document, and where in the text a thing is.

import type { Document, Node } from 'yaml'
import { isScalar, LineCounter, parseDocument } from 'yaml'
import type { ConfigMistake } from '../errors.js'

/** Keys and indices from the root: `routes`, 0, `match`. */
export type Path = readonly (string | number)[]

export interface Source {
  file: string
  text: string
  document: Document.Parsed
  counter: LineCounter
}

export function parseSource(text: string, file: string): Source {
  const clean = text.replace(/^\ufeff/, '')
  const counter = new LineCounter()
  const document = parseDocument(clean, { lineCounter: counter, prettyErrors: false, merge: true })
  return { file, text: clean, document, counter }
}

/** A mistake at an offset of the text; an offset past everything written counts as the end of that. */
export function mistakeAt(
  { file, text, counter }: Source,
  offset: number,
  { message, hint, path = [] }: { message: string; hint?: string | undefined; path?: Path },
): ConfigMistake {
  const { line, col } = counter.linePos(Math.min(offset, text.trimEnd().length))
  return {
    file,
    line: Math.max(line, 1),
    column: Math.max(col, 1),
    path: pathText(path),
    message,
    ...(hint !== undefined && { hint }),
    source: lineText(text, Math.max(line, 1)),
  }
}

/** The line that an offset is in, counted from 1. */
export function lineOf({ counter }: Source, offset: number): number {
  return counter.linePos(offset).line
}

export function offsetOf(node: Node | undefined): number {
  return node?.range?.[0] ?? 0
}

/** A scalar as it is written, quotes left out; undefined for what is no scalar. */
export function sourceOf(node: Node | undefined): string | undefined {
  return isScalar(node) ? node.source : undefined
}

function lineText(text: string, line: number): string {
  return text.split('\n')[line - 1]?.replace(/\r$/, '') ?? ''
}

function pathText(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
}
