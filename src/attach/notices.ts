// Tells people, once each, why a unit is not where its route would have it.
import type { Subscription } from 'rxjs'
import { timer } from 'rxjs'
import { runOf } from '../container/engine.js'
import { selectorText } from '../route/select.js'
import type { Log, LogFields } from '../service/index.js'
import { missingContainer } from './absent.js'
import { keyboardBelowReason } from './keyboard-below.js'
import { unitTitle } from './title.js'
import type { Unit, World } from './world.js'
import { isDecided, placeOf, refusalOf } from './world.js'

interface Notice {
  /** What it is about: told once of a unit. */
  topic: string
  level: 'debug' | 'info' | 'warn'
  /** The message and its fields, about the unit that people call `title`. */
  tell: (title: string) => { message: string } & LogFields
}

const KEYBOARD = 'keyboard'
/** The devices of a unit come one by one within milliseconds, and a later one may be what a route wants. */
const QUIET_MS = 200

export class Notices {
  /** Topics that were told of each unit. */
  private readonly told = new Map<string, Set<string>>()
  /** Units that were looked at, and so are not plugged anew. */
  private readonly seen = new Set<string>()
  /** Units that came a moment ago, which perhaps no route takes. */
  private fresh = new Set<string>()
  private waiting: Subscription | undefined
  private readonly toldOfRoutes = new Set<string>()

  constructor(
    private readonly world: World,
    private readonly log: Log,
  ) {}

  /** Units that something was told of. */
  get size(): number {
    return new Set([...this.told.keys(), ...this.fresh]).size
  }

  /** What is there already was not plugged just now. */
  passOver(keys: Iterable<string>): void {
    for (const key of keys) this.seen.add(key)
  }

  /** Tells of routes whose container is there under nearly the name that they have, once each. */
  lookAtRoutes(): void {
    for (const { route } of this.world.routes) {
      const missing = missingContainer(this.world, route.container)
      const message = `route ${route.name}: ${missing ?? ''}`
      if (missing?.includes('did you mean') !== true || this.toldOfRoutes.has(message)) continue
      this.toldOfRoutes.add(message)
      this.log.warn(message, { route: route.name, action: 'route' })
    }
  }

  /** Tells nothing more. */
  stop(): void {
    this.waiting?.unsubscribe()
  }

  /** The unit has another key; what was told of it holds. */
  moved(key: string, to: string): void {
    for (const keys of [this.seen, this.fresh]) if (keys.delete(key)) keys.add(to)
    const told = this.told.get(key)
    if (told === undefined) return
    this.told.delete(key)
    this.told.set(to, told)
  }

  /** Tells what is new about the unit, which was in the containers `from` until now; forgets it when it has gone. */
  look(key: string, from: readonly string[] = []): void {
    const unit = this.world.units.get(key)
    if (unit === undefined) {
      this.told.delete(key)
      this.seen.delete(key)
      this.fresh.delete(key)
      return
    }
    if (!this.seen.has(key) && isDecided(unit) && unit.awaits === undefined) {
      this.seen.add(key)
      this.fresh.add(key)
      this.waiting ??= timer(QUIET_MS).subscribe(() => this.lookAtFresh())
    }
    const notice = this.world.containersKnown ? noticeOf(this.world, unit, from) : undefined
    if (notice !== undefined) this.tell(key, unit, notice, from)
  }

  private lookAtFresh(): void {
    this.waiting = undefined
    const { fresh } = this
    this.fresh = new Set()
    for (const key of fresh) {
      const unit = this.world.units.get(key)
      if (unit !== undefined && unit.found === undefined) this.tell(key, unit, unroutedNotice(unit))
    }
  }

  private tell(key: string, unit: Unit, notice: Notice, from: readonly string[] = []): void {
    const told = this.told.get(key) ?? new Set<string>()
    this.told.set(key, told)
    if (told.has(notice.topic)) return
    told.add(notice.topic)
    // That it stays with the host goes without saying then.
    if (from.length > 0) told.add(KEYBOARD)
    const title = unitTitle([...unit.members.values()].map(({ device }) => device))
    const { message, ...fields } = notice.tell(title)
    this.log[notice.level](message, { device: title, ...fields })
  }
}

/** A pad that does nothing is missed; what else is plugged into a host rarely is. */
function unroutedNotice({ members }: Unit): Notice {
  const all = [...members.values()]
  const isPad = all.some(({ classes }) => classes.includes('joystick'))
  const nodes = all.flatMap(({ device: { node, sysname } }) => (node === undefined ? [] : [sysname]))
  const example = nodes.find((name) => name.startsWith('event')) ?? nodes[0] ?? all[0]?.device.sysname ?? ''
  return {
    topic: 'unrouted',
    level: isPad ? 'info' : 'debug',
    tell: (title) => ({
      message: `${title} plugged: no route takes it (udev-proxy explain ${example})`,
      action: 'ignore',
    }),
  }
}

function noticeOf(world: World, unit: Unit, from: readonly string[]): Notice | undefined {
  const { found } = unit
  if (found === undefined) return undefined
  const { name: route, container: selector } = found.route
  if ('withheld' in found) {
    const behind = keyboardBelowReason(world, unit)
    const [container] = from
    if (container !== undefined) {
      return {
        topic: `${KEYBOARD} in ${from.join(' ')}`,
        level: 'warn',
        tell: (title) => ({
          message: `${title} is withdrawn from ${from.join(', ')}: ${behind ?? 'it has a keyboard now'}, and a keyboard goes only to a route that names it (name: or class: keyboard), which route ${route} does not`,
          container,
          route,
          action: 'withhold',
        }),
      }
    }
    return {
      topic: KEYBOARD,
      level: 'info',
      tell: (title) => ({
        message: `${title} stays with the host: route ${route} matches, but ${behind === undefined ? '' : `${behind}, and `}a keyboard goes only to a route that says name: or class: keyboard`,
        route,
        action: 'withhold',
      }),
    }
  }
  const missing = missingContainer(world, selector)
  const advice = missing?.includes('did you mean') === true ? `: ${missing}` : ''
  const waiting = (owner: string): Notice => ({
    topic: `waiting ${owner}${advice}`,
    level: advice === '' ? 'info' : 'warn',
    tell: (title) => ({ message: `${title} waits for ${owner} to run${advice}`, route, action: 'wait' }),
  })
  const place = placeOf(world, unit)
  if (place === undefined) return undefined
  if (place.kind === 'absent') return waiting(`a container (${selectorText(selector)})`)
  if (place.kind === 'refused') {
    const { container } = place
    return {
      topic: `refused ${runOf(container) ?? ''}`,
      level: 'warn',
      tell: (title) => ({
        message: `${title} is not attached to ${container.name}, which can't be served: ${refusalOf(world, container, found.route) ?? ''}`,
        container: container.name,
        route,
        action: 'refuse',
      }),
    }
  }
  const { stage, rivals } = place
  if (rivals.length > 0) {
    return {
      topic: `rivals ${[stage, ...rivals].join(' ')}`,
      level: 'warn',
      tell: (title) => ({
        message: `route ${route} means ${stage} and ${rivals.join(', ')}: ${title} goes to ${stage}, which was started first; name one of them in the route to choose`,
        container: stage,
        route,
        action: 'route',
      }),
    }
  }
  return isRunning(world, stage) ? undefined : waiting(`container ${stage}`)
}

function isRunning(world: World, name: string): boolean {
  for (const container of world.containers.values()) {
    if (container.name === name && container.running !== undefined) return true
  }
  return false
}
