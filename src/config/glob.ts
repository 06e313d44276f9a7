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

/** Stands for a slash, at which picomatch would begin another part of a path: no name has this, which is no character. */
const SLASH = '\uffff'
/** picomatch skips more of them at once, over the end of the glob too, and then never ends. */
const BACKSLASHES_IN_A_ROW = 3

/**
 * Compiles a glob: `*` (any run, '/' too), `?`, `[…]`, `{a,b}`, and a leading `!` for "not"; everything else stands for itself.
 * The predicate is false for an empty string: a device that has no uniq does not match `uniq: "*"`.
 * Throws when the glob is empty or malformed, or has more than three backslashes in a row.
 */
export function compileGlob(glob: string): (text: string) => boolean {
  if (glob !== '' && isPlain(glob))
    return (text) => text !== '' && (text === glob || matchesPlain(glob, text))
  const escaped = glob.replace(LITERALS, (match) => (match.startsWith('\\') ? match : `\\${match}`))
  if (escaped.includes('\\'.repeat(BACKSLASHES_IN_A_ROW + 1)))
    throw new Error('Too many backslashes in a row')
  const matches = picomatch(escaped.replaceAll('/', SLASH), OPTIONS)
  return (text) => text !== '' && (text === glob || matches(text.replaceAll('/', SLASH)))
}

/** True when the text stands for itself alone: no character of it is special in a glob. */
export function isLiteral(glob: string): boolean {
  return !/[*?[\]{}\\]|^!/.test(glob)
}

/** Whether no character but `*` and `?` is special in it. */
function isPlain(glob: string): boolean {
  return isLiteral(glob.replaceAll(/[*?]/g, '')) && !glob.startsWith('!')
}

/**
 * As long as the text times the glob at most: a device chooses its name, and a regular expression of several `.*` takes exponential time for some. After a star only
 * the last one can have taken too little.
 */
function matchesPlain(glob: string, text: string): boolean {
  let [at, from] = [0, 0]
  let star: { glob: number; text: number } | undefined
  while (from < text.length) {
    const wanted = glob[at]
    if (wanted === '*') star = { glob: at++, text: from }
    else if (wanted !== undefined && (wanted === '?' || wanted === text[from])) {
      at++
      from++
    } else if (star !== undefined) {
      at = star.glob + 1
      from = ++star.text
    } else return false
  }
  return /^\**$/.test(glob.slice(at))
}
