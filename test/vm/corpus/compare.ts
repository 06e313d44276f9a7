// Compares what the host's udevd said of a device with what a container heard and finds.
import type { Facts } from './facts.js'
import type { Exception, Mode } from './exceptions.js'

export interface Difference {
  /** What was compared, for instance `add event` or `record of event after change`. */
  where: string
  /** A property's name; `(order)` and `(header)` for what is none. */
  key: string
  /** Undefined where there is none. */
  host: string | undefined
  container: string | undefined
}

/** One thing that both sides have said; undefined when it was not said at all. */
export interface Pair {
  where: string
  host: Facts | undefined
  container: Facts | undefined
}

/** Every difference within a pair that no exception makes right, by the names of properties. */
export function differences(pair: Pair, mode: Mode, exceptions: readonly Exception[]): Difference[] {
  const { where, host, container } = pair
  if (host === undefined && container === undefined) return []
  if (host === undefined || container === undefined) {
    const said = (facts: Facts | undefined): string => (facts === undefined ? 'not heard' : 'heard')
    return [{ where, key: '(message)', host: said(host), container: said(container) }]
  }

  const expected = new Map(host.properties)
  for (const exception of exceptions) {
    if (exception.modes.includes(mode)) exception.expect(expected, container.properties, where)
  }
  const keys = new Set([...expected.keys(), ...container.properties.keys()])
  const found = [...keys]
    .filter((key) => expected.get(key) !== container.properties.get(key))
    .map((key) => ({ where, key, host: expected.get(key), container: container.properties.get(key) }))
  // Where properties differ, order and hashes follow from that.
  if (found.length > 0) return found

  const order = (facts: Facts): string | undefined =>
    facts.order?.filter((key) => expected.has(key)).join(' ')
  if (order(host) !== order(container))
    found.push({ where, key: '(order)', host: order(host), container: order(container) })
  const isAltered = expected.get('TAGS') !== host.properties.get('TAGS')
  if (host.header !== container.header && !isAltered)
    found.push({ where, key: '(header)', host: host.header, container: container.header })
  return found
}
