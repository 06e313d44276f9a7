// The daemon's state as a person reads it.
import type { AttachedDevice, AttachReport, ContainerReport } from '../attach/report.js'
import type { Counters, StatusReport } from '../attach/status-report.js'
import { printable } from './printable.js'
import { tableLines } from './table.js'

/** Of the states of a unit's devices, the one that says most about it. */
const STATES: readonly AttachedDevice['state'][] = ['failed', 'leaving', 'pending', 'staged', 'live']

/** The report in lines and tables; it ends with the last line's newline. */
export function statusText(report: StatusReport): string {
  const sections = [
    heading(report),
    containers(report),
    attached(report),
    waiting(report),
    failures(report),
    [countersLine(report.counters)],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
    .join('\n')
}

function heading({ version, pid, uptime, config, engine, unrouted }: StatusReport): string[] {
  const others = unrouted === 0 ? [] : [`${count(unrouted, 'device')} without a route: udev-proxy devices`]
  return [
    `udev-proxy ${version}, pid ${pid}, runs for ${durationText(uptime)}`,
    `config ${config.path} of ${localTime(config.loadedAt)}`,
    ...(config.error === undefined
      ? []
      : [`the reload at ${localTime(config.error.at)} was refused: ${config.error.message}`]),
    `${engine.name}: ${engine.state === 'unknown' ? 'has not answered yet' : engine.state}`,
    ...engine.unanswered.map(
      ({ container, reason }) => `${engine.name} gives no usable answer about ${container}: ${reason}`,
    ),
    ...others,
  ].map(printable)
}

function containers({ containers: all }: AttachReport): string[] {
  if (all.length === 0) return ['no container matches a route']
  return tableLines(
    ['CONTAINER', 'ID', 'STATE'],
    all.map((container) => [container.name, container.id ?? '', containerState(container)]),
  )
}

function containerState({ state, reason, hasOwnUdevd, network, problems = [] }: ContainerReport): string {
  if (reason !== undefined) return `${state}: ${reason}`
  const words = [
    state,
    ...(network === undefined ? [] : [networkText(network)]),
    ...(hasOwnUdevd ? ['nodes only: it has a udevd of its own'] : []),
  ].join(', ')
  return [words, ...problems].join('; but it ')
}

function networkText(network: NonNullable<ContainerReport['network']>): string {
  return network.kind === 'host'
    ? "on the host's network"
    : `shares its network with ${network.others.join(', ')}`
}

function attached({ containers: all }: AttachReport): string[] {
  const rows = all.flatMap(({ name, units }) =>
    units.map(({ title, route, devices }) => {
      const nodes = devices.flatMap(({ node }) => (node === undefined ? [] : [shortNode(node.path)]))
      const state = STATES.find((one) => devices.some((device) => device.state === one)) ?? ''
      return [name, title, route, state, nodes.join(' ')]
    }),
  )
  return rows.length === 0 ? [] : tableLines(['IN', 'DEVICE', 'ROUTE', 'STATE', 'NODES'], rows)
}

function waiting({ waiting: all }: AttachReport): string[] {
  if (all.length === 0) return []
  return tableLines(
    ['WAITING', 'ROUTE', 'NODES', 'WHY'],
    all.map(({ title, route = '', nodes, reason }) => [title, route, nodes.map(shortNode).join(' '), reason]),
  )
}

function failures({ failures: all }: AttachReport): string[] {
  if (all.length === 0) return []
  return tableLines(
    ['FAILED', 'IN', 'STEP', 'TRIES', 'NEXT', 'REASON'],
    all.map(({ device, container, step, direction, tries, retryAt, reason }) => [
      device,
      container,
      direction === 'apply' ? step : `undo ${step}`,
      String(tries),
      localTime(retryAt),
      reason,
    ]),
  )
}

function countersLine({ dropped, ...counters }: Counters): string {
  const kinds = Object.entries(dropped).filter(([, times]) => times > 0)
  const sum = kinds.reduce((total, [, times]) => total + times, 0)
  const detail = kinds.map(([kind, times]) => `${times} ${kind}`).join(', ')
  const { uevents, ...others } = counters
  return [
    `uevents ${uevents}`,
    `dropped ${sum}${sum === 0 ? '' : ` (${detail})`}`,
    ...Object.entries(others).map(([name, times]) => `${name} ${times}`),
  ].join(', ')
}

function shortNode(path: string): string {
  return path.replace(/^\/dev\/(?:input\/)?/, '')
}

/** For instance `2 h 5 min`: the two largest units. */
export function durationText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([number]) => number > 0)
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([number, unit]) => `${number} ${unit}`).join(' ')
}

/** As ISO 8601 writes it, which is how Sweden does, in the time zone of whoever reads. */
function localTime(iso: string): string {
  return new Date(iso).toLocaleString('sv-SE')
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
