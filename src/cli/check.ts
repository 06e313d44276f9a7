// `udev-proxy check`: is a config right?

import { formatMistakes, loadConfig } from '../config/index.js'
import { ConfigError, EXIT } from '../errors.js'

/** Writes whether the config at `file` is right, or all that is wrong with it, and returns the exit code. */
export function check(file: string, out: NodeJS.WritableStream): number {
  try {
    const { routes } = loadConfig(file)
    out.write(`${file}: ok, ${count(routes.length, 'route')}\n`)
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
