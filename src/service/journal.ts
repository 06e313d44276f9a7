// journald's native protocol: one datagram to its socket is one entry of the journal, with fields of our own.
import { shownBytes } from '../bytes.js'

/** Where journald takes entries, whatever its configuration. */
export const JOURNAL_SOCKET = '/run/systemd/journal/socket'

/** Names in capitals, digits and underscores; a field that is undefined is left out. */
export type JournalFields = Record<string, string | undefined>

const EQUALS = Buffer.from('=')
const NEWLINE = Buffer.from('\n')

/** The datagram of one entry, as https://systemd.io/JOURNAL_NATIVE_PROTOCOL lays it out. */
export function encodeEntry(fields: JournalFields): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const bytes = Buffer.from(shownBytes(value))
    parts.push(Buffer.from(name))
    // A newline ends the short form: such a value travels with its length instead, else it could forge fields.
    if (bytes.includes(NEWLINE)) parts.push(NEWLINE, littleEndian64(bytes.length))
    else parts.push(EQUALS)
    parts.push(bytes, NEWLINE)
  }
  return Buffer.concat(parts)
}

/**
 * Whether file descriptor `stream` is the stream that systemd connected to the journal (sd_journal_stream_fd): JOURNAL_STREAM is inherited
 * by everything that a service starts, so that only the numbers tell whether it was redirected since.
 */
export function isJournalStream(
  journalStream: string | undefined,
  stream: { dev: bigint; ino: bigint },
): boolean {
  return journalStream === `${stream.dev.toString()}:${stream.ino.toString()}`
}

function littleEndian64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
