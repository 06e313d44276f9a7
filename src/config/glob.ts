// What a glob of the config means: picomatch over plain strings, not over paths.

import picomatch from 'picomatch'

const OPTIONS: picomatch.PicomatchOptions = {
  bash: true, // `*` crosses '/': phys and devpath are full of them
  dot: true,
  posix: true, // [!…] and [[:digit:]] as in a shell
  noextglob: true,
  strictBrackets: true,
  debug: true, // throw, where picomatch would otherwise return a regex that never matches
  flags: 's',
}

// Real names have these ("Sony PLAYSTATION(R)3 Controller"), and picomatch would read them as regex or quotes.
const LITERALS = /\\.|[()|"$+@]|(?<!\[)\^/gs

/**
 * Compiles a glob: `*` (any run, '/' too), `?`, `[…]`, `{a,b}`, and a leading `!` for "not"; everything else stands for itself.
 * The predicate is false for an empty string: a device that has no uniq does not match `uniq: "*"`.
 * Throws when the glob is empty or malformed.
 */
export function compileGlob(glob: string): (text: string) => boolean {
  const escaped = glob.replace(LITERALS, (match) => (match.startsWith('\\') ? match : `\\${match}`))
  const matches = picomatch(escaped, OPTIONS)
  return (text) => text !== '' && (text === glob || matches(text))
}

/** True when the text stands for itself alone: no character of it is special in a glob. */
export function isLiteral(glob: string): boolean {
  return !/[*?[\]{}\\]|^!/.test(glob)
}
