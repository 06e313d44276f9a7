// What nobody has caught is a bug: it is told once, and ends the process, whatever else still runs or hangs.
import { EXIT, messageOf } from '../errors.js'

/** How long an orderly end may take, in milliseconds: a little more than the daemon gives its own work. */
const PATIENCE = 7000

/**
 * From now on whatever is thrown where nobody catches it (a subscriber of rxjs, a callback of the addon, a promise that nobody awaits) goes to `tell`, with its
 * stack, and ends the process with 70. Called again, it takes the place of the call before.
 */
export function endAtBugs(tell: (text: string) => void): void {
  const end = (error: unknown): void => {
    try {
      tell(bugText(error))
    } finally {
      process.exit(EXIT.internal)
    }
  }
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.removeAllListeners(event)
    process.on(event, end)
  }
}

/** Ends the process with `code` in a while, whatever hangs then: what has to be done in order is done until then, or not at all. */
export function endSoon(code: number): void {
  setTimeout(() => process.exit(code), PATIENCE)
}

/** The error with its stack, for whoever mends it. */
export function bugText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
}
