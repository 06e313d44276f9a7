// Rows of text, put below each other.
import { printable } from './printable.js'

/** The lines of a table whose columns are aligned; an empty cell is a dash, but for the last of a row. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [header, ...rows].map((row) => header.map((_, column) => cellOf(row, column, header.length)))
  const widths = header.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))))
  return cells.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  )
}

function cellOf(row: readonly string[], column: number, columns: number): string {
  const text = printable(row[column] ?? '')
  return text === '' && column < columns - 1 ? '-' : text
}

/** In code points: names of devices rarely have wider characters. */
function widthOf(text: string): number {
  return Array.from(text).length
}
