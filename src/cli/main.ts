#!/usr/bin/env -S node --max-semi-space-size=1 --optimize-for-size
// The command line: picks the command, and turns failures into exit codes and words. Its young generation is small: a daemon that
// idles need not keep 30 MiB ready for garbage.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { formatMistakes } from '../config/index.js'
import { ConfigError, EXIT, EnvironmentError, messageOf } from '../errors.js'

/** Where the service's config is. */
const CONFIG = '/etc/udev-proxy/config.yaml'

const USAGE = `usage: udev-proxy COMMAND

  run [--config FILE]   serve containers in the foreground (FILE: ${CONFIG})
  check [FILE]          validate a config

  --help, --version
`

process.exitCode = await main(process.argv.slice(2))

async function main(argv: string[]): Promise<number> {
  try {
    return await command(argv)
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(formatMistakes(error))
      return EXIT.config
    }
    if (error instanceof EnvironmentError) {
      process.stderr.write(`udev-proxy: ${error.message}\n`)
      return EXIT.environment
    }
    if (isUsageError(error)) {
      process.stderr.write(`udev-proxy: ${error.message}\n\n${USAGE}`)
      return EXIT.usage
    }
    process.stderr.write(
      `udev-proxy: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`,
    )
    return EXIT.internal
  }
}

async function command(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'V' },
    },
  })
  if (values.help === true) return print(USAGE)
  if (values.version === true) return print(`${version()}\n`)

  const [name, ...operands] = positionals
  if (name === 'run') {
    if (operands.length > 0) throw new TypeError(`run takes no operand: ${operands.join(' ')}`)
    // Only this command needs the addon: a config can be checked on any machine.
    const { run } = await import('./run.js')
    return run(values.config ?? CONFIG)
  }
  if (name === 'check') {
    if (operands.length > 1) throw new TypeError(`check takes one file: ${operands.join(' ')}`)
    const { check } = await import('./check.js')
    return check(operands[0] ?? values.config ?? CONFIG, process.stdout)
  }
  throw new TypeError(name === undefined ? 'which command?' : `there is no command ${name}`)
}

/** parseArgs throws TypeErrors, and so do we, for what was typed wrongly. */
function isUsageError(error: unknown): error is TypeError {
  if (!(error instanceof TypeError)) return false
  return !('code' in error) || String(error.code).startsWith('ERR_PARSE_ARGS')
}

function print(text: string): number {
  process.stdout.write(text)
  return EXIT.ok
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : ''
}
