// The comparison's outcome for people: a table of devices and modes, in Markdown.
import type { Difference } from './compare.js'
import { differences } from './compare.js'
import type { Result } from './comparison.js'
import type { Exception, Mode } from './exceptions.js'

export interface Row {
  kind: string
  title: string
  devices: string[]
  /** How many messages, records and sets of files were compared. */
  compared: number
  differences: ReadonlyMap<Mode, Difference[]>
  failure: string | undefined
}

export function rowOf({ specimen, devices, pairs, failure }: Result, exceptions: readonly Exception[]): Row {
  const found = [...pairs].map(([mode, compared]): [Mode, Difference[]] => [
    mode,
    compared.flatMap((pair) => differences(pair, mode, exceptions)),
  ])
  const compared = Math.max(0, ...[...pairs.values()].map((each) => each.length))
  const sysnames = devices.map(({ sysname }) => sysname)
  return {
    kind: specimen.kind,
    title: specimen.title,
    devices: sysnames,
    compared,
    differences: new Map(found),
    failure,
  }
}

/** The table, with the exceptions below it. */
export function tableOf(
  rows: readonly Row[],
  modes: readonly Mode[],
  exceptions: readonly Exception[],
): string {
  const lines = [
    `| device | made by | nodes and parents | compared | ${modes.join(' | ')} |`,
    `| --- | --- | --- | ---: | ${modes.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => {
      const cells = [row.title, row.kind, counted(row.devices), String(row.compared)]
      return `| ${[...cells, ...modes.map((mode) => verdict(row, mode))].map(escaped).join(' | ')} |`
    }),
    '',
    ...modes.map((mode) => `${mode}: ${equal(rows, mode)} of ${rows.length} devices are equal.`),
    '',
    ...exceptions.map(({ name, modes: where, reason }) => `- ${name} (${where.join(', ')}): ${reason}.`),
  ]
  return `${lines.join('\n')}\n`
}

/** One line for each kind of difference, with how often it was found and the first example. */
export function summaryOf(rows: readonly Row[], mode: Mode): string[] {
  const kinds = new Map<string, { count: number; first: string }>()
  for (const row of rows) {
    for (const { where, key, host, container } of row.differences.get(mode) ?? []) {
      const kind = `${where}: ${key}`
      const first =
        kinds.get(kind)?.first ?? `${row.title}: host ${String(host)}, container ${String(container)}`
      kinds.set(kind, { count: (kinds.get(kind)?.count ?? 0) + 1, first })
    }
  }
  return [...kinds].map(([kind, { count, first }]) => `${kind} (${count}x; ${first})`)
}

function verdict(row: Row, mode: Mode): string {
  if (row.failure !== undefined) return `not compared: ${row.failure}`
  const found = row.differences.get(mode) ?? []
  if (found.length === 0) return 'equal'
  const keys = [...new Set(found.map(({ key }) => key))].toSorted()
  return `${found.length} differ: ${keys.slice(0, 6).join(' ')}${keys.length > 6 ? ' …' : ''}`
}

function equal(rows: readonly Row[], mode: Mode): number {
  return rows.filter((row) => row.failure === undefined && row.differences.get(mode)?.length === 0).length
}

/** `input event js` for `input7 event4 js0`. */
function counted(devices: readonly string[]): string {
  const kinds = devices.map((sysname) =>
    /^[0-9A-F]{4}:/.test(sysname) ? 'hid' : sysname.replace(/\d+$/, ''),
  )
  return [...new Set(kinds)]
    .map((kind) => {
      const count = kinds.filter((each) => each === kind).length
      return count === 1 ? kind : `${count} ${kind}`
    })
    .join(' ')
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|')
}
