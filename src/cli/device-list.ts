// The units of a host, with what a person would write to match each.
import { membersWithin } from '../attach/below.js'
import type { Destination } from '../attach/destination.js'
import { destinationOf } from '../attach/destination.js'
import { unitTitle } from '../attach/title.js'
import type { Unit, World } from '../attach/world.js'
import type { DeviceClass } from '../config/index.js'
import { BUSES, DEVICE_CLASSES } from '../config/index.js'
import type { Member } from '../route/member.js'
import { destinationText } from './destination-text.js'
import { ownMatch } from './own-match.js'
import { printable } from './printable.js'

export interface ListedUnit {
  /** The devpath that its devices share. */
  unit: string
  title: string
  classes: DeviceClass[]
  /** What the kernel says of it; ids are four hex digits, and the bus has its name where it has one. */
  facts: Partial<Record<Fact, string>>
  nodes: string[]
  destination: Destination
  /** To be copied into a route. */
  match: string
  /** Devpaths of other units that the match means as well, for want of anything that tells them apart. */
  alike: string[]
}

type Fact = 'name' | 'bus' | 'vendor' | 'product' | 'version' | 'uniq' | 'phys'
const FACTS: readonly Fact[] = ['name', 'bus', 'vendor', 'product', 'version', 'uniq', 'phys']

/** All units of `world`. */
export function listUnits(world: World): ListedUnit[] {
  return [...world.units.values()].map((unit) => listedUnit(world, unit))
}

/** The list as a person reads it. */
export function unitsText(units: readonly ListedUnit[]): string {
  if (units.length === 0) return 'there is no input device\n'
  return units
    .map((unit) =>
      blockOf(unit)
        .map((line) => `${printable(line)}\n`)
        .join(''),
    )
    .join('\n')
}

function listedUnit(world: World, unit: Unit): ListedUnit {
  const members = [...unit.members.values()]
  const devices = members.map(({ device }) => device)
  return {
    unit: unit.key,
    title: unitTitle(devices),
    classes: classesOf(members),
    facts: factsOf(members),
    nodes: devices.flatMap(({ node }) => (node === undefined ? [] : [`/dev/${node.name}`])),
    destination: destinationOf(world, unit),
    ...ownMatch(unit, [...world.units.values()], (one) => membersWithin(world, one)),
  }
}

/** Those of all members, in the order of the config's own list. */
export function classesOf(members: readonly Member[]): DeviceClass[] {
  return DEVICE_CLASSES.filter((name) => members.some(({ classes }) => classes.includes(name)))
}

/** Of each fact what the first member says that knows it: a HID device knows no version. */
function factsOf(members: readonly Member[]): ListedUnit['facts'] {
  const known = FACTS.flatMap((fact) => {
    const value = members.find(({ device }) => device.facts[fact] !== undefined)?.device.facts[fact]
    return value === undefined ? [] : [[fact, value] as const]
  })
  const facts: ListedUnit['facts'] = Object.fromEntries(known)
  const bus = Object.entries(BUSES).find(([, id]) => id === facts.bus)?.[0]
  return bus === undefined ? facts : { ...facts, bus }
}

function blockOf({ title, classes, facts, nodes, destination, match, alike }: ListedUnit): string[] {
  const { bus, vendor, product, version, uniq, phys } = facts
  const ids = Object.entries({ bus, vendor, product, version, uniq, phys }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${value}`],
  )
  return [
    title,
    `  class  ${classes.length === 0 ? 'none' : classes.join(', ')}`,
    ...(ids.length === 0 ? [] : [`  ids    ${ids.join(', ')}`]),
    `  nodes  ${nodes.length === 0 ? 'none' : nodes.join(', ')}`,
    `  owner  ${destinationText(destination)}`,
    `  ${match}`,
    ...(alike.length === 0 ? [] : [`  no match tells it from ${alike.join(', ')}`]),
  ]
}
