import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeEntry, isJournalStream } from '../../../src/service/journal.js'

describe('an entry in the native protocol', () => {
  test('has a line for each field', () => {
    const entry = encodeEntry({ MESSAGE: 'Attached a pad', PRIORITY: '6' })
    expect(entry.toString()).toBe('MESSAGE=Attached a pad\nPRIORITY=6\n')
  })

  test('leaves out a field that is undefined, and keeps one that is empty', () => {
    expect(encodeEntry({ MESSAGE: '', UDEV_PROXY_ROUTE: undefined }).toString()).toBe('MESSAGE=\n')
  })

  test('shows a byte that is no text escaped', () => {
    expect(encodeEntry({ MESSAGE: 'a \udcff' }).toString()).toBe('MESSAGE=a \\xff\n')
  })

  test('carries a value with newlines by its length in bytes, little endian', () => {
    const entry = encodeEntry({ MESSAGE: 'zwölf\nPRIORITY=0', PRIORITY: '6' })
    expect(entry).toEqual(
      Buffer.concat([
        Buffer.from('MESSAGE\n'),
        Buffer.from([17, 0, 0, 0, 0, 0, 0, 0]),
        Buffer.from('zwölf\nPRIORITY=0\nPRIORITY=6\n'),
      ]),
    )
  })

  test('gives back every field whatever its value, and no other', () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/)
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('\n', '=', 'A', '\0') }),
    )
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (fields) => {
        expect(decodeEntry(encodeEntry(fields))).toEqual(fields)
      }),
    )
  })
})

describe('the stream to the journal', () => {
  test('is the one whose device and inode systemd announced', () => {
    expect(isJournalStream('9:38456', { dev: 9n, ino: 38456n })).toBe(true)
    expect(isJournalStream('9:38456', { dev: 9n, ino: 38457n })).toBe(false)
    expect(isJournalStream('9:38456', { dev: 10n, ino: 38456n })).toBe(false)
  })

  test('is none when systemd announced none', () => {
    expect(isJournalStream(undefined, { dev: 9n, ino: 38456n })).toBe(false)
    expect(isJournalStream('', { dev: 9n, ino: 38456n })).toBe(false)
  })
})

function decodeEntry(entry: Buffer): Record<string, string> {
  const fields: Record<string, string> = {}
  let rest = entry
  while (rest.length > 0) {
    const newline = rest.indexOf('\n')
    const equals = rest.indexOf('=')
    if (equals !== -1 && equals < newline) {
      fields[rest.toString('utf8', 0, equals)] = rest.toString('utf8', equals + 1, newline)
      rest = rest.subarray(newline + 1)
    } else {
      const start = newline + 9
      const end = start + Number(rest.readBigUInt64LE(newline + 1))
      fields[rest.toString('utf8', 0, newline)] = rest.toString('utf8', start, end)
      expect(rest[end]).toBe(0x0a)
      rest = rest.subarray(end + 1)
    }
  }
  return fields
}
