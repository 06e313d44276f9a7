// The shortest match that means one unit of a host and no other.
import type { Unit } from '../attach/world.js'
import type { Match, OwnValues, Route } from '../config/index.js'
import { matchOf, matchSnippet } from '../config/index.js'
import { parentOf } from '../kernel/index.js'
import type { CompiledRoute } from '../route/match.js'
import { compileRoute, matchRoute } from '../route/match.js'
import type { Member } from '../route/member.js'

/** A key of a match, or the property of udev that names a port. */
type Key = Exclude<keyof Match, 'properties'> | 'ID_PATH'

/** What tells a device from others and goes where it goes, shortest first. */
const IDENTITY: readonly (readonly Key[])[] = [
  ['name'],
  ['uniq'],
  ['vendor', 'product'],
  ['name', 'class'],
  ['name', 'uniq'],
  ['name', 'vendor', 'product'],
  ['vendor', 'product', 'class'],
  ['vendor', 'product', 'uniq'],
  ['name', 'vendor', 'product', 'class'],
  ['name', 'vendor', 'product', 'uniq'],
]
/** The place where it is plugged in, for devices that are alike: the best that can be said comes first. */
const PLACES: readonly (readonly Key[])[] = [
  ['name', 'phys'],
  ['vendor', 'product', 'phys'],
  ['phys'],
  ['phys', 'class'],
  ['name', 'ID_PATH'],
  ['ID_PATH'],
  ['ID_PATH', 'class'],
  ['name', 'devpath'],
  ['devpath'],
  ['devpath', 'class'],
]

export interface OwnMatch {
  /** As YAML, to be copied into a route. */
  match: string
  /** Keys of the other units of which it is true as well; empty where it means this unit alone. */
  alike: string[]
}

/** All devices that a unit may tell of. */
type Within = (unit: Unit) => readonly Member[]

/** The first match, of one member's own words, that takes this unit and none of the others; else the one that takes fewest of them. */
export function ownMatch(unit: Unit, units: readonly Unit[], within: Within = membersOf): OwnMatch {
  const others = units.filter(({ key }) => key !== unit.key)
  const members = bySpeech(membersOf(unit))
  let best: OwnMatch | undefined
  for (const keys of [...IDENTITY, ...PLACES]) {
    for (const member of members) {
      const values = valuesOf(unit, member, keys)
      if (values === undefined) continue
      const route = routeOf(values)
      if (!takes(route, unit, within)) continue
      const alike = others.filter((other) => takes(route, other, within)).map(({ key }) => key)
      if (best === undefined || alike.length < best.alike.length)
        best = { match: matchSnippet(values), alike }
      if (alike.length === 0) return best
    }
  }
  return best ?? { match: matchSnippet({ devpath: unit.key }), alike: [] }
}

/** Whoever has the name that people are told (unitTitle) comes first, then those with a class. */
function bySpeech(members: readonly Member[]): Member[] {
  const weight = ({ device, classes }: Member): number =>
    (device.facts.name === undefined ? 2 : 0) + (classes.length === 0 ? 1 : 0)
  return members.toSorted((a, b) => weight(a) - weight(b))
}

/** The member's values for the keys; undefined where it lacks one: one member has to fulfil all keys of a match. */
function valuesOf({ key: unit }: Unit, member: Member, keys: readonly Key[]): OwnValues | undefined {
  const { device, classes } = member
  const values: OwnValues = {}
  for (const key of keys) {
    const value = valueOf(key)
    if (value === undefined) return undefined
    if (key === 'ID_PATH') values.properties = { ID_PATH: value }
    else values[key] = value
  }
  return values

  function valueOf(key: Key): string | undefined {
    switch (key) {
      case 'class':
        return classes.includes('keyboard') ? 'keyboard' : classes[0]
      case 'devpath':
        return `${placeOf(unit)}/`
      case 'name':
      case 'vendor':
      case 'product':
      case 'uniq':
      case 'phys':
        return device.facts[key]
      case 'ID_PATH':
        return member.said('auto')?.properties.get('ID_PATH')
      case 'version':
      case 'bus':
      case 'subsystem':
      case 'tag':
      case 'driver':
        return undefined
    }
  }
}

/** The devpath of what the unit is plugged into: numbers of inputs, and of HID devices, are others after the next plug. */
function placeOf(unit: string): string {
  return /\/input\/input\d+$/.test(unit) ? parentOf(parentOf(unit)) : parentOf(unit)
}

function routeOf(values: OwnValues): CompiledRoute {
  const route: Route = {
    name: '',
    match: [matchOf(values)],
    container: { kind: 'name', name: 'any' },
    node: {},
    links: [],
    legacyJs: false,
    properties: 'auto',
    libudevZero: false,
    network: 'shared',
  }
  return compileRoute(route)
}

function takes(route: CompiledRoute, unit: Unit, within: Within): boolean {
  const found = matchRoute(route, membersOf(unit), within(unit))
  return found !== undefined && 'member' in found
}

function membersOf({ members }: Unit): Member[] {
  return [...members.values()]
}
