// Compiles a route's match into a predicate that also says why.
import type { Match, Route } from '../config/index.js'
import { compileGlob, compileUniq, namesKeyboards } from '../config/index.js'
import type { Container } from '../container/engine.js'
import type { UdevRecord } from '../udev/record.js'
import type { Member } from './member.js'
import { classesOf, isKeyboard } from './member.js'
import { compileChoices, compileSelector } from './select.js'

/** The keys of a match that have one value, in the order in which people are told of them. */
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
  'driver',
  'tag',
] as const satisfies readonly (keyof Match)[]
type Key = (typeof KEYS)[number]

/** How one key of a match compares with a device. */
export interface Check {
  /** For instance `vendor`, or `properties.ID_PATH`. */
  key: string
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
  /** The same for each choice of the selector; the earlier ones are preferred. */
  choices: readonly ((container: Container) => boolean)[]
}

export interface Alternative {
  /** Whether it may take a unit with a full keyboard. */
  namesKeyboards: boolean
  conditions: readonly Condition[]
}

type Condition = Compared & { key: string; wanted: readonly string[]; test: (actual: string) => boolean }

/** What a condition looks at: what the kernel says, or, for what is looked up only when all else holds, its driver or what udev says. */
type Compared =
  | { by: 'kernel' | 'driver'; of: (member: Member) => readonly string[] }
  | { by: 'udev'; of: (record: UdevRecord) => readonly string[]; only?: string }

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

/** A unit that a route owns, or does not, by what udev has yet to say. */
export interface AwaitedWords {
  route: Route
  awaited: true
}

export function compileRoute(route: Route): CompiledRoute {
  return {
    route,
    alternatives: route.match.map((match) => ({
      namesKeyboards: namesKeyboards(match),
      conditions: [
        ...KEYS.flatMap((key) => {
          const wanted = match[key]
          return wanted === undefined ? [] : [condition(key, wanted, comparedOf(key))]
        }),
        ...Object.entries(match.properties ?? {}).map(([name, wanted]) =>
          condition(`properties.${name}`, wanted, { by: 'udev', of: (record) => propertyOf(record, name) }),
        ),
      ],
    })),
    selects: compileSelector(route.container),
    choices: compileChoices(route.container),
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
): RouteMatch | WithheldKeyboard | AwaitedWords | undefined {
  const { route } = compiled
  let isWithheld = false
  let isAwaited = false
  for (const alternative of compiled.alternatives) {
    const member = fulfilling(alternative, members, route)
    if (member === undefined) continue
    if (member === 'awaited') isAwaited = true
    else if (alternative.namesKeyboards || !hasKeyboard(route, among)) return { route, member, alternative }
    else isWithheld = true
  }
  if (isAwaited) return { route, awaited: true }
  return isWithheld ? { route, withheld: true } : undefined
}

/** Whether there is a full keyboard among these, for a route that does not name it. */
export function hasKeyboard({ properties }: Route, members: readonly Member[]): boolean {
  return members.some((member) => isKeyboard(member, properties) || isRawKeyboard(member, members))
}

/** Whether it is a HID device without an input that would say what it is, and its hidraw node may tell what is typed on it. */
function isRawKeyboard(member: Member, members: readonly Member[]): boolean {
  const { device } = member
  if (device.subsystem !== 'hid') return false
  const hasInput = members.some((one) => one.device.unit === device.unit && one.device.subsystem === 'input')
  return !hasInput && member.reportsLetters
}

/** Every key of an alternative, compared with a member, for people. */
export function checksOf({ alternative, member, route }: RouteMatch): Check[] {
  return alternative.conditions.map((condition) => {
    const { key, wanted, test } = condition
    const actual = actualOf(condition, member, route) ?? []
    return { key, wanted, actual, holds: actual.some(test) }
  })
}

/** The first member that fulfils all keys; `awaited` when none does, and one may by what udev has yet to say. */
function fulfilling(
  alternative: Alternative,
  members: readonly Member[],
  route: Route,
): Member | 'awaited' | undefined {
  let open: 'awaited' | undefined
  for (const member of members) {
    const verdict = fulfils(alternative, member, route)
    if (verdict === true) return member
    if (verdict === undefined) open = 'awaited'
  }
  return open
}

/** Undefined as long as only udev can tell, and has not. */
function fulfils({ conditions }: Alternative, member: Member, route: Route): boolean | undefined {
  for (const by of ['kernel', 'driver', 'udev'] as const) {
    for (const condition of conditions) {
      if (condition.by !== by) continue
      const actual = actualOf(condition, member, route)
      if (actual === undefined) return undefined
      if (!actual.some(condition.test)) return false
    }
  }
  return true
}

function actualOf(condition: Condition, member: Member, route: Route): readonly string[] | undefined {
  if (condition.by !== 'udev') return condition.of(member)
  const { only, of } = condition
  if (only !== undefined && member.device.subsystem !== only) return []
  const record = recordOf(member, route)
  return record && of(record)
}

/** The host's udevd announces on the host's network without waiting for us: what it has not said yet, the builtin rules say until then. */
function recordOf(member: Member, { properties, network }: Route): UdevRecord | undefined {
  return member.said(properties) ?? (network === 'host' ? member.said('builtin') : undefined)
}

function condition(key: string, wanted: readonly string[], compared: Compared): Condition {
  const tests = wanted.map(key === 'uniq' ? compileUniq : compileGlob)
  return { ...compared, key, wanted, test: (actual) => tests.some((test) => test(actual)) }
}

function comparedOf(key: Key): Compared {
  switch (key) {
    case 'class':
      return { by: 'udev', of: classesOf, only: 'input' }
    case 'tag':
      return { by: 'udev', of: ({ currentTags }) => currentTags }
    case 'driver':
      return { by: 'driver', of: ({ driver }) => (driver === undefined ? [] : [driver]) }
    case 'devpath':
    case 'subsystem':
      return { by: 'kernel', of: ({ device }) => [device[key]] }
    case 'name':
    case 'vendor':
    case 'product':
    case 'version':
    case 'bus':
    case 'uniq':
    case 'phys':
      return {
        by: 'kernel',
        of: ({ device }) => {
          const fact = device.facts[key]
          return fact === undefined ? [] : [fact]
        },
      }
  }
}

/** What the rules have set, or else what the kernel has said. */
function propertyOf({ properties, device }: UdevRecord, name: string): readonly string[] {
  const value = properties.get(name) ?? device.properties.get(name)
  return value === undefined ? [] : [value]
}
