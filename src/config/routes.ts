// What is wrong with routes that are well-formed, each for itself: with their names, their order and ids without quotes.

import { isScalar } from 'yaml'
import type { ConfigMistake } from '../errors.js'
import type { Path, Source } from './document.js'
import { lineOf, mistakeAt, offsetOf, sourceOf } from './document.js'
import { fieldOf } from './field.js'
import { pointAt } from './explain.js'
import type { Reading } from './read.js'
import { placeOf } from './read.js'
import { routeName, RouteFile } from './schema.js'
import { findShadows } from './shadow.js'
import { buses, ids } from './values.js'

/** Checks the routes that can be read; the others are left out. */
export function routeMistakes(source: Source, reading: Reading): ConfigMistake[] {
  const { value } = reading
  const routes = typeof value === 'object' && value !== null && 'routes' in value ? value.routes : undefined
  if (!Array.isArray(routes)) return []
  return [
    ...duplicateNames(source, reading, routes),
    ...shadowed(source, reading, routes),
    ...bareIds(source, reading),
  ]
}

function duplicateNames(source: Source, reading: Reading, routes: readonly unknown[]): ConfigMistake[] {
  const first = new Map<string, number>()
  return routes.flatMap((route, index) => {
    const own = ownName(route)
    const name = routeName(own, index)
    const before = first.get(name)
    if (before === undefined) {
      first.set(name, index)
      return []
    }
    const lines = `line ${lineOf(source, startOf(reading, before))}`
    const path = own === undefined ? ['routes', index] : ['routes', index, 'name']
    const message =
      own === undefined
        ? `route has no name and is called ${name}, which is the name of the route in ${lines}`
        : `name: expected a name of its own, found ${JSON.stringify(name)} as in the route in ${lines}`
    return [
      mistakeAt(source, pointAt(placeOf(reading, path)), {
        path,
        message,
        hint: own === undefined ? 'add a name' : 'rename one of them',
      }),
    ]
  })
}

function shadowed(source: Source, reading: Reading, routes: readonly unknown[]): ConfigMistake[] {
  const checked = routes.map((file, index) => {
    const { data } = RouteFile.safeParse(file)
    return data && { match: data.match, name: routeName(data.name, index) }
  })
  return findShadows(checked).map(({ route, by }) => {
    const takers = by.map(
      (index) => `${checked[index]?.name ?? ''} (line ${lineOf(source, startOf(reading, index))})`,
    )
    const takes = takers.length === 1 ? 'takes' : 'take'
    return mistakeAt(source, startOf(reading, route), {
      path: ['routes', route],
      message: `route ${checked[route]?.name ?? ''} can never match: ${takers.join(' and ')} ${takes} all that it would`,
      hint: 'the first route that matches wins: move this one up, or narrow the other',
    })
  })
}

/**
 * Ids that begin with a digit and have no quotes. YAML reads 054c as a text but 0541 and 05e4 as numbers;
 * quotes for all mean that a route that works still does with another id in it.
 */
function bareIds(source: Source, reading: Reading): ConfigMistake[] {
  return [...reading.places.values()].flatMap(({ path, value }) => {
    const written = sourceOf(value)
    if (!isScalar(value) || typeof value.value !== 'string' || value.type !== 'PLAIN') return []
    if (!isId(path) || written === undefined || !/^[0-9]/.test(written)) return []
    // What is none with quotes either has been found already.
    if (!(path.includes('bus') ? buses : ids).safeParse(written).success) return []
    const last = path.at(-1)
    const key = typeof last === 'string' ? `${last}: ` : ''
    return [
      mistakeAt(source, offsetOf(value), {
        path,
        message: `${fieldOf(path)}: expected quotes around an id that begins with a digit: YAML reads 0541 and 05e4 as numbers`,
        hint: `quote it: ${key}"${written}"`,
      }),
    ]
  })
}

/** routes, n, match, perhaps n, the key, perhaps n. */
function isId(path: Path): boolean {
  const keys = path.filter((step) => typeof step === 'string')
  return (
    keys.length === 3 &&
    keys[1] === 'match' &&
    ['vendor', 'product', 'version', 'bus'].includes(keys[2] ?? '')
  )
}

function ownName(route: unknown): string | undefined {
  const name = typeof route === 'object' && route !== null && 'name' in route ? route.name : undefined
  return typeof name === 'string' ? name : undefined
}

function startOf(reading: Reading, route: number): number {
  return pointAt(placeOf(reading, ['routes', route]))
}
