// Bracket expressions of fnmatch(3) in the C locale, where a byte is a character and ranges go by value.

const BRACKET = 0x5b
const ESCAPE = 0x5c
const CLOSE = 0x5d
const HYPHEN = 0x2d
/** `!` as POSIX has it, `^` as glibc does too. */
const NOT: readonly (number | undefined)[] = [0x21, 0x5e]

const CLASSES: Partial<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t-\r ]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
}

/** `[:xdigit:]` is as long as any. */
const NAMED_MAX = 10

interface Item {
  accepts: (byte: number) => boolean
  /** Where the next item begins. */
  end: number
  /** Set when the item is one byte, with which a range can begin. */
  byte?: number
}

/** What the expression `[...]` accepts; undefined while its last byte does not close it. */
export function bracketTest(bracket: readonly number[]): ((byte: number) => boolean) | undefined {
  const negated = NOT.includes(bracket[1])
  const items: Item[] = []
  let at = negated ? 2 : 1
  do {
    const item = rangeAt(bracket, at)
    if (item === undefined) return undefined
    items.push(item)
    at = item.end
  } while (bracket[at] !== CLOSE)
  return (byte) => items.some(({ accepts }) => accepts(byte)) !== negated
}

/** A range, or else a single item; undefined when the expression ends before it does. */
function rangeAt(bracket: readonly number[], at: number): Item | undefined {
  const first = itemAt(bracket, at)
  if (first?.byte === undefined || bracket[first.end] !== HYPHEN || bracket[first.end + 1] === CLOSE)
    return first
  const { byte: low } = first
  const last = itemAt(bracket, first.end + 1)
  if (last === undefined) return undefined
  const high = last.byte ?? BRACKET
  const end = last.byte === undefined ? first.end + 2 : last.end
  return { accepts: (byte) => low <= byte && byte <= high, end }
}

function itemAt(bracket: readonly number[], at: number): Item | undefined {
  const byte = bracket[at]
  if (byte === undefined) return undefined
  if (byte === BRACKET) return namedAt(bracket, at) ?? single(byte, at + 1)
  if (byte !== ESCAPE) return single(byte, at + 1)
  const escaped = bracket[at + 1]
  return escaped === undefined ? undefined : single(escaped, at + 2)
}

/**
 * `[:class:]`, `[=x=]` and `[.x.]`; in the C locale the latter two have one byte and mean that. With `]` as that byte, and unclosed, they are
 * not what glibc makes of them: a byte at a time, the expression has ended before.
 */
function namedAt(bracket: readonly number[], at: number): Item | undefined {
  const text = String.fromCharCode(...bracket.slice(at, at + NAMED_MAX))
  const [whole, equivalent, symbol, name] = /^\[(?:=(.)=|\.(.)\.|:([a-z]*):)\]/s.exec(text) ?? []
  if (whole === undefined) return undefined
  const end = at + whole.length
  if (symbol !== undefined) return single(symbol.charCodeAt(0), end)
  // No range begins with one.
  if (equivalent !== undefined) return { accepts: (byte) => byte === equivalent.charCodeAt(0), end }
  const inClass = CLASSES[name ?? '']
  return { accepts: (byte) => inClass?.test(String.fromCharCode(byte)) === true, end }
}

function single(byte: number, end: number): Item {
  return { accepts: (other) => other === byte, end, byte }
}
