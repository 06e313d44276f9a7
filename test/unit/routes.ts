// Routes and containers for the unit tests, as a config would give them.
import type { Match, NodeOptions, Route, Selector } from '../../src/config/index.js'
import type { Container } from '../../src/container/engine.js'
import type { CompiledRoute } from '../../src/route/match.js'
import { compileRoute } from '../../src/route/match.js'

export const NODE: Partial<NodeOptions> = {}

export function route(
  name: string,
  match: Match | Match[],
  container: string | Selector,
  node = NODE,
): Route {
  return {
    name,
    match: Array.isArray(match) ? match : [match],
    container: typeof container === 'string' ? { kind: 'name', name: container } : container,
    node,
    links: [],
    legacyJs: false,
    properties: 'builtin',
    libudevZero: false,
    network: 'shared',
  }
}

export function compiled(...given: Parameters<typeof route>): CompiledRoute {
  return compileRoute(route(...given))
}

/** A container; it runs when `startedAt` is given. */
export function container(name: string, startedAt?: number, labels: Record<string, string> = {}): Container {
  const id = name.padEnd(64, '0')
  if (startedAt === undefined) return { id, name, labels }
  return { id, name, labels, running: { pid: 4242, startedAt, netns: `4:${name}` } }
}
