import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { networkOf } from '../../../src/attach/network.js'
import type { World } from '../../../src/attach/world.js'
import {
  addDevice,
  createWorld,
  placeOf,
  refusalOf,
  refuseContainer,
  removeContainer,
  servedContainer,
  setContainer,
  setRoutes,
} from '../../../src/attach/world.js'
import type { Network } from '../../../src/config/index.js'
import type { Container } from '../../../src/container/engine.js'
import type { CompiledRoute } from '../../../src/route/match.js'
import { compileRoute } from '../../../src/route/match.js'
import { container, route } from '../routes.js'
import { inputDevice } from '../uevents.js'

const HOST = '4:host'
const pad = inputDevice({ name: 'Pad' })

function routed(name: string, selector: string, network: Network, match = 'Pad'): CompiledRoute {
  return compileRoute({ ...route(name, { name: [match] }, selector), network })
}

function on(netns: string, name: string, startedAt = 1): Container {
  return { ...container(name), running: { pid: 1, startedAt, netns } }
}

function worldOf(routes: CompiledRoute[], ...containers: Container[]): World {
  const world: World = { ...createWorld(routes, HOST), containersKnown: true }
  for (const one of containers) setContainer(world, one)
  addDevice(world, pad)
  return world
}

function placeIn(world: World) {
  const unit = world.units.get(pad.unit)
  return unit && placeOf(world, unit)
}

describe('a container is', () => {
  it('alone on its network, on one that others share, or on that of the host', () => {
    const [app, vpn, host] = [on('4:a', 'app'), on('4:a', 'vpn'), on(HOST, 'wolf')]
    const world = worldOf([], app, vpn, host, container('stopped'))
    expect(networkOf(world, app)).toEqual({ kind: 'shared', others: ['vpn'] })
    expect(networkOf(world, host)).toEqual({ kind: 'host' })
    expect(networkOf(world, container('stopped'))).toBeUndefined()
    removeContainer(world, vpn.id)
    expect(networkOf(world, app)).toEqual({ kind: 'own' })
  })
})

describe('a route goes', () => {
  const OWNER = { kind: 'owner', stage: 'app', rivals: [] }

  it.each<[Network, string, boolean]>([
    ['own', '4:app', true],
    ['own', '4:vpn', false],
    ['own', HOST, false],
    ['shared', '4:app', true],
    ['shared', '4:vpn', true],
    ['shared', HOST, false],
    ['host', '4:app', true],
    ['host', '4:vpn', true],
    ['host', HOST, true],
  ])('with network: %s to a container in %s: %s', (network, netns, isServed) => {
    const app = on(netns, 'app')
    const world = worldOf([routed('one', 'app', network)], app, on('4:vpn', 'vpn'), on(HOST, 'other'))
    expect(placeIn(world)).toEqual(isServed ? OWNER : { kind: 'refused', container: app })
    expect(servedContainer(world, 'app')).toBe(isServed ? app : undefined)
    expect(refusalOf(world, app) === undefined).toBe(isServed)
  })

  it('as far as it says itself, whatever another says of the same container', () => {
    const wolf = on(HOST, 'wolf')
    const world = worldOf([routed('near', 'wolf', 'shared'), routed('far', 'wolf', 'host', 'x')], wolf)
    expect(placeIn(world)).toEqual({ kind: 'refused', container: wolf })
    expect(servedContainer(world, 'wolf')).toBe(wolf)
    expect(refusalOf(world, wolf)).toBeUndefined()
    expect(refusalOf(world, wolf, world.routes[0]?.route)).toContain('add network: host to route near')
  })

  it('no longer where a reload says so, or another container has come', () => {
    const app = on('4:a', 'app')
    const world = worldOf([routed('one', 'app', 'own')], app)
    expect(placeIn(world)).toEqual(OWNER)
    setContainer(world, on('4:a', 'vpn'))
    expect(placeIn(world)).toEqual({ kind: 'refused', container: app })
    setRoutes(world, [routed('one', 'app', 'shared')])
    expect(placeIn(world)).toEqual(OWNER)
  })

  it('nowhere else than the container itself allows', () => {
    const app = on('4:a', 'app')
    const world = worldOf([routed('one', 'app', 'host')], app)
    refuseContainer(world, app.id, 'it has something')
    expect(refusalOf(world, app)).toBe('it has something')
    expect(placeIn(world)).toEqual({ kind: 'refused', container: app })
  })
})

describe('a refusal says what to change', () => {
  it("on the host's network, and what that means", () => {
    const wolf = on(HOST, 'wolf')
    expect(refusalOf(worldOf([routed('pads', 'wolf', 'shared')], wolf), wolf)).toBe(
      "it shares the host's network namespace; add network: host to route pads (nodes and records stay apart, but every program of the host hears of its devices, and it of theirs), or run it without --network host",
    )
  })

  it('on a network that others share, by their names', () => {
    const [app, vpn, web] = [on('4:a', 'app'), on('4:a', 'vpn'), on('4:a', 'web')]
    const world = worldOf([routed('pads', 'app', 'own')], app, web, vpn)
    expect(refusalOf(world, app)).toBe(
      'it shares its network namespace with containers vpn and web, which would hear of its devices, and route pads says network: own; leave that out of the route, or give the container a network of its own',
    )
    removeContainer(world, web.id)
    expect(refusalOf(world, app)).toContain('with container vpn, which')
  })
})

describe('for any containers', () => {
  const netns = fc.constantFrom(HOST, '4:a', '4:b')
  const neighbours = fc.array(netns, { maxLength: 5 })
  const worldWith = (network: Network, own: string, others: readonly string[]): World =>
    worldOf([routed('one', 'app', network)], on(own, 'app'), ...others.map((one, n) => on(one, `n${n}`)))
  const isServed = (...given: Parameters<typeof worldWith>): boolean =>
    servedContainer(worldWith(...given), 'app') !== undefined

  it('who is served by own is by shared, and who is by shared is by host, which goes everywhere', () => {
    fc.assert(
      fc.property(netns, neighbours, (own, others) => {
        const served = (['own', 'shared', 'host'] as const).map((network) => isServed(network, own, others))
        expect(served).toEqual(served.toSorted((a, b) => Number(a) - Number(b)))
        expect(served[2]).toBe(true)
      }),
    )
  })

  it('those that come and go beside one change nothing for it, unless its route says own', () => {
    const network = fc.constantFrom<Network>('shared', 'host')
    fc.assert(
      fc.property(network, netns, neighbours, neighbours, (far, own, before, after) => {
        expect(isServed(far, own, before)).toBe(isServed(far, own, after))
      }),
    )
  })
})
