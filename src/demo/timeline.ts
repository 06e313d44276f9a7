// The demo's story: which lines must have happened, in which order, and how they are shown.
import type { Trace } from '../attach/trace.js'
import type { RouteMatch } from '../route/match.js'
import { checksOf } from '../route/match.js'
import type { Report } from './protocol.js'

/** One line; times are microseconds of CLOCK_MONOTONIC. */
export interface Line {
  at: number
  /** The sysname of the device that it is about; absent when it is about the unit. */
  sysname?: string
  what: string
  text: string
}

/** A line for a trace of the daemon's, if it belongs in the story. */
export function lineOf(trace: Trace): Line | undefined {
  switch (trace.kind) {
    case 'uevent': {
      const { action, devpath, seqnum } = trace.uevent
      return {
        at: trace.at,
        sysname: sysname(devpath),
        what: `uevent ${action}`,
        text: `${action} ${devpath} (SEQNUM ${seqnum})`,
      }
    }
    case 'routed':
      return {
        at: trace.at,
        what: 'route',
        text: `${trace.match.route.name} -> ${trace.stage}, because ${because(trace.match)}`,
      }
    case 'step': {
      const { device, step, direction } = trace
      const text = TEXTS[step]?.[direction](device.sysname, device.node?.name)
      return text === undefined
        ? undefined
        : { at: trace.at, sysname: device.sysname, what: `${step} ${direction}`, text }
    }
    case 'settled':
      return undefined
  }
}

/** A line for what the application inside has seen. */
export function lineOfReport(report: Report): Line | undefined {
  switch (report.kind) {
    case 'started':
    case 'ready':
      return undefined
    case 'heard': {
      const { at, action, devpath, devname, node, open, record } = report
      const saw = [
        ...(devname === undefined ? [] : [node === undefined ? `no ${devname}` : `stat ${devname}: ${node}`]),
        ...(open === undefined ? [] : [`open: ${open}`]),
        record ? 'record: there' : 'record: none',
      ]
      const text =
        action === 'add'
          ? `the application heard add of ${sysname(devpath)}; ${saw.join(', ')}`
          : `the application heard ${action} of ${sysname(devpath)}`
      return { at, sysname: sysname(devpath), what: `heard ${action}`, text }
    }
    case 'gone':
      return {
        at: report.at,
        sysname: sysname(report.devpath),
        what: 'gone',
        text: `${sysname(report.devpath)}: node and record are gone`,
      }
  }
}

/** What is missing of a device's story, in words; empty when every line happened, and in this order. */
export function missingLines(lines: readonly Line[], name: string, hasNode: boolean): string[] {
  const attach = ['uevent add', ...(hasNode ? ['node apply'] : []), 'record apply', 'announce apply']
  const detach = ['uevent remove', 'record revert', ...(hasNode ? ['node revert'] : []), 'announce revert']
  const own = lines.filter((line) => line.sysname === name)
  return [
    ...outOfOrder(own, attach),
    ...outOfOrder(own, ['announce apply', 'heard add', 'uevent remove']),
    ...outOfOrder(own, detach),
    ...outOfOrder(own, ['announce revert', 'heard remove', 'gone']),
  ].map((problem) => `${name}: ${problem}`)
}

/** One line of the timeline: the time since the line before, then what happened. */
export function formatLine({ at, text, what }: Line, before: number): string {
  const delta = `+${Math.max(0, Math.round(at - before))} µs`
  return `${delta.padStart(12)}  ${(LABELS[what] ?? what).padEnd(9)} ${text}`
}

const LABELS: Readonly<Record<string, string>> = {
  'uevent add': 'uevent',
  'uevent remove': 'uevent',
  'node apply': 'node',
  'node revert': 'node',
  'record apply': 'record',
  'record revert': 'record',
  'announce apply': 'announce',
  'announce revert': 'announce',
  'heard add': 'inside',
  'heard remove': 'inside',
  gone: 'inside',
}

/** Steps that do nothing here have no line. */
const TEXTS: Partial<
  Record<
    string,
    Record<'apply' | 'revert', (sysname: string, node: string | undefined) => string | undefined>
  >
> = {
  node: {
    apply: (_, node) => node && `/dev/${node} made, with its final mode and owner`,
    revert: (_, node) => node && `/dev/${node} removed`,
  },
  record: {
    apply: (name) => `record of ${name} written to /run/udev/data`,
    revert: (name) => `record of ${name} removed`,
  },
  announce: {
    apply: (name) => `add of ${name} broadcast in the container's network namespace`,
    revert: (name) => `remove of ${name} broadcast`,
  },
}

function because(match: RouteMatch): string {
  return checksOf(match)
    .map(({ key, actual }) => `${key} is "${actual.join(', ')}"`)
    .join(' and ')
}

function outOfOrder(lines: readonly Line[], whats: readonly string[]): string[] {
  const problems: string[] = []
  let before: { what: string; at: number } | undefined
  for (const what of whats) {
    const line = lines.find((candidate) => candidate.what === what)
    if (line === undefined) problems.push(`"${what}" did not happen`)
    else if (before !== undefined && line.at < before.at)
      problems.push(`"${what}" came before "${before.what}"`)
    if (line !== undefined) before = { what, at: line.at }
  }
  return problems
}

function sysname(devpath: string): string {
  return devpath.slice(devpath.lastIndexOf('/') + 1)
}
