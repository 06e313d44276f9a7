// Which container owns a unit.
import type { Container } from '../container/engine.js'
import type { AwaitedWords, CompiledRoute, RouteMatch, WithheldKeyboard } from './match.js'
import { matchRoute } from './match.js'
import type { Member } from './member.js'
import { literalName } from './select.js'

/** Where the units of a route go. */
export type Place =
  /** To the container of that name and its stage; `rivals` run too, are meant as well, and were started later. */
  | { kind: 'owner'; stage: string; rivals: readonly string[] }
  /** To this one, if it could be served. */
  | { kind: 'refused'; container: Container }
  /** Nowhere while no container that is meant runs, and none or several could. */
  | { kind: 'absent' }

/**
 * The first route that takes a unit of these members, or the first that would but for a keyboard, which may be another one `among` all of the unit; or, before
 * them, the first of which only udev can tell whether it does.
 */
export function findRoute(
  routes: readonly CompiledRoute[],
  members: readonly Member[],
  among = members,
): RouteMatch | WithheldKeyboard | AwaitedWords | undefined {
  let withheld: WithheldKeyboard | undefined
  for (const compiled of routes) {
    const found = matchRoute(compiled, members, among)
    if (found === undefined) continue
    if (!('withheld' in found)) return found
    withheld ??= found
  }
  return withheld
}

/**
 * The container that a route gives its units to: of those that run, the one that its list has first, and of several that are meant alike the one started first. While none runs it is the stopped one it can only be, so that its
 * stage is complete when it starts. A running one that is refused keeps the units waiting.
 */
export function findPlace(
  { route, selects, choices }: CompiledRoute,
  containers: Iterable<Container>,
  isRefused: (container: Container) => boolean,
): Place {
  const meant = [...containers].filter(selects)
  const all = meant.filter((container) => container.running !== undefined)
  const preferred = all.length > 1 ? choices.map((means) => all.filter(means)) : [all]
  const running = preferred.find((containers) => containers.length > 0) ?? []
  const [first, ...others] = running.length > 1 ? running.sort(byStart) : running
  if (first !== undefined) {
    if (isRefused(first)) return { kind: 'refused', container: first }
    return { kind: 'owner', stage: first.name, rivals: others.map(({ name }) => name) }
  }
  const only = literalName(route.container) ?? (meant.length === 1 ? meant[0]?.name : undefined)
  return only === undefined ? { kind: 'absent' } : { kind: 'owner', stage: only, rivals: [] }
}

function byStart(a: Container, b: Container): number {
  return (a.running?.startedAt ?? 0) - (b.running?.startedAt ?? 0) || a.id.localeCompare(b.id)
}
