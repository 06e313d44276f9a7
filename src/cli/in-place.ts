// Text that is shown in place on a terminal, again and again.
import type { WriteStream } from 'node:tty'

/** ECMA-48: CUP, EL and ED. */
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
const CLEAR_ALL = '\x1b[2J'

/** What shows as much of a text as there is room for: a line that wraps would move all that is below it. */
export function inPlace(
  terminal: Pick<WriteStream, 'columns' | 'rows'> & { write: (text: string) => unknown },
): (text: string) => void {
  let clear = CLEAR_ALL
  return (text) => {
    const lines = text
      .trimEnd()
      .split('\n')
      .slice(0, sizeOf(terminal.rows) - 1)
    const columns = sizeOf(terminal.columns)
    const shown = lines.map((line) => `${Array.from(line).slice(0, columns).join('')}${CLEAR_LINE}\n`)
    terminal.write(`${clear}${HOME}${shown.join('')}${CLEAR_BELOW}`)
    clear = ''
  }
}

/** A terminal that knows no size says 0 (ioctl_tty(2): TIOCGWINSZ). */
function sizeOf(size: number): number {
  return size > 0 ? size : Number.POSITIVE_INFINITY
}
