// The command line: picks the command, and turns failures into exit codes and words.
import {
  ConfigError,
  EXIT,
  EngineError,
  EnvironmentError,
  RefusedError,
  UnavailableError,
  UsageError,
  isSystemError,
} from '../errors.js'
import { bugText, endAtBugs } from './bug.js'
import { COMMANDS } from './commands.js'
import { version } from './version.js'

const LIST = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}\n`).join('')
const USAGE = `usage: udev-proxy COMMAND ...

${LIST}
  --help, --version; udev-proxy COMMAND --help shows the options of a command
`

process.stdout.on('error', (error: Error) => {
  // Whoever read has gone, as head does: nobody is left to tell.
  if (isSystemError(error, 'EPIPE')) process.exit(EXIT.ok)
  process.stderr.write(`udev-proxy: stdout: ${error.message}\n`)
  process.exit(EXIT.failure)
})
endAtBugs((text) => process.stderr.write(`udev-proxy: ${text}\n`))
process.exitCode = await main(process.argv.slice(2))
// What a failed daemon has left open must not keep its process.
if (process.argv[2] === 'run') process.exit()

async function main([name, ...args]: string[]): Promise<number> {
  if (name === '--help' || name === '-h') return print(USAGE)
  if (name === '--version' || name === '-V') return print(`${version()}\n`)
  const command = COMMANDS.get(name ?? '')
  if (command === undefined) {
    const what = name === undefined ? 'which command?' : `there is no command ${name}`
    process.stderr.write(`udev-proxy: ${what}\n\n${USAGE}`)
    return EXIT.usage
  }
  try {
    return await command.execute(args)
  } catch (error) {
    return await failed(`udev-proxy ${name ?? ''}`, command.example, error)
  }
}

/** Tells what went wrong, and returns the exit code. */
async function failed(command: string, example: string, error: unknown): Promise<number> {
  const { stderr } = process
  if (error instanceof UsageError) {
    for (const mistake of error.mistakes) stderr.write(`${command}: ${mistake}\n`)
    stderr.write(`for example: ${example} (${command} --help shows more)\n`)
    return EXIT.usage
  }
  if (error instanceof ConfigError) {
    const { formatMistakes } = await import('../config/index.js')
    stderr.write(formatMistakes(error))
    return EXIT.config
  }
  if (error instanceof EnvironmentError) {
    stderr.write(`udev-proxy: ${error.message}\n`)
    return EXIT.environment
  }
  if (error instanceof UnavailableError || error instanceof EngineError || error instanceof RefusedError) {
    stderr.write(`udev-proxy: ${error.message}\n`)
    return EXIT.unavailable
  }
  stderr.write(`udev-proxy: ${bugText(error)}\n`)
  return EXIT.internal
}

function print(text: string): number {
  process.stdout.write(text)
  return EXIT.ok
}
