// What `monitor` prints of an event: udevadm monitor's layout (udevadm-monitor.c: print_device) and JSON, with the route.
import type { Destination } from '../attach/destination.js'
import { jsonOf } from '../bytes.js'
import type { Received } from '../udev/received.js'
import { destinationText } from './destination-text.js'
import { printable } from './printable.js'

export type Source = 'KERNEL' | 'UDEV'

export interface MonitoredEvent extends Received {
  source: Source
  /** Microseconds of CLOCK_MONOTONIC. */
  at: number
  /** Absent where no routes are known, and for what belongs to no unit. */
  destination?: Destination | undefined
}

/** The lines before the first event. */
export function banner(sources: readonly Source[]): string {
  const meanings = [
    ...(sources.includes('UDEV') ? ['UDEV - the event which udev sends out after rule processing'] : []),
    ...(sources.includes('KERNEL') ? ['KERNEL - the kernel uevent'] : []),
  ]
  return ['monitor will print the received events for:', ...meanings, '', ''].join('\n')
}

/** The line of an event; with properties, a block that ends with an empty line. */
export function eventText(event: MonitoredEvent, withProperties: boolean): string {
  const { source, at, action, devpath, subsystem, properties, destination } = event
  const seconds = `${Math.floor(at / 1e6)}.${String(at % 1e6).padStart(6, '0')}`
  const head = `${source.padEnd(6)}[${seconds}] ${action.padEnd(8)} ${devpath} (${subsystem})`
  const route = destination === undefined ? '' : `-> ${destinationText(destination)}`
  if (!withProperties) return `${printable(route === '' ? head : `${head} ${route}`)}\n`
  // A line of its own: the others can be copied as they are.
  const pairs = [...properties].map(([key, value]) => `${key}=${value}`)
  return [head, ...(route === '' ? [] : [route]), ...pairs, '', ''].map(printable).join('\n')
}

/** The event as a line of JSON. */
export function eventJson({
  source,
  at,
  action,
  devpath,
  subsystem,
  properties,
  destination,
}: MonitoredEvent): string {
  const routed = destination?.kind === 'route' ? destination : undefined
  return `${jsonOf({
    source: source.toLowerCase(),
    time: at / 1e6,
    action,
    devpath,
    subsystem,
    properties: Object.fromEntries(properties),
    route: routed?.route,
    container: routed?.container,
  })}\n`
}
