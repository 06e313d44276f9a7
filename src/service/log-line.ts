// How an entry of the log reads as text.
import { jsonOf, shownBytes } from '../bytes.js'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/** What an entry is about; each becomes a field of its own in the journal and in JSON. */
export interface LogFields {
  container?: string | undefined
  device?: string | undefined
  route?: string | undefined
  action?: string | undefined
}

export interface LogEntry extends LogFields {
  level: LogLevel
  message: string
}

/** Severities of syslog(3), as in PRIORITY= and in sd-daemon(3)'s line prefix. */
export const PRIORITY: Record<LogLevel, number> = { error: 3, warn: 4, info: 6, debug: 7 }

const COLOUR: Record<LogLevel, string> = {
  error: '\x1b[31m',
  warn: '\x1b[33m',
  info: '\x1b[32m',
  debug: '\x1b[2m',
}
const PLAIN = '\x1b[0m'

/** For a person at a terminal: the time of day is enough. */
export function terminalLine(entry: LogEntry, at: Date, colour: boolean): string {
  const time = at.toTimeString().slice(0, 8)
  const level = entry.level.padEnd(5)
  return line(
    `${time} ${colour ? COLOUR[entry.level] + level + PLAIN : level} `,
    time.length + 7,
    entry.message,
  )
}

/** For a file or a pipe, which may outlive the day. */
export function plainLine(entry: LogEntry, at: Date): string {
  const prefix = `${at.toISOString()} ${entry.level.padEnd(5)} `
  return line(prefix, prefix.length, entry.message)
}

/** For a program: one JSON object a line. */
export function jsonLine({ level, message, ...fields }: LogEntry, at: Date): string {
  return jsonOf({ time: at.toISOString(), level, message, ...fields }) + '\n'
}

/** For a stream that journald reads by line: each line carries its priority, and the fields follow the message, since they have no other way. */
export function journalStreamLines({ level, message, ...fields }: LogEntry): string {
  const about = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  )
  const text = about.length === 0 ? message : `${message} (${about.join(', ')})`
  const prefix = `<${PRIORITY[level]}>`
  return shownBytes(text).replace(/^/gm, prefix) + '\n'
}

/** Names come from devices and containers: they must not move the cursor, nor pass for a line of the log. */
function line(prefix: string, width: number, message: string): string {
  const printable = shownBytes(message).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `${prefix}${printable.replaceAll('\n', '\n' + ' '.repeat(width))}\n`
}
