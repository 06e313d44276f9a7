// Keeps a message within what libudev receives: udevd has no limit, but versions up to 251 lose what is longer than their buffer.
import { byteLength } from '../bytes.js'
import { MAX_MESSAGE } from './message.js'

const HEADER_SIZE = 40

/** What libudev does not take a message without, and what its filters and a client's first look need. */
const NEEDED = new Set([
  ...['UDEV_DATABASE_VERSION', 'ACTION', 'DEVPATH', 'SUBSYSTEM', 'SEQNUM', 'DEVNAME', 'MAJOR', 'MINOR'],
  ...['USEC_INITIALIZED', 'TAGS', 'CURRENT_TAGS'],
])
/** What only udevd's keyboard builtin reads: the longest list that the hardware database has. */
const KEYBOARD_KEY = 'KEYBOARD_KEY_'

/**
 * The properties that a message can carry, each value up to its first newline, as clients from 252 on read it. When they are too many, the scan codes of
 * keyboards are left out first, then the longest property and the next one until the rest fits. The record keeps them all.
 */
export function fitting(properties: readonly [string, string][]): readonly [string, string][] {
  const lines = properties.map((property) => (isOneLine(property) ? property : firstLine(property)))
  // A character has three bytes at most, or four in two: a message far from the limit needs no counting.
  const characters = lines.reduce((sum, [key, value]) => sum + key.length + value.length + 2, HEADER_SIZE)
  if (characters * 3 <= MAX_MESSAGE) return lines
  let size = lines.reduce((sum, line) => sum + sizeOf(line), HEADER_SIZE)
  const dropped = new Set<[string, string]>()
  const byWorth = lines
    .filter(([key]) => !NEEDED.has(key))
    .sort((a, b) => Number(isScanCode(b)) - Number(isScanCode(a)) || sizeOf(b) - sizeOf(a))
  for (const line of byWorth) {
    if (size <= MAX_MESSAGE) break
    dropped.add(line)
    size -= sizeOf(line)
  }
  return lines.filter((line) => !dropped.has(line))
}

/** Nearly all are: it costs less to ask. */
function isOneLine([, value]: [string, string]): boolean {
  return !value.includes('\n') && !value.includes('\0')
}

function firstLine([key, value]: [string, string]): [string, string] {
  return [key, value.replace(/[\n\0].*$/s, '')]
}

function isScanCode([key]: [string, string]): boolean {
  return key.startsWith(KEYBOARD_KEY)
}

function sizeOf([key, value]: [string, string]): number {
  return byteLength(key) + byteLength(value) + 2
}
