// Mistakes as a person reads them.

import type { ConfigError, ConfigMistake } from '../errors.js'

/**
 * The mistakes of a config: `FILE:LINE:COLUMN: MESSAGE`, which editors and terminals make a link of, then the line with a caret below the place, then the
 * hint. Mistakes are parted by an empty line; the text ends with the last line's newline.
 */
export function formatMistakes({ mistakes }: ConfigError): string {
  return mistakes.map((mistake) => formatMistake(mistake)).join('\n')
}

/** As formatMistakes, for what is no mistake. */
export function formatWarnings(warnings: readonly ConfigMistake[], kind = 'warning'): string {
  return warnings.map((warning) => formatMistake(warning, `${kind}: `)).join('\n')
}

/** A mistake or a warning in one line, for a log. */
export function mistakeLine({ file, line, column, message, hint }: ConfigMistake): string {
  return `${file}:${line}:${column}: ${message}${hint === undefined ? '' : ` (${hint})`}`
}

function formatMistake({ file, line, column, message, source, hint }: ConfigMistake, kind = ''): string {
  const number = String(line)
  const margin = ' '.repeat(number.length)
  const shown = source.trim() !== ''
  return [
    `${file}:${number}:${column}: ${kind}${message}`,
    ...(shown ? [`  ${number} | ${printable(source)}`, `  ${margin} | ${indentOf(source, column)}^`] : []),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
    '',
  ].join('\n')
}

/** Keeps tabs, so that the caret stands below its character in any terminal. */
function indentOf(source: string, column: number): string {
  return printable(source)
    .slice(0, column - 1)
    .replaceAll(/[^\t]/g, ' ')
}

/** Control characters must not reach a terminal. */
function printable(source: string): string {
  return source.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
}
