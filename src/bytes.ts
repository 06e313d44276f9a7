// Text that is bytes: the kernel and devices promise no encoding, and whatever they say goes on byte for byte.
import { isUtf8 } from 'node:buffer'

/**
 * Inside, a byte that is part of no UTF-8 is a lone surrogate, U+DC00 + byte (PEP 383: surrogateescape). No UTF-8
 * decodes to one, so that nothing else can be mistaken for it.
 */
const ESCAPE = 0xdc00
/** In a regular expression with the flag `u` a surrogate that has its other half is no surrogate. */
const ESCAPED_BYTES = /[\udc80-\udcff]/gu
const LONE_SURROGATES = /[\ud800-\udfff]/gu
const MAX_UTF8_LENGTH = 4

/** The text that these bytes are in UTF-8; encodeBytes makes the same bytes of it again. */
export function decodeBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at)
    text +=
      length === 0 ? String.fromCharCode(ESCAPE + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length)
    at += Math.max(length, 1)
  }
  return text
}

/** The bytes of `text`, as decodeBytes has read them. */
export function encodeBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8')
  const parts: Buffer[] = []
  let from = 0
  for (const { index } of text.matchAll(ESCAPED_BYTES)) {
    parts.push(Buffer.from(text.slice(from, index), 'utf8'))
    parts.push(Buffer.from([text.charCodeAt(index) - ESCAPE]))
    from = index + 1
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(from), 'utf8')])
}

/** How many bytes `text` has. */
export function byteLength(text: string): number {
  return text.isWellFormed() ? Buffer.byteLength(text) : encodeBytes(text).length
}

/** For people: each byte that is part of no UTF-8 as `\xff`. */
export function shownBytes(text: string): string {
  return text.isWellFormed() ? text : text.replaceAll(ESCAPED_BYTES, asHex)
}

/** As a glob: `?` is any one byte, too. */
export function globBytes(text: string): string {
  return text.isWellFormed() ? text : text.replaceAll(LONE_SURROGATES, '?')
}

/** JSON for programs, which may take no lone surrogate: bytes are as shown to people, in keys as well. */
export function jsonOf(value: unknown, indent?: number): string {
  return withShownBytes(JSON.stringify(value, null, indent), '\\\\x')
}

/** `text` in quotes, for people. */
export function quotedBytes(text: string): string {
  return withShownBytes(JSON.stringify(text), '\\x')
}

/** JSON.stringify writes a lone surrogate as an escape of its own. */
function withShownBytes(json: string, prefix: string): string {
  if (!json.includes('\\udc')) return json
  // Each escape as a whole: what follows a backslash that is itself escaped is no escape.
  return json.replaceAll(/\\(?:udc([89a-f][0-9a-f])|.)/g, (escape, byte: string | undefined) =>
    byte === undefined ? escape : prefix + byte,
  )
}

function asHex(escaped: string): string {
  return `\\x${(escaped.charCodeAt(0) - ESCAPE).toString(16)}`
}

/** Of the UTF-8 character that begins at `at`; 0 where none does. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= MAX_UTF8_LENGTH && at + length <= bytes.length; length++)
    if (isUtf8(bytes.subarray(at, at + length))) return length
  return 0
}
