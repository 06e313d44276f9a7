// The trie in a hwdb.bin and the search in it (hwdb-internal.h and sd-hwdb.c of src/libsystemd/sd-hwdb), with every number in it doubted.
import { decodeBytes } from '../bytes.js'
import type { Reach } from './fnmatch.js'
import { advance, advanceAll, isWildcard, matches, reachOf } from './fnmatch.js'
import type { HwdbFile } from './hwdb-file.js'

const SIGNATURE = 'KSLPHHRH'
/** sizeof of the structs; the header may tell of larger ones, of later versions. */
const SIZEOF = { header: 80, node: 24, child: 16, value: 16, value2: 32 }
/** sd-hwdb puts patterns together in a buffer of LINE_MAX bytes. */
const LINE_MAX = 2048
/** Of keys and values; a udev message as a whole has 8192 bytes. */
const STRING_MAX = 65536
/** Bytes compared, nearly. Lookups in what systemd ships take 210,000 at most: more is a cycle, or made to take long. */
const STEPS_MAX = 4_000_000
const WILDCARDS = [0x2a, 0x3f, 0x5b] // '*', '?', '[': sd-hwdb's order, which is that of the properties
const SPACE = 0x20
const NOTHING = new Uint8Array()
/** What is kept costs as much as so many bytes that are compared, which leaves half a million bytes or offsets. */
const MEMORY_COST = 8

/** What the header says of the nodes. */
export interface Trie {
  readonly file: HwdbFile
  readonly nodeSize: number
  readonly childSize: number
  readonly valueSize: number
  /** Offset of the root node. */
  readonly root: number
}

interface Node {
  offset: number
  /** What all patterns below have before they part. */
  prefix: Uint8Array
  childCount: number
  valueCount: number
}

/** A property as it was found: where its value is, and what decides between two of one key. */
interface Entry {
  valueOffset: number
  filenameOffset: number
  line: number
  priority: number
}

interface Search {
  trie: Trie
  text: Uint8Array
  found: Map<string, Entry>
  stepsLeft: number
}

/** Reads the header (trie_header_f) and the root. */
export function readTrie(file: HwdbFile): Trie {
  file.check(0, SIZEOF.header)
  for (let index = 0; index < SIGNATURE.length; index++) {
    if (file.byte(index) !== SIGNATURE.charCodeAt(index)) file.fail('this is no hwdb.bin', index)
  }
  if (file.uint64(16) !== file.size) file.fail(`the file has ${file.size} bytes, and says otherwise`, 16)
  const headerSize = sizeAt(file, 24, SIZEOF.header)
  const trie = {
    file,
    nodeSize: sizeAt(file, 32, SIZEOF.node),
    childSize: sizeAt(file, 40, SIZEOF.child),
    valueSize: sizeAt(file, 48, SIZEOF.value),
    root: file.uint64(56),
  }
  file.check(headerSize, file.uint64(64) + file.uint64(72))
  readNode(trie, trie.root)
  return trie
}

function sizeAt(file: HwdbFile, offset: number, minimum: number): number {
  const size = file.uint64(offset)
  if (size < minimum) file.fail(`${size} bytes are too few for a struct of ${minimum}`, offset)
  return size
}

/** All properties of the patterns that match, in the order in which sd_hwdb_enumerate() tells them. */
export function searchTrie(trie: Trie, text: Uint8Array): Map<string, string> {
  const search: Search = { trie, text, found: new Map(), stepsLeft: STEPS_MAX }
  followText(search)
  const { file } = trie
  const properties = new Map<string, string>()
  for (const [key, { valueOffset }] of search.found) {
    const value = file.string(valueOffset, STRING_MAX)
    spendOnMemory(search, value.length, valueOffset)
    properties.set(key, decodeBytes(value))
  }
  return properties
}

/** trie_search_f(): down the trie along the text, with a look aside wherever patterns have a wildcard. */
function followText(search: Search): void {
  const { trie, text } = search
  let node: Node | undefined = readNode(trie, trie.root)
  for (let at = 0; node !== undefined; at++) {
    spend(search, 1, node.offset)
    const { prefix } = node
    for (let index = 0; index < prefix.length; index++) {
      const byte = prefix[index]
      if (byte !== undefined && isWildcard(byte)) {
        matchBelow(search, node, prefix.subarray(index), reachOf(at + index), 0)
        return
      }
      if (byte !== text[at + index]) return
    }
    at += prefix.length
    for (const wildcard of WILDCARDS) {
      const child = childOf(trie, node, wildcard)
      if (child === undefined) continue
      const reach = advance(text, reachOf(at), wildcard)
      if (reach !== undefined) matchBelow(search, child, child.prefix, reach, 1)
    }
    const byte = text[at]
    if (byte === undefined) {
      addValues(search, node)
      return
    }
    node = childOf(trie, node, byte)
  }
}

/**
 * trie_fnmatch_f(): adds what matches at the node and below, from the leaves up. `reach` is that of the pattern before `prefix`, which is
 * `length` bytes long. sd-hwdb tries every pattern below a wildcard; here a branch ends with the first byte that can't match.
 */
function matchBelow(search: Search, node: Node, prefix: Uint8Array, reach: Reach, length: number): void {
  const { trie, text } = search
  const { file } = trie
  const depth = length + prefix.length
  spend(search, (prefix.length + 1) * (text.length + depth + 1), node.offset)
  if (depth >= LINE_MAX) file.fail(`a pattern has ${depth} bytes, and a line has ${LINE_MAX}`, node.offset)
  const reached = advanceAll(text, reach, prefix)
  if (reached === undefined) return

  for (let index = 0; index < node.childCount; index++) {
    const entry = childEntry(trie, node, index)
    spend(search, reached.at.length, entry)
    const next = advance(text, reached, file.byte(entry))
    if (next === undefined) continue
    spendOnMemory(search, next.at.length, entry)
    const child = readNode(trie, file.uint64(entry + 8))
    matchBelow(search, child, child.prefix, next, depth + 1)
  }
  if (node.valueCount === 0) return
  // What an unclosed bracket takes: it is read again, as literals.
  spend(search, reached.open.length ** 3, node.offset)
  if (matches(text, reached)) addValues(search, node)
}

/** hwdb_add_property() for all values of the node. */
function addValues(search: Search, node: Node): void {
  const { trie, found } = search
  const { file } = trie
  const first = childEntry(trie, node, node.childCount)
  for (let index = 0; index < node.valueCount; index++) {
    const offset = first + index * trie.valueSize
    const key = file.string(file.uint64(offset), STRING_MAX)
    spendOnMemory(search, key.length, offset)
    // Other first bytes are for future extensions: ignored.
    if (key[0] !== SPACE) continue
    const name = decodeBytes(key.subarray(1))
    const entry = readEntry(trie, offset)
    const known = found.get(name)
    if (known === undefined || trie.valueSize < SIZEOF.value2 || !isLower(entry, known))
      found.set(name, entry)
  }
}

/** trie_value_entry2_f, or trie_value_entry_f of a file that knows no more. */
function readEntry({ file, valueSize }: Trie, offset: number): Entry {
  const valueOffset = file.uint64(offset + 8)
  if (valueSize < SIZEOF.value2) return { valueOffset, filenameOffset: 0, line: 0, priority: 0 }
  return {
    valueOffset,
    filenameOffset: file.uint64(offset + 16),
    line: file.uint(offset + 24, 4),
    priority: file.uint(offset + 28, 2),
  }
}

/** A later file takes precedence, then a later line. Before systemd 230 there was no priority, and names were stored in the files' order. */
function isLower(entry: Entry, known: Entry): boolean {
  const order =
    entry.priority === 0 ? entry.filenameOffset - known.filenameOffset : entry.priority - known.priority
  return order < 0 || (order === 0 && entry.line < known.line)
}

function spendOnMemory(search: Search, count: number, offset: number): void {
  spend(search, MEMORY_COST * count, offset)
}

function spend(search: Search, steps: number, offset: number): void {
  search.stepsLeft -= steps
  if (search.stepsLeft < 0) search.trie.file.fail('a lookup has no end: nodes refer to each other', offset)
}

function readNode({ file, nodeSize, childSize, valueSize }: Trie, offset: number): Node {
  file.check(offset, nodeSize)
  const prefixOffset = file.uint64(offset)
  const childCount = file.byte(offset + 8)
  const valueCount = file.uint64(offset + 16)
  file.check(offset, nodeSize + childCount * childSize + valueCount * valueSize)
  return {
    offset,
    prefix: prefixOffset === 0 ? NOTHING : file.string(prefixOffset, LINE_MAX),
    childCount,
    valueCount,
  }
}

function childEntry({ nodeSize, childSize }: Trie, { offset }: Node, index: number): number {
  return offset + nodeSize + index * childSize
}

/** The child of a byte; they are sorted by it. */
function childOf(trie: Trie, node: Node, byte: number): Node | undefined {
  let low = 0
  let high = node.childCount
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = childEntry(trie, node, middle)
    const found = trie.file.byte(entry)
    if (found === byte) return readNode(trie, trie.file.uint64(entry + 8))
    if (found < byte) low = middle + 1
    else high = middle
  }
  return undefined
}
