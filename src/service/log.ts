// The daemon's log: winston, ending in the journal, on a terminal, or as JSON; always on stderr, and never buffered.
import { fstatSync, writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { createLogger, format, transports } from 'winston'
import { isSystemError, messageOf } from '../errors.js'
import type { Native } from '../native.js'
import { JOURNAL_SOCKET, encodeEntry, isJournalStream } from './journal.js'
import type { LogEntry, LogFields, LogLevel } from './log-line.js'
import { PRIORITY, journalStreamLines, jsonLine, plainLine, terminalLine } from './log-line.js'

export interface Log {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
}

export interface AdjustableLog extends Log {
  setLevel(level: LogLevel): void
}

export interface LogOptions {
  level: LogLevel
  /** auto: the journal when stderr leads there, else text. */
  format: 'auto' | 'text' | 'json'
}

/** Where a log may end; the process's own unless a test says otherwise. */
export interface LogOutput {
  env: NodeJS.ProcessEnv
  /** A file descriptor. */
  stderr: number
  journalSocket: string
}

const LEVELS: Record<LogLevel, number> = { error: 0, warn: 1, info: 2, debug: 3 }
const PROCESS: LogOutput = { env: process.env, stderr: 2, journalSocket: JOURNAL_SOCKET }

/**
 * Returns a log that has written an entry when its method returns, so that process.exit() loses none. It never throws: a log that can't be
 * written must not stop devices.
 */
export function createLog(
  options: LogOptions,
  addon: Pick<Native, 'sendDatagram'>,
  output: LogOutput = PROCESS,
): AdjustableLog {
  const logger = createLogger({
    level: options.level,
    levels: LEVELS,
    // winston's default renders every entry as JSON, which nobody would read.
    format: format((entry) => entry)(),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's types take `import *` of a class for another class
    transports: new transports.Stream({ stream: entryStream(writerFor(options.format, addon, output)) }),
  })
  // One object, not logger.info(message, fields): winston drops the fields when it finds a %s or %d in the message, and device names may have one.
  const at =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      logger.log({ ...fields, level, message })
    }
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    setLevel: (level) => (logger.level = level),
  }
}

/** Returns when the entry is written; does not throw. */
type Writer = (entry: LogEntry) => void

/** What winston hands its entries to, one by one, in the call that logs them. */
function entryStream(writer: Writer): Writable {
  return new Writable({
    objectMode: true,
    write: (entry: LogEntry, _encoding, next) => {
      writer(entry)
      next()
    },
  })
}

function writerFor(
  wanted: LogOptions['format'],
  addon: Pick<Native, 'sendDatagram'>,
  output: LogOutput,
): Writer {
  const { env, stderr } = output
  if (wanted === 'json') return (entry) => writeAll(stderr, jsonLine(entry, new Date()))
  if (wanted === 'auto' && leadsToJournal(output)) return journalWriter(addon, output)
  if (!isatty(stderr)) return (entry) => writeAll(stderr, plainLine(entry, new Date()))
  const colour = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  return (entry) => writeAll(stderr, terminalLine(entry, new Date(), colour))
}

function leadsToJournal({ env, stderr }: LogOutput): boolean {
  try {
    return isJournalStream(env['JOURNAL_STREAM'], fstatSync(stderr, { bigint: true }))
  } catch (error) {
    if (isSystemError(error, 'EBADF')) return false
    throw error
  }
}

function journalWriter(addon: Pick<Native, 'sendDatagram'>, { stderr, journalSocket }: LogOutput): Writer {
  let reachable = true
  return (entry) => {
    const { level, message, container, device, route, action } = entry
    const datagram = encodeEntry({
      MESSAGE: message,
      PRIORITY: String(PRIORITY[level]),
      SYSLOG_IDENTIFIER: 'udev-proxy',
      UDEV_PROXY_CONTAINER: container,
      UDEV_PROXY_DEVICE: device,
      UDEV_PROXY_ROUTE: route,
      UDEV_PROXY_ACTION: action,
    })
    try {
      addon.sendDatagram(journalSocket, datagram, true)
      reachable = true
    } catch (error) {
      // A journald that restarts or is behind: the stream waits for it, the datagram can't. Tried anew with every entry.
      if (reachable) {
        reachable = false
        const notice = `journald takes no entries with fields (${messageOf(error)}): they follow as plain lines`
        writeAll(stderr, journalStreamLines({ level: 'warn', message: notice }))
      }
      writeAll(stderr, journalStreamLines(entry))
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Writes all of `text`, waiting for a reader that is behind: process.stderr.write to a pipe would keep the rest for an event loop that may have ended. */
function writeAll(file: number, text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(file, rest))
    } catch (error) {
      // Whoever reads has gone, or the disk is full: nobody is left to tell.
      if (!isSystemError(error, 'EAGAIN', 'EINTR')) return
      Atomics.wait(pause, 0, 0, 5)
    }
  }
}
