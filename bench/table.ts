// What is printed: a column for each subject, and which targets were met.
import type { Measurements } from './measure.js'
import { BURST, BURSTS, PLUGS } from './measure.js'

export interface Results {
  baseline: Measurements
  builtin: Measurements
  udevd: Measurements
  host: Measurements
}

interface Target {
  title: string
  measured: string
  met: boolean
}

/** The figures, one row a line. */
export function figures({ baseline, builtin, udevd, host }: Results): string {
  const all = [baseline, builtin, udevd, host]
  const row = (title: string, show: (one: Measurements) => string): string[] => [title, ...all.map(show)]
  const latency = (percent: number) => (one: Measurements) =>
    milliseconds(percentile(one.latencies, percent) / 1000)
  const lag = (percent: number) => (one: Measurements) =>
    one.lags.length === 0 ? '' : milliseconds(percentile(one.lags, percent) / 1000)
  const bound = (percent: number) => (one: Measurements) =>
    one.bindDelays.length === 0 ? '' : milliseconds(percentile(one.bindDelays, percent) / 1000)
  return columns([
    ['', 'C daemon', 'builtin', 'udevd alone', 'host'],
    row(`uevent to client, p50 of ${PLUGS} plugs`, latency(50)),
    row('the same, p99', latency(99)),
    row('the same, max', latency(100)),
    row("after a client of udevd's on the host, p50 of the same plugs", lag(50)),
    row('the same, p99', lag(99)),
    row('bind of a HID pad to client, p50 of as many', bound(50)),
    row('the same, p99', bound(99)),
    row(`burst of ${BURST} uevents, first send to last receipt`, (one) => milliseconds(burst(one))),
    row(`the slowest burst of ${BURSTS}`, ({ bursts }) => milliseconds(percentile(bursts, 100))),
    row('CPU per uevent', ({ cpuPerEvent }) => milliseconds(cpuPerEvent / 1000)),
    row('resident memory after', ({ residentMegabytes }) => `${residentMegabytes.toFixed(1)} MB`),
    row('CPU when idle', ({ idlePercent }) => `${idlePercent.toFixed(3)} %`),
  ])
}

/** Whether each target was met, one a line. */
export function verdicts({ baseline, builtin, udevd, host }: Results): string {
  const [c, own, real] = [baseline, builtin, udevd].map(({ latencies }) => percentile(latencies, 50))
  const lag = percentile(host.lags, 50) / 1000
  const [memory, idle] = [
    Math.max(builtin.residentMegabytes, host.residentMegabytes),
    Math.max(builtin.idlePercent, host.idlePercent),
  ]
  return columns(
    [
      atMost('builtin, p50: at most 2 times the C daemon', ratio(own, c), 2, ' times'),
      atLeast('builtin, p50: at least 2.5 times as fast as udevd', ratio(real, own), 2.5, ' times'),
      atMost('builtin, p50: at most 1 ms', (own ?? Number.NaN) / 1000, 1, ' ms'),
      atMost("host, p50: at most 0.3 ms after udevd's message reached a client on the host", lag, 0.3, ' ms'),
      atMost(`builtin, burst of ${BURST} uevents: at most 60 ms`, burst(builtin), 60, ' ms'),
      atMost('both: at most 90 MB resident', memory, 90, ' MB'),
      atMost('both: at most 0.1 % of a CPU when idle', idle, 0.1, ' %'),
    ].map(({ title, measured, met }) => [title, measured, met ? 'met' : 'missed']),
  )
}

function atMost(title: string, value: number, limit: number, unit: string): Target {
  return { title, measured: `${value.toFixed(2)}${unit}`, met: value <= limit }
}

function atLeast(title: string, value: number, limit: number, unit: string): Target {
  return { title, measured: `${value.toFixed(2)}${unit}`, met: value >= limit }
}

function ratio(a = Number.NaN, b = Number.NaN): number {
  return a / b
}

function burst({ bursts }: Measurements): number {
  return percentile(bursts, 50)
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`
}

/** The first column is text, the others are numbers. */
function columns(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines
    .map((line) =>
      line.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      ),
    )
    .map((cells) => `${cells.join('  ').trimEnd()}\n`)
    .join('')
}
