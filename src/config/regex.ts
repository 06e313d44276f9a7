// Regular expressions where a glob is wanted: what tells them apart, and the glob that was meant.

import { compileGlob } from './glob.js'

/** What no name of a device has, and many a regular expression. A `.*` further in is none: `8BitDo Ltd.*` is a glob. */
const SIGNS = [
  /^\.[*+]/,
  /^\^/,
  /(?<!\\)\$$/,
  /(?<!\\)\([^()]*(?<!\\)\|[^()]*\)/,
  /(?<!\\)\\[dwsDWSb]/,
  /(?<!\\)\]\+/,
]

export function looksLikeRegex(text: string): boolean {
  return SIGNS.some((sign) => sign.test(text))
}

const TOKEN =
  /\\[dws]([+*]?)|\\(.)|\.([*+])\??|\((?:\?:)?([^()]*)\)|\[[^\]]*\]([+*]?)|[^\\.*+?([\])]([*+?])|\./gs

/** A glob that means what the regular expression does, or more; undefined when there is none to offer. */
export function globOfRegex(regex: string): string | undefined {
  const isOpenStart = !regex.startsWith('^')
  const isOpenEnd = !/(?<!\\)\$$/.test(regex)
  const body = regex.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
  const isChoice = /^\([^()]*\)$/.test(body)
  const inner = body.replaceAll(
    TOKEN,
    (token, many: string, escaped: string, dots: string, group: string, set: string, repeated: string) => {
      if (escaped) return /[*?[\]{}\\]/.test(escaped) ? `\\${escaped}` : escaped
      if (group) return group.includes('|') ? `{${group.replaceAll('|', ',')}}` : group
      if (dots) return dots === '*' ? '*' : '?*'
      if (many || set || repeated) return '*'
      return token === '\\d' ? '[0-9]' : token.startsWith('[') ? token : '?'
    },
  )
  const glob = `${isOpenStart && !isChoice ? '*' : ''}${inner}${isOpenEnd && !isChoice ? '*' : ''}`
  return accepted(glob.replaceAll(/\*{2,}/g, '*'))
}

function accepted(glob: string): string | undefined {
  try {
    compileGlob(glob)
    return looksLikeRegex(glob) ? undefined : glob
  } catch {
    return undefined
  }
}
