// Characters that a word processor or a web page has put in the place of others.

/** Spaces that YAML takes for letters, and what is not seen at all. */
export const ODD_SPACES = /[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]/
export const QUOTES = /[“”„‟«»‘’‚‛]/
/** A text within such quotes. */
export const QUOTED = /^[“”„‟«»‘’‚‛](.*)[“”„‟«»‘’‚‛]$/s

/** For instance `a no-break space (U+00A0)`. */
export function unicode(space: string): string {
  const code = space.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  return `${code === '00A0' ? 'a no-break space' : 'a character that looks like a space, or like nothing'} (U+${code})`
}
