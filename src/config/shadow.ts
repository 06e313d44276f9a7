// Which routes can never own a unit, because the ones before them take all that they could.

import type { Match, Route } from './config.js'
import { compileGlob, isLiteral } from './glob.js'
import { addressGlob } from './uniq.js'

export interface Shadow {
  /** Index of the route that can never match. */
  route: number
  /** Indices of the earlier routes that take its units, in order. */
  by: number[]
}

/** What every device has: `*` for one of these says nothing. The others may be unknown, and then no glob matches. */
const ALWAYS_KNOWN: readonly string[] = ['name', 'subsystem', 'devpath']

/**
 * Whether an alternative may take a unit with a full keyboard: it asks for the class, or for a name and not for any, or for any but one.
 * Who gets a keyboard hears passwords, so a vendor alone is not enough.
 */
export function namesKeyboards(match: Match): boolean {
  return match.class?.includes('keyboard') === true || match.name?.some((glob) => !isUnnamed(glob)) === true
}

/** A glob with what is asked of it again and again: each route is compared with each before it. */
interface Glob {
  text: string
  /** All texts. */
  isAny: boolean
  isLiteral: boolean
  onlyStars: boolean
  onlyWildcards: boolean
  matches: (text: string) => boolean
}

/** An alternative of a route, ready to be compared with others. */
interface Compared {
  namesKeyboards: boolean
  /** By their keys, and by `properties.` and the names of properties; of addresses also as they are compared. */
  globs: ReadonlyMap<string, readonly Glob[]>
}

/** The routes that are shadowed. An undefined one could not be read: it shadows nothing and is not shadowed. */
export function findShadows(routes: readonly (Pick<Route, 'match'> | undefined)[]): Shadow[] {
  const known = new Map<string, Glob>()
  const compared = routes.map((route) => route?.match.map((match) => comparedOf(match, known)) ?? [])
  return compared.flatMap((alternatives, index) => {
    if (routes[index] === undefined) return []
    const takers = alternatives.map((wanted) =>
      compared.findIndex((earlier, at) => at < index && earlier.some((taken) => covers(taken, wanted))),
    )
    if (takers.includes(-1)) return []
    return [{ route: index, by: [...new Set(takers)].sort((a, b) => a - b) }]
  })
}

function comparedOf(match: Match, known: Map<string, Glob>): Compared {
  const { properties = {}, ...keys } = match
  const texts = [
    ...Object.entries(keys),
    ...Object.entries(properties).map(([name, globs]) => [`properties.${name}`, globs] as const),
    // An address is compared in another way than other texts are.
    ...(match.uniq === undefined ? [] : [['uniq address', match.uniq.map(addressGlob)] as const]),
  ]
  const globs = texts.map(([key, list]) => [key, list.map((text) => globOf(text, known))] as const)
  return { namesKeyboards: namesKeyboards(match), globs: new Map(globs) }
}

function globOf(text: string, known: Map<string, Glob>): Glob {
  const before = known.get(text)
  if (before !== undefined) return before
  let matches: ((text: string) => boolean) | undefined
  const glob = {
    text,
    isAny: isAny(text),
    isLiteral: isLiteral(text),
    onlyStars: isLiteral(text.replaceAll('*', '')),
    onlyWildcards: isLiteral(text.replaceAll(/[*?]/g, '')),
    matches: (other: string) => (matches ??= compileGlob(text))(other),
  }
  known.set(text, glob)
  return glob
}

/** True when a unit that `wanted` matches is surely matched by `taken`. Never wrongly true; false for globs that can't be compared. */
function covers(taken: Compared, wanted: Compared): boolean {
  if (wanted.namesKeyboards && !taken.namesKeyboards) return false
  for (const [key, outers] of taken.globs) {
    const inners = wanted.globs.get(key)
    if (inners === undefined) {
      if (!ALWAYS_KNOWN.includes(key) || !outers.some((outer) => outer.isAny)) return false
    } else if (!inners.every((inner) => outers.some((outer) => includes(outer, inner)))) return false
  }
  return true
}

/** True when every text that `inner` matches is matched by `outer`. */
function includes(outer: Glob, inner: Glob): boolean {
  if (outer === inner || outer.isAny) return true
  // Where the only wildcard of `outer` is `*`, it can only have gone over the wildcards of `inner`, whatever these stand for.
  return (inner.isLiteral || (outer.onlyStars && inner.onlyWildcards)) && outer.matches(inner.text)
}

function isAny(glob: string): boolean {
  return /^\*+$/.test(glob)
}

/** Whether a glob names nothing: it is of wildcards alone, or says which one not. */
function isUnnamed(glob: string): boolean {
  return /^[*?]+$|^!/.test(glob)
}
