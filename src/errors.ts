// The kinds of failure, told apart by what happens next (exit, retry, forget), and the exit codes of sysexits.h.

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 64,
  unavailable: 69,
  internal: 70,
  again: 75,
  environment: 77,
  config: 78,
} as const

/** One mistake in a config file: where it is, what is wrong, and what to write instead. */
export interface ConfigMistake {
  file: string
  /** 1-based, as editors count. */
  line: number
  /** 1-based. */
  column: number
  /** Where in the document, for instance `routes[0].match.vendor`. */
  path: string
  message: string
  hint?: string
  /** The text of the line, for showing it. */
  source: string
}

/** The config can't be used; carries every mistake, not the first. Exit 78. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(readonly mistakes: readonly ConfigMistake[]) {
    super(`${String(mistakes.length)} mistake${mistakes.length === 1 ? '' : 's'} in the config`)
  }
}

/** The command line, or what came on stdin, is wrong; carries every mistake, not the first. Exit 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly mistakes: readonly string[]
  constructor(...mistakes: string[]) {
    super(mistakes.join('; '))
    this.mistakes = mistakes
  }
}

/** What a command was to act on is not there, or not in a state for it. Exit 69. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}

/** A capability, a kernel feature or a file that the job needs is missing; the message says what to do. Exit 77. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/** The stage's file system has gone, and whoever has mounted it must bring it back for all to see. Exit 75: systemd does so, and starts the daemon anew. */
export class StageLostError extends Error {
  override readonly name = 'StageLostError'
}

/** A hwdb.bin can't be read or contradicts itself; lookups go without it until it is built anew. */
export class HwdbError extends Error {
  override readonly name = 'HwdbError'
  constructor(
    readonly path: string,
    readonly problem: string,
    /** The byte of the file that the problem was found at; undefined when not one was read. */
    readonly offset?: number,
  ) {
    const where = offset === undefined ? path : `${path}, byte ${String(offset)}`
    super(`${where}: ${problem}; build it anew: systemd-hwdb update`)
  }
}

/** The container engine can't be reached or answers nonsense; retried with backoff for ever. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
}

/** What we were about to act on has gone: an expected race, never worth more than a debug line. */
export class GoneError extends Error {
  override readonly name = 'GoneError'
}

/** The container can't be served as it is; nothing was done to it, and nothing will be until it is started anew. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** Something that can't be, was: a bug of ours. Exit 70; systemd restarts the daemon. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** True for what only a mistake of ours throws. What Node itself has against a value has a code, and may be the world's doing. */
export function isBug(error: unknown): boolean {
  if (error instanceof InvariantError) return true
  const isOfTheLanguage =
    error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  return isOfTheLanguage && !('code' in error)
}

/** What a system call that failed throws, in Node's own shape and from the addon alike. */
export interface SystemError extends Error {
  /** The errno's name, for instance `ENOENT`. */
  code: string
  syscall: string
  path?: string
}

/** True when a system call failed, with one of `codes` if any are given. */
export function isSystemError(error: unknown, ...codes: string[]): error is SystemError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
  return codes.length === 0 || codes.includes(error.code)
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
