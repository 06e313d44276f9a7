// docs/clients.md: what the suite has seen of each client.
import type { Client, Phase, Sign } from './client.js'
import { PHASES } from './client.js'

/** How a cell reads: `no` is a client that did not notice, and a test that failed. */
export type Cell = 'yes' | 'no' | '—'

export interface Row {
  client: Client
  version: string
  /** The phases in which the client said what it should. */
  seen: ReadonlySet<Phase>
}

const INTRODUCTION = `# Clients

Unmodified Debian packages, and small programs on Debian's libraries, in containers that have no helper of udev-proxy's, with
devices of the kernel's uinput and uhid drivers. The VM suite (\`npm run test:vm\`) writes this page from what it has seen, and
fails when the page in the repository says anything else, versions aside; \`npm run docs:clients\` takes the page of the last run.

- plug: a client that runs notices a device that is plugged.
- input: it reads a press of a button of that device.
- unplug: it notices that the device is gone.
- at start: it finds a device that was plugged before it started.

The containers are Debian 12. Libraries of newer suites run in them with their own libc; that of Debian 11 runs on Debian 12's.
`

const NOT_IN_DEBIAN = `eudev and libudev-zero are not here: Debian has no package of either.
`

/** The page, with a footnote for each reason. */
export function page(rows: readonly Row[]): string {
  const reasons = [
    ...new Set(rows.flatMap(({ client }) => PHASES.flatMap((phase) => reasonOf(client[phase])))),
  ]
  const lines = rows.map((row) => {
    const cells = PHASES.map((phase) => {
      const notes = reasonOf(row.client[phase]).map((reason) => `[^${reasons.indexOf(reason) + 1}]`)
      return `${cellOf(row, phase)}${notes.join('')}`
    })
    return line(row.client.name, `${row.client.package} ${row.version}`, ...cells)
  })
  const table = [
    line('client', 'version', 'plug', 'input', 'unplug', 'at start'),
    line(...Array<string>(6).fill('---')),
    ...lines,
  ]
  const footnotes = reasons.map((reason, index) => `[^${index + 1}]: ${reason}\n`)
  return [INTRODUCTION, `${table.join('\n')}\n`, ...footnotes, NOT_IN_DEBIAN].join('\n')
}

/** What a page says of each client: its cells without versions and footnotes. */
export function cellsOf(text: string): Map<string, string> {
  const rows = text.split('\n').filter((row) => row.startsWith('|'))
  return new Map(
    rows.slice(2).map((row) => {
      const [name = '', , ...cells] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      return [name, cells.map((cell) => cell.replace(/\[.*$/, '')).join(' ')]
    }),
  )
}

function cellOf({ client, seen }: Row, phase: Phase): Cell {
  if (typeof client[phase] !== 'function') return '—'
  return seen.has(phase) ? 'yes' : 'no'
}

function reasonOf(sign: Sign): string[] {
  return typeof sign === 'function' ? [] : [sign.not]
}

function line(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`
}
