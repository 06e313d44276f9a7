// What a command of the command line is, and how its arguments become its call.
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { EXIT, UsageError } from '../errors.js'

type Options = NonNullable<ParseArgsConfig['options']>
type Values<O extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>
>['values']

export interface Command {
  /** One line of the list of commands. */
  summary: string
  /** A call of it that does something. */
  example: string
  /** Parses the arguments behind the command's name, runs it, and returns the exit code. Throws UsageError. */
  execute(args: string[]): Promise<number>
}

export interface CommandSpec<O extends Options> {
  summary: string
  /** What `--help` prints. */
  usage: string
  /** A call of it that does something. */
  example: string
  options: O
  run(values: Values<O>, operands: string[]): number | Promise<number>
}

export function defineCommand<const O extends Options>(spec: CommandSpec<O>): Command {
  return {
    summary: spec.summary,
    example: spec.example,
    execute: async (args) => {
      if (asksForHelp(args)) {
        process.stdout.write(spec.usage)
        return EXIT.ok
      }
      const { values, positionals } = parsed(spec.options, args)
      return spec.run(values, positionals)
    },
  }
}

/** Whether --help stands among the options. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  const options = end < 0 ? args : args.slice(0, end)
  return options.includes('--help') || options.includes('-h')
}

function parsed<O extends Options>(options: O, args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    // Its errors are TypeErrors with these codes; any other is a bug.
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      throw new UsageError(optionProblem(error.message))
    }
    throw error
  }
}

/** Node goes on to say how an argument that begins with a dash is written: nobody means one here. */
function optionProblem(message: string): string {
  const unknown = /^Unknown option '([^']*)'/.exec(message)?.[1]
  return unknown === undefined ? message : `there is no option ${unknown}`
}
