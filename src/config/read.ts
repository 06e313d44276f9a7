// A YAML document as plain values, and where each of them is written.

import type { Alias, Node, YAMLMap } from 'yaml'
import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml'
import type { ConfigMistake } from '../errors.js'
import type { Path, Source } from './document.js'
import { mistakeAt, offsetOf } from './document.js'
import { takesMapping } from './field.js'

export interface Reading {
  value: unknown
  places: ReadonlyMap<string, Place>
  mistakes: ConfigMistake[]
  /** False when it was too much to be read to its end. */
  isWhole: boolean
}

export interface Place {
  path: Path
  /** The key, if it is the value of one. */
  key: Node | undefined
  /** The value; behind an alias, what the alias means. */
  value: Node | undefined
}

interface Reader {
  source: Source
  places: Map<string, Place>
  mistakes: ConfigMistake[]
  /** How many values may still be read: a few aliases of aliases can mean billions. */
  left: number
  /** The outermost alias that is being followed. */
  alias: Alias | undefined
  /** Set once the limits were reached and that was said. */
  full: boolean
}

interface Entry {
  name: string
  key: Node | undefined
  value: unknown
}

const MAX_VALUES = 20_000
const MAX_DEPTH = 64

/** Reads a document: aliases and merge keys (`<<`) are followed, keys become texts. */
export function readDocument(source: Source): Reading {
  const reader: Reader = {
    source,
    places: new Map(),
    mistakes: [],
    left: MAX_VALUES,
    alias: undefined,
    full: false,
  }
  const value = readNode(reader, source.document.contents, [], undefined)
  return { value, places: reader.places, mistakes: reader.mistakes, isWhole: !reader.full }
}

/** Where a path is written, or else the innermost mapping or list on the way to it. */
export function placeOf({ places }: Reading, path: Path): Place & { found: boolean } {
  for (let length = path.length; length >= 0; length--) {
    const place = places.get(placeKey(path.slice(0, length)))
    if (place !== undefined) return { ...place, found: length === path.length }
  }
  return { path: [], key: undefined, value: undefined, found: false }
}

function placeKey(path: Path): string {
  return JSON.stringify(path)
}

function readNode(reader: Reader, node: unknown, path: Path, key: Node | undefined): unknown {
  if (path.length > MAX_DEPTH || reader.left-- <= 0) {
    tooMuch(reader, node)
    return undefined
  }
  if (isAlias(node) && reader.alias === undefined) {
    reader.alias = node
    const value = readNode(reader, node, path, key)
    reader.alias = undefined
    return value
  }
  const value = isAlias(node) ? node.resolve(reader.source.document) : node
  reader.places.set(placeKey(path), { path, key, value: isNode(value) ? value : undefined })
  if (isAlias(node) && value === undefined) return lostAlias(reader, node, path)
  if (isScalar(value)) return typeof value.value === 'symbol' ? value.source : value.value
  if (isSeq(value))
    return value.items.map((item, index) => readNode(reader, item, [...path, index], undefined))
  if (!isMap(value)) return null
  const entries = entriesOf(reader, value, path, 0)
  return Object.fromEntries(
    entries.map((entry) => [entry.name, readNode(reader, entry.value, [...path, entry.name], entry.key)]),
  )
}

/** The entries of a mapping and of those that it merges; the first of a name counts, its own before merged ones. */
function entriesOf(reader: Reader, map: YAMLMap, path: Path, depth: number): Entry[] {
  if (depth > MAX_DEPTH || reader.left-- <= 0) {
    tooMuch(reader, map)
    return []
  }
  const own: Entry[] = []
  const merged: Entry[] = []
  for (const { key, value } of map.items) {
    const node = isAlias(key) ? key.resolve(reader.source.document) : key
    if (isScalar(node) && typeof node.value === 'symbol')
      merged.push(...mergedEntries(reader, value, path, depth))
    else own.push({ name: nameOf(reader.source, node), key: isNode(key) ? key : undefined, value })
  }
  const entries = new Map<string, Entry>()
  for (const entry of [...own, ...merged]) if (!entries.has(entry.name)) entries.set(entry.name, entry)
  return [...entries.values()]
}

/** The entries of what stands behind `<<`: a mapping or a list of mappings. */
function mergedEntries(reader: Reader, node: unknown, path: Path, depth: number): Entry[] {
  if (depth > MAX_DEPTH) {
    tooMuch(reader, node)
    return []
  }
  const value = isAlias(node) ? node.resolve(reader.source.document) : node
  if (isMap(value)) return entriesOf(reader, value, path, depth + 1)
  if (isSeq(value)) return value.items.flatMap((item) => mergedEntries(reader, item, path, depth + 1))
  if (isAlias(node) && value === undefined) {
    lostAlias(reader, node, path)
    return []
  }
  report(
    reader,
    node,
    '<<: expected a mapping, or an alias of one, to take keys from',
    'for instance: <<: *pad',
    path,
  )
  return []
}

function nameOf({ text }: Source, key: unknown): string {
  if (isScalar(key)) return typeof key.value === 'string' ? key.value : (key.source ?? '')
  const [start, end] = (isNode(key) ? key.range : undefined) ?? [0, 0]
  return text.slice(start, end)
}

/** `name: *Pro*` is an alias to YAML; it is read as the text that it was meant to be, so that nothing else is said of it. */
function lostAlias(reader: Reader, alias: Alias, path: Path): string {
  const text = `*${alias.source}`
  const key = path.at(-1)
  const entry = typeof key === 'string' ? `${key}: "${text}"` : `"${text}"`
  const hint = takesMapping(path) ? `an anchor comes first: &${alias.source} { … }` : `quote it: ${entry}`
  report(reader, alias, `no anchor &${alias.source}: outside quotes * begins an alias`, hint, path)
  return text
}

function tooMuch(reader: Reader, node: unknown): void {
  if (reader.full) return
  reader.full = true
  const message = 'too many values, or nested too deeply'
  report(reader, reader.alias ?? node, message, reader.alias && 'is this alias within its own anchor?', [])
}

function report(reader: Reader, node: unknown, message: string, hint: string | undefined, path: Path): void {
  const offset = offsetOf(isNode(node) ? node : undefined)
  reader.mistakes.push(mistakeAt(reader.source, offset, { path, message, hint }))
}
