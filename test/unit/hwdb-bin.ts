// A hwdb.bin as systemd-hwdb writes it (hwdb_util.c), from patterns with properties, for the unit tests.

export interface Property {
  /** As it is stored: with the space that sd-hwdb wants before it. */
  key: string
  value: string
  /** The number of the file, which is its priority, and the line in it. */
  file?: number
  line?: number
}

export type Source = Readonly<Record<string, readonly Property[]>>

/** ` KEY=value` of the first file. */
export function property(key: string, value: string, line = 1, file = 1): Property {
  return { key: ` ${key}`, value, line, file }
}

const HEADER_SIZE = 80
const NODE_SIZE = 24
const CHILD_SIZE = 16

/** `version` 1 has no files and lines; 2 has them, but no priorities; 3 is that of today. */
export function hwdbBin(source: Source, version: 1 | 2 | 3 = 3): Buffer {
  const valueSize = version === 1 ? 16 : 32
  const strings = new Map<string, number>()
  let stringsLength = 0
  const stringAt = (text: string): number => {
    const known = strings.get(text)
    if (known !== undefined) return known
    strings.set(text, stringsLength)
    stringsLength += Buffer.byteLength(text) + 1
    return stringsLength - Buffer.byteLength(text) - 1
  }
  const files = Object.values(source)
    .flat()
    .map(({ file = 1 }) => file)
  for (const file of [...files].sort((a, b) => a - b)) stringAt(`/hwdb.d/${String(file)}.hwdb`)

  const nodes: { write: (into: Buffer, stringsStart: number) => void; length: number }[] = []
  let nodesLength = 0
  const addNode = (patterns: readonly string[], begin: number, depth: number): number => {
    const prefix = depth === 0 ? '' : commonPrefix(patterns.map((pattern) => pattern.slice(begin)))
    const end = begin + prefix.length
    const letters = [...new Set(patterns.map((pattern) => pattern[end] ?? ''))].filter(
      (letter) => letter !== '',
    )
    const children = letters.sort().map((letter) => ({
      letter,
      offset: addNode(
        patterns.filter((pattern) => pattern[end] === letter),
        end + 1,
        depth + 1,
      ),
    }))
    const values = source[patterns.find((pattern) => pattern.length === end) ?? ''] ?? []
    const offset = HEADER_SIZE + nodesLength
    const length = NODE_SIZE + children.length * CHILD_SIZE + values.length * valueSize
    const prefixAt = stringAt(prefix)
    const entries = values.map(({ key, value, file = 1, line = 1 }) => ({
      offsets: [key, value, `/hwdb.d/${String(file)}.hwdb`].map(stringAt),
      line,
      file,
    }))
    nodes.push({
      length,
      write: (into, stringsStart) => {
        into.writeBigUInt64LE(BigInt(stringsStart + prefixAt), 0)
        into.writeUInt8(children.length, 8)
        into.writeBigUInt64LE(BigInt(values.length), 16)
        for (const [index, child] of children.entries()) {
          into.write(child.letter, NODE_SIZE + index * CHILD_SIZE, 'latin1')
          into.writeBigUInt64LE(BigInt(child.offset), NODE_SIZE + index * CHILD_SIZE + 8)
        }
        for (const [index, { offsets, line, file }] of entries.entries()) {
          const at = NODE_SIZE + children.length * CHILD_SIZE + index * valueSize
          for (const [field, string] of offsets.slice(0, version === 1 ? 2 : 3).entries()) {
            into.writeBigUInt64LE(BigInt(stringsStart + string), at + field * 8)
          }
          if (version >= 2) into.writeUInt32LE(line, at + 24)
          if (version === 3) into.writeUInt16LE(file, at + 28)
        }
      },
    })
    nodesLength += length
    return offset
  }
  const root = addNode(Object.keys(source), 0, 0)

  const stringsStart = HEADER_SIZE + nodesLength
  const header = Buffer.alloc(HEADER_SIZE)
  header.write('KSLPHHRH', 'latin1')
  const size = stringsStart + stringsLength
  const fields = [252, size, HEADER_SIZE, NODE_SIZE, CHILD_SIZE, valueSize, root, nodesLength, stringsLength]
  for (const [index, field] of fields.entries()) header.writeBigUInt64LE(BigInt(field), 8 + index * 8)
  const body = nodes.map(({ write, length }) => {
    const node = Buffer.alloc(length)
    write(node, stringsStart)
    return node
  })
  return Buffer.concat([
    header,
    ...body,
    Buffer.from([...strings.keys()].map((text) => `${text}\0`).join('')),
  ])
}

function commonPrefix([first = '', ...rest]: readonly string[]): string {
  let length = first.length
  for (const text of rest) while (!text.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}
