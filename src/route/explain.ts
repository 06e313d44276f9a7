// Why a route takes a unit or does not, key by key, for people.
import type { Route } from '../config/index.js'
import type { Alternative, Check, CompiledRoute } from './match.js'
import { checksOf, hasKeyboard } from './match.js'
import type { Member } from './member.js'

export interface ExplainedRoute {
  name: string
  /** `keyboard`: it would match, but for a keyboard that it does not name. */
  verdict: 'matches' | 'keyboard' | 'fails'
  /** In the order of the config. */
  alternatives: ExplainedAlternative[]
}

export interface ExplainedAlternative {
  /** The member that fulfils it, or comes closest to that. */
  member: Member
  checks: Check[]
  isFulfilled: boolean
  /** Whether it may take a unit with a keyboard. */
  namesKeyboards: boolean
}

/** Compares a unit of these members with each alternative of the route's match; it is what matchRoute decides by, with keyboards `among` others as well. */
export function explainRoute(
  { route, alternatives }: CompiledRoute,
  members: readonly Member[],
  among = members,
): ExplainedRoute {
  const explained = alternatives.flatMap((alternative) => explainAlternative(route, alternative, members))
  const fulfilled = explained.filter(({ isFulfilled }) => isFulfilled)
  const takes = fulfilled.some(({ namesKeyboards }) => namesKeyboards || !hasKeyboard(route, among))
  const verdict = takes ? 'matches' : fulfilled.length > 0 ? 'keyboard' : 'fails'
  return { name: route.name, verdict, alternatives: explained }
}

function explainAlternative(
  route: Route,
  alternative: Alternative,
  members: readonly Member[],
): ExplainedAlternative[] {
  const [first, ...others] = members.map((member) => ({
    member,
    checks: checksOf({ alternative, member, route }),
  }))
  if (first === undefined) return []
  const { member, checks } = others.reduce((best, one) => (held(one) > held(best) ? one : best), first)
  const { namesKeyboards } = alternative
  return [{ member, checks, isFulfilled: checks.every(({ holds }) => holds), namesKeyboards }]
}

function held({ checks }: { checks: readonly Check[] }): number {
  return checks.filter(({ holds }) => holds).length
}
