// The one table: what was measured of both, and what udev-proxy is to reach.
import type { Measurements } from './measure.js'
import { BURST, PLUGS } from './measure.js'

interface Row {
  title: string
  baseline: string
  daemon: string
  target: string
  met?: boolean
}

/** `values` must be sorted. */
function percentile(values: number[], percent: number): number {
  return values[Math.min(values.length - 1, Math.floor((values.length * percent) / 100))] ?? Number.NaN
}

/** The table as text, one row a line. */
export function table(baseline: Measurements, daemon: Measurements): string {
  const both = (title: string, show: (one: Measurements) => string) => ({
    title,
    baseline: show(baseline),
    daemon: show(daemon),
  })
  const latency = (percent: number) => (one: Measurements) =>
    milliseconds(percentile(one.latencies, percent) / 1000)
  const [p50, p50OfC] = [percentile(daemon.latencies, 50), percentile(baseline.latencies, 50)]
  const burst = (one: Measurements) => percentile(one.bursts, 50)
  const rows: Row[] = [
    {
      ...both(`uevent to client in container, p50 of ${PLUGS} plugs`, latency(50)),
      target: `<= 2 x C (${(p50 / p50OfC).toFixed(2)} x), < 1 ms`,
      met: p50 <= 2 * p50OfC && p50 < 1000,
    },
    { ...both('the same, p99', latency(99)), target: '' },
    { ...both('the same, max', latency(100)), target: '' },
    {
      ...both(`burst of ${BURST} uevents, first send to last receipt`, (one) => milliseconds(burst(one))),
      target: '< 60 ms',
      met: burst(daemon) < 60,
    },
    { ...both('the slowest burst of 5', (one) => milliseconds(percentile(one.bursts, 100))), target: '' },
    { ...both('CPU per uevent', ({ cpuPerEvent }) => milliseconds(cpuPerEvent / 1000)), target: '' },
    {
      ...both('resident memory after', ({ residentMegabytes }) => `${residentMegabytes.toFixed(1)} MB`),
      target: '< 90 MB',
      met: daemon.residentMegabytes < 90,
    },
    {
      ...both('CPU when idle', ({ idlePercent }) => `${idlePercent.toFixed(3)} %`),
      target: '0 (< 0.1 %)',
      met: daemon.idlePercent < 0.1,
    },
  ]
  const lines = [
    ['', 'C daemon', 'udev-proxy', 'target', ''],
    ...rows.map(({ title, target, met, ...row }) => [title, row.baseline, row.daemon, target, verdict(met)]),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line.map((cell, column) => pad(cell, widths[column] ?? 0, column === 1 || column === 2)).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return ''
  return met ? 'met' : 'missed'
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width)
}
