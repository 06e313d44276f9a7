// Strings of bytes: sysfs promises no encoding, and udev's builtins count and cut bytes. Each character here is one byte.
import { decodeBytes, encodeBytes } from '../bytes.js'

/** The bytes of `text`. */
export function bytesOf(text: string): string {
  return isAscii(text) ? text : encodeBytes(text).toString('latin1')
}

/** The text that `bytes` are. */
export function textOf(bytes: string): string {
  return isAscii(bytes) ? bytes : decodeBytes(Buffer.from(bytes, 'latin1'))
}

/** How many bytes the UTF-8 character at `index` has; 0 where there is none that may be used (src/basic/utf8.c: utf8_encoded_valid_unichar). */
export function utf8Length(bytes: string, index: number): 0 | 1 | 2 | 3 | 4 {
  const first = bytes.charCodeAt(index)
  if (first < 0x80) return 1
  const length = first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0
  if (length === 0) return 0
  let point = first & (0x7f >> length)
  for (let next = index + 1; next < index + length; next++) {
    const byte = bytes.charCodeAt(next)
    // Also where the string ends: NaN & 0xc0 is 0.
    if ((byte & 0xc0) !== 0x80) return 0
    point = (point << 6) | (byte & 0x3f)
  }
  const shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  return shortest === length && isCharacter(point) ? length : 0
}

/** unichar_is_valid() */
function isCharacter(point: number): boolean {
  const isSurrogate = (point & 0xfffff800) === 0xd800
  const isReserved = (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) === 0xfffe
  return point < 0x110000 && !isSurrogate && !isReserved
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}
