// Whom a container shares its network namespace with, and whether a route goes that far. What is announced there is heard by all of them.
import type { Route } from '../config/index.js'
import type { Container } from '../container/engine.js'

export type NetworkPlace =
  | { kind: 'own' }
  /** With the other containers of these names. */
  | { kind: 'shared'; others: readonly string[] }
  | { kind: 'host' }

/** What is known of network namespaces. */
export interface Networks {
  containers: ReadonlyMap<string, Container>
  /** st_dev:st_ino of the network namespace of this process. */
  hostNetns: string
}

/** Undefined for a container that does not run. */
export function networkOf(
  { containers, hostNetns }: Networks,
  container: Container,
): NetworkPlace | undefined {
  const netns = container.running?.netns
  if (netns === undefined) return undefined
  if (netns === hostNetns) return { kind: 'host' }
  const others: string[] = []
  for (const { id, name, running } of containers.values())
    if (id !== container.id && running?.netns === netns) others.push(name)
  return others.length === 0 ? { kind: 'own' } : { kind: 'shared', others }
}

/** Why `route` does not go to a container on its network, and what to change. */
export function networkRefusal(
  networks: Networks,
  container: Container,
  { name, network }: Pick<Route, 'name' | 'network'>,
): string | undefined {
  if (network === 'host') return undefined
  if (container.running?.netns === networks.hostNetns) {
    return `it shares the host's network namespace; add network: host to route ${name} (nodes and records stay apart, but every program of the host hears of its devices, and it of theirs), or run it without --network host`
  }
  if (network === 'shared') return undefined
  const place = networkOf(networks, container)
  if (place?.kind !== 'shared') return undefined
  return `it shares its network namespace with ${listOf(place.others)}, which would hear of its devices, and route ${name} says network: own; leave that out of the route, or give the container a network of its own`
}

/** For instance `container vpn` or `containers app and vpn`. */
function listOf(names: readonly string[]): string {
  const sorted = names.toSorted()
  const last = sorted.pop() ?? ''
  return sorted.length === 0 ? `container ${last}` : `containers ${sorted.join(', ')} and ${last}`
}
