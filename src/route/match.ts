// Compiles a route's match into a predicate that also says why.
import type { Match, Route } from '../config/index.js'
import { compileGlob, namesKeyboards } from '../config/index.js'
import type { Container } from '../container/engine.js'
import type { Member } from './member.js'
import { compileSelector } from './select.js'

/** The keys of a match, in the order in which people are told of them. */
const KEYS = [
  'name',
  'vendor',
  'product',
  'version',
  'bus',
  'uniq',
  'phys',
  'class',
  'subsystem',
  'devpath',
] as const satisfies readonly (keyof Match)[]
type Key = (typeof KEYS)[number]

/** How one key of a match compares with a device. */
export interface Check {
  key: Key
  wanted: readonly string[]
  /** What the device has; empty when it says nothing. */
  actual: readonly string[]
  holds: boolean
}

export interface CompiledRoute {
  route: Route
  alternatives: readonly Alternative[]
  /** Whether the route's selector means a container. */
  selects: (container: Container) => boolean
}

export interface Alternative {
  /** Whether it may take a unit with a full keyboard. */
  namesKeyboards: boolean
  conditions: readonly Condition[]
}

interface Condition {
  key: Key
  wanted: readonly string[]
  test: (actual: string) => boolean
}

/** Why a route owns a unit. */
export interface RouteMatch {
  route: Route
  /** The member that matched, and what it fulfils. */
  member: Member
  alternative: Alternative
}

/** A unit that a route would own if it named keyboards. */
export interface WithheldKeyboard {
  route: Route
  withheld: true
}

export function compileRoute(route: Route): CompiledRoute {
  return {
    route,
    alternatives: route.match.map((match) => ({
      namesKeyboards: namesKeyboards(match),
      conditions: KEYS.flatMap((key) => {
        const wanted = match[key]
        return wanted === undefined ? [] : [condition(key, wanted)]
      }),
    })),
    selects: compileSelector(route.container),
  }
}

/**
 * Whether `compiled` owns a unit of these members: when one of them fulfils every key of one alternative. A unit with a full keyboard `among` all its devices
 * needs an alternative that names it, because whoever hears a keyboard hears passwords.
 */
export function matchRoute(
  compiled: CompiledRoute,
  members: readonly Member[],
  among = members,
): RouteMatch | WithheldKeyboard | undefined {
  const hasKeyboard = among.some(({ classes }) => classes.includes('keyboard'))
  let withheld: WithheldKeyboard | undefined
  for (const alternative of compiled.alternatives) {
    const member = members.find((candidate) => fulfils(alternative, candidate))
    if (member === undefined) continue
    if (!hasKeyboard || alternative.namesKeyboards) {
      return { route: compiled.route, member, alternative }
    }
    withheld = { route: compiled.route, withheld: true }
  }
  return withheld
}

/** Every key of an alternative, compared with a member, for people. */
export function checksOf({ alternative, member }: Pick<RouteMatch, 'alternative' | 'member'>): Check[] {
  return alternative.conditions.map(({ key, wanted, test }) => {
    const actual = actualOf(key, member)
    return { key, wanted, actual, holds: actual.some(test) }
  })
}

function fulfils({ conditions }: Alternative, member: Member): boolean {
  return conditions.every(({ key, test }) => actualOf(key, member).some(test))
}

function condition(key: Key, wanted: readonly string[]): Condition {
  const tests = wanted.map(compileGlob)
  return { key, wanted, test: (actual) => tests.some((test) => test(actual)) }
}

function actualOf(key: Key, { device, classes }: Member): readonly string[] {
  switch (key) {
    case 'class':
      return classes
    case 'devpath':
    case 'subsystem':
      return [device[key]]
    case 'name':
    case 'vendor':
    case 'product':
    case 'version':
    case 'bus':
    case 'uniq':
    case 'phys': {
      const fact = device.facts[key]
      return fact === undefined ? [] : [fact]
    }
  }
}
