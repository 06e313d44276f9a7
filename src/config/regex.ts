// Regular expressions where a glob is wanted: what tells them apart.

/** What no name of a device has, and many a regular expression. A `.*` further in is none: `8BitDo Ltd.*` is a glob. */
const SIGNS = [
  /^\.[*+]/,
  /^\^/,
  /(?<!\\)\$$/,
  /(?<!\\)\([^()]*(?<!\\)\|[^()]*\)/,
  /(?<!\\)\\[dwsDWSb]/,
  /(?<!\\)\]\+/,
  /(?<!\\)\(\?(?:[:=!<]|[a-z]+\))/,
  /\.\+/,
  /^\/(?!devices\/).*[^\\]\/[dgimsuvy]*$/s,
]

/** What is as good as never in a glob, and stands for itself there. */
const DOUBTS = [
  { sign: /(?<!\\)\|/, part: '|', means: 'stands for itself' },
  { sign: /(?<=[^\\]\))\?/, part: '?', means: 'stands for one character, which must be there' },
  { sign: /(?<=[^\\]\])\{\d+(?:,\d*)?\}/, part: '{', means: 'does not count what is before it' },
]

/** A dot is at the end of an abbreviation, of a number or of a letter, before whatever follows. */
const DOTS =
  /(?<!(?:^|[^A-Za-z])(?:Ltd|Inc|Co|Corp|Rev|Ver|Dr|Mr|St|No|Nr|Vol|Tech|Int|Intl|Electron|[A-Za-z])|\d|[^\w]|^)\.\*/

/** What to say where no glob means the same. */
export const GLOB_SIGNS = '* stands for any text, ? for a character, {a,b} for one of several'

export function looksLikeRegex(text: string): boolean {
  return SIGNS.some((sign) => sign.test(text))
}

/** What of a glob was probably meant as a regular expression, and means something else; undefined for one that is right. `.*` is that in names only. */
export function regexDoubt(glob: string, isName: boolean): { at: number; words: string } | undefined {
  for (const { sign, part, means } of DOUBTS) {
    const found = sign.exec(glob)
    if (found !== null) return { at: found.index, words: `${part} ${means} in a glob` }
  }
  const dots = isName ? DOTS.exec(glob) : null
  return dots === null ? undefined : { at: dots.index, words: '.* is a dot and any text in a glob' }
}
