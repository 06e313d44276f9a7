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

type Key = Exclude<keyof Match, 'properties'>

/** What every device has: `*` for one of these says nothing. The others may be unknown, and then no glob matches. */
const ALWAYS_KNOWN: readonly Key[] = ['name', 'subsystem', 'devpath']

/**
 * Whether an alternative may take a unit with a full keyboard: it asks for the class, or for a name and not for any.
 * Who gets a keyboard hears passwords, so a vendor alone is not enough.
 */
export function namesKeyboards(match: Match): boolean {
  return match.class?.includes('keyboard') === true || match.name?.some((glob) => !isAny(glob)) === true
}

/** The routes that are shadowed. An undefined one could not be read: it shadows nothing and is not shadowed. */
export function findShadows(routes: readonly (Pick<Route, 'match'> | undefined)[]): Shadow[] {
  return routes.flatMap((route, index) => {
    if (route === undefined) return []
    const takers = route.match.map((wanted) =>
      routes
        .slice(0, index)
        .findIndex((earlier) => earlier?.match.some((taken) => covers(taken, wanted)) === true),
    )
    if (takers.includes(-1)) return []
    return [{ route: index, by: [...new Set(takers)].sort((a, b) => a - b) }]
  })
}

/** True when a unit that `wanted` matches is surely matched by `taken`. Never wrongly true; false for globs that can't be compared. */
function covers(taken: Match, wanted: Match): boolean {
  if (namesKeyboards(wanted) && !namesKeyboards(taken)) return false
  const { properties: outerProperties = {}, ...outerKeys } = taken
  const { properties: innerProperties = {}, ...innerKeys } = wanted
  return (
    (Object.keys(outerKeys) as Key[]).every((key) => coversKey(key, outerKeys[key] ?? [], innerKeys[key])) &&
    Object.entries(outerProperties).every(([name, outers]) => coversAll(outers, innerProperties[name]))
  )
}

function coversKey(key: Key, outers: readonly string[], inners: readonly string[] | undefined): boolean {
  if (inners === undefined) return ALWAYS_KNOWN.includes(key) && outers.some(isAny)
  // An address is compared in another way than other texts are.
  return (
    coversAll(outers, inners) &&
    (key !== 'uniq' || coversAll(outers.map(addressGlob), inners.map(addressGlob)))
  )
}

function coversAll(outers: readonly string[], inners: readonly string[] | undefined): boolean {
  return inners?.every((inner) => outers.some((outer) => includes(outer, inner))) === true
}

/** True when every text that `inner` matches is matched by `outer`. */
function includes(outer: string, inner: string): boolean {
  if (outer === inner || isAny(outer)) return true
  if (isLiteral(inner)) return compileGlob(outer)(inner)
  // Where the only wildcard of `outer` is `*`, it can only have swallowed the wildcards of `inner`, whatever these stand for.
  return onlyStars(outer) && onlyWildcards(inner) && compileGlob(outer)(inner)
}

function isAny(glob: string): boolean {
  return /^\*+$/.test(glob)
}

function onlyStars(glob: string): boolean {
  return isLiteral(glob.replaceAll('*', ''))
}

function onlyWildcards(glob: string): boolean {
  return isLiteral(glob.replaceAll(/[*?]/g, ''))
}
