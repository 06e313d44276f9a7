// `udev-proxy check`: is a config right?

import { formatMistakes, formatWarnings, loadConfigFile } from '../config/index.js'
import { ConfigError, EXIT } from '../errors.js'

/**
 * Writes whether the config at `file` is right, or all that is wrong with it, and returns the exit code. Warnings change nothing about it; `strict` refuses also
 * what the daemon would: a file that others may write.
 */
export function check(file: string, out: NodeJS.WritableStream, strict = false): number {
  try {
    const { config, warnings } = loadConfigFile(file, { strict })
    if (warnings.length > 0) out.write(`${formatWarnings(warnings)}\n`)
    const remarks = warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning')}`
    out.write(`${file}: ok, ${count(config.routes.length, 'route')}${remarks}\n`)
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    out.write(`${formatMistakes(error)}\n${count(error.mistakes.length, 'mistake')}\n`)
    return EXIT.config
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
