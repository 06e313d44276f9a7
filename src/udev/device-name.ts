// How udev makes names of what devices say of themselves (src/shared/udev-util.c, src/shared/device-nodes.c). All strings are of bytes.
import { utf8Length } from './bytes.js'

/** Beside letters and digits (allow_listed_char_for_devnode). */
const ALLOWED = '#+-.:=@_'

/** What may also be in the value of `$attr{…}` (UDEV_ALLOWED_CHARS_INPUT). */
export const ALLOWED_IN_ATTRIBUTE = '/ $%?,'

/** What every name may have, in whatever part. */
const PLAIN = /^[0-9A-Za-z#+\-.:=@_]*$/

/** isspace() */
const SPACE = /[ \t\n\v\f\r]/

/**
 * encode_devnode_name(): what is neither allowed nor UTF-8 becomes \xNN. Ends before what would exceed `limit` bytes; systemd reports an error
 * there that nobody looks at, and the string is not terminated.
 */
export function encodeName(bytes: string, limit: number): string {
  let encoded = ''
  for (let index = 0; index < bytes.length;) {
    const character = bytes.charAt(index)
    const length = utf8Length(bytes, index)
    const part =
      length > 1
        ? bytes.slice(index, index + length)
        : isAllowed(character, '')
          ? character
          : `\\x${bytes.charCodeAt(index).toString(16).padStart(2, '0')}`
    if (encoded.length + part.length > limit) break
    encoded += part
    index += Math.max(length, 1)
  }
  return encoded
}

/** udev_replace_whitespace(): none at the ends, and one `_` for each run between; `limit` bounds the bytes that are read, too. */
export function replaceWhitespace(bytes: string, limit: number): string {
  let replaced = ''
  let isSpace = false
  for (
    let index = /^[ \t\n\r]*/.exec(bytes)?.[0].length ?? 0;
    index < Math.min(limit, bytes.length);
    index++
  ) {
    const character = bytes.charAt(index)
    if (SPACE.test(character)) {
      isSpace = true
      continue
    }
    if (isSpace) {
      if (replaced.length + 1 >= limit) break
      replaced += '_'
      isSpace = false
    }
    replaced += character
    if (replaced.length >= limit) break
  }
  return replaced
}

/** udev_replace_chars(): what is neither allowed, nor \x, nor UTF-8 becomes `_`. */
export function replaceCharacters(bytes: string, allowed = ''): string {
  if (PLAIN.test(bytes)) return bytes
  let replaced = ''
  for (let index = 0; index < bytes.length;) {
    const character = bytes.charAt(index)
    const length = bytes.startsWith('\\x', index) ? 2 : utf8Length(bytes, index)
    if (isAllowed(character, allowed)) {
      replaced += character
      index++
    } else if (length > 1) {
      replaced += bytes.slice(index, index + length)
      index += length
    } else {
      replaced += SPACE.test(character) && allowed.includes(' ') ? ' ' : '_'
      index++
    }
  }
  return replaced
}

function isAllowed(character: string, allowed: string): boolean {
  return /[0-9A-Za-z]/.test(character) || ALLOWED.includes(character) || allowed.includes(character)
}
