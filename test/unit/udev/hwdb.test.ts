import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HwdbError } from '../../../src/errors.js'
import type { Hwdb } from '../../../src/udev/hwdb.js'
import { openHwdb } from '../../../src/udev/hwdb.js'
import type { Source } from '../hwdb-bin.js'
import { hwdbBin, property } from '../hwdb-bin.js'

let directory: string
let path: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'udev-proxy-hwdb-'))
  path = join(directory, 'hwdb.bin')
})
afterAll(() => rmSync(directory, { recursive: true }))

/** What `use` makes of a hwdb.bin with these bytes; throws what it throws. */
function withHwdb<T>(bytes: Uint8Array, use: (hwdb: Hwdb) => T): T {
  writeFileSync(path, bytes)
  const hwdb = openHwdb([path])
  if (hwdb === undefined) throw new Error(`${path} was not opened`)
  try {
    return use(hwdb)
  } finally {
    hwdb.close()
  }
}

function lookup(bytes: Uint8Array, modalias: string): [string, string][] {
  return withHwdb(bytes, (hwdb) => [...hwdb.lookup(modalias)])
}

/** A database in which every pattern has the property with its own text. */
function patterns(...all: string[]): Buffer {
  return hwdbBin(Object.fromEntries(all.map((pattern) => [pattern, [property(pattern, 'yes')]])))
}

const found = (bytes: Uint8Array, modalias: string): string[] => lookup(bytes, modalias).map(([key]) => key)

describe('lookup', () => {
  it('finds a modalias that a pattern spells out', () => {
    const bytes = patterns('usb:v045Ep028E', 'usb:v045Ep0291', 'usb:v054C')
    expect(found(bytes, 'usb:v045Ep028E')).toEqual(['usb:v045Ep028E'])
    expect(found(bytes, 'usb:v045E')).toEqual([])
    expect(found(bytes, 'usb:v045Ep028E00')).toEqual([])
    expect(found(bytes, '')).toEqual([])
  })

  it.each([
    ['mouse:*:name:*Trackball*:', 'mouse:usb:v1p2:name:Acme Trackball 2:', true],
    ['mouse:*:name:*Trackball*:', 'mouse:usb:v1p2:name:Acme Mouse:', false],
    ['mouse:usb:*', 'mouse:usb:', true],
    ['*', '', true],
    ['*?', '', false],
    ['p30?9', 'p3019', true],
    ['p301?', 'p301', false],
    ['p301[89]', 'p3019', true],
    ['p301[89]', 'p3017', false],
    ['p[!0-9]', 'pA', true],
    ['p[^0-9]', 'p5', false],
    ['p[]x]', 'p]', true],
    ['p[[:digit:]-]', 'p-', true],
    ['p*[aA][bB]:', 'p ab aB:', true],
    ['name:[ABC', 'name:[ABC', true],
    ['name:*\\*:', 'name:a*:', true],
    ['name:*\\*:', 'name:ab:', false],
    ['name:ü?', 'name:üxy', false],
    // fnmatch(3) counts bytes in udevd's locale.
    ['name:*[n]??', 'name:nü', true],
  ])('takes %j for a match of %j: %j, as fnmatch does', (pattern, modalias, expected) => {
    expect(found(patterns(pattern), modalias)).toEqual(expected ? [pattern] : [])
  })

  it('compares literally up to the first wildcard, a backslash too, as sd-hwdb does', () => {
    expect(found(patterns('a\\b*'), 'a\\bc')).toEqual(['a\\b*'])
    expect(found(patterns('a\\b*'), 'abc')).toEqual([])
  })

  it('tells properties from the leaves up, `*` before `?` before `[` before literals', () => {
    const bytes = patterns('ab', 'a[b]', 'a?', 'a*', 'a*b', '*', 'abc')
    expect(found(bytes, 'ab')).toEqual(['*', 'a*b', 'a*', 'a?', 'a[b]', 'ab'])
  })

  it('takes a later file, then a later line, and keeps the place of the first', () => {
    const source: Source = {
      'a*': [property('DPI', 'line 5', 5), property('OTHER', 'x')],
      'a?': [property('DPI', 'line 9', 9)],
      ab: [property('DPI', 'line 7', 7)],
    }
    expect(lookup(hwdbBin(source), 'ab')).toEqual([
      ['DPI', 'line 9'],
      ['OTHER', 'x'],
    ])
    const later = { ...source, 'a[b]': [property('DPI', 'line 1 of the next file', 1, 2)] }
    for (const version of [2, 3] as const) {
      expect(lookup(hwdbBin(later, version), 'ab')).toContainEqual(['DPI', 'line 1 of the next file'])
    }
    // The first format knows neither: the last one found.
    expect(lookup(hwdbBin(later, 1), 'ab')).toContainEqual(['DPI', 'line 7'])
  })

  it('leaves out keys without a space before them, which are for later versions', () => {
    expect(lookup(hwdbBin({ a: [{ key: 'FUTURE', value: 'x' }, property('KNOWN', '')] }), 'a')).toEqual([
      ['KNOWN', ''],
    ])
  })

  it('hands on values as they are', () => {
    const value = ' 800@125 *1000@125 = "ü"\n\t'
    expect(lookup(hwdbBin({ a: [property('MOUSE_DPI', value)] }), 'a')).toEqual([['MOUSE_DPI', value]])
  })

  it('ends a modalias at its first NUL, as a C string ends', () => {
    expect(found(patterns('ab'), 'ab\0c')).toEqual(['ab'])
  })

  it('reads what lies across pages, of more pages than are kept', () => {
    const names = Array.from(
      { length: 3000 },
      (_, index) => `usb:v${String(index)}:${'x'.repeat(index % 1000)}`,
    )
    const bytes = patterns(...names)
    expect(bytes.length).toBeGreaterThan(1.25 * 1024 * 1024)
    withHwdb(bytes, (hwdb) => {
      for (const name of names.filter((_, index) => index % 7 === 0))
        expect([...hwdb.lookup(name).keys()]).toEqual([name])
    })
  })
})

describe('openHwdb', () => {
  it('opens the first file that exists', () => {
    const second = join(directory, 'second.bin')
    writeFileSync(path, patterns('a'))
    writeFileSync(second, patterns('b'))
    const hwdb = openHwdb([join(directory, 'none.bin'), join(path, 'below-a-file'), path, second])
    expect(hwdb?.path).toBe(path)
    hwdb?.close()
  })

  it('has nothing when no file exists', () => {
    expect(openHwdb([join(directory, 'none.bin')])).toBeUndefined()
    expect(openHwdb([])).toBeUndefined()
  })

  const valid = hwdbBin({ 'a*': [property('KEY', 'value')] })
  const changed = (offset: number, value: bigint): Buffer => {
    const bytes = Buffer.from(valid)
    bytes.writeBigUInt64LE(value, offset)
    return bytes
  }
  it.each([
    ['is empty', Buffer.alloc(0), 'byte 0: 80 bytes there are beyond the end of the file'],
    ['is something else', Buffer.from('KSLPHHRX'.padEnd(200, 'x')), 'byte 7: this is no hwdb.bin'],
    ['was cut off', valid.subarray(0, -1), 'byte 16: the file has'],
    ['has a header that is too short', changed(24, 79n), 'byte 24: 79 bytes are too few'],
    ['has nodes that are too small', changed(32, 0n), 'byte 32: 0 bytes are too few'],
    ['has a root beyond its end', changed(56, BigInt(valid.length)), `byte ${String(valid.length)}: `],
    ['has numbers of 64 bits', changed(56, 2n ** 63n), 'byte 56: a number is beyond the end of the file'],
    ['has more strings than bytes', changed(72, 2n ** 40n), 'beyond the end of the file'],
  ])('says where the file is wrong, and what to do, when it %s', (_, bytes, message) => {
    expect(() => withHwdb(bytes, () => undefined)).toThrow(HwdbError)
    expect(() => withHwdb(bytes, () => undefined)).toThrow(message)
    expect(() => withHwdb(bytes, () => undefined)).toThrow(`${path}, byte`)
    expect(() => withHwdb(bytes, () => undefined)).toThrow('build it anew: systemd-hwdb update')
  })

  it('refuses what is no file', () => {
    expect(() => openHwdb([directory])).toThrow(HwdbError)
  })
})

describe('isStale', () => {
  it('is false until systemd-hwdb update puts a new file into place', () => {
    const bytes = patterns('a')
    withHwdb(bytes, (hwdb) => {
      expect(hwdb.isStale()).toBe(false)
      writeFileSync(`${path}.new`, bytes)
      renameSync(`${path}.new`, path)
      expect(hwdb.isStale()).toBe(true)
      expect([...hwdb.lookup('a').keys()]).toEqual(['a'])
    })
  })

  it('is true when a file appears that takes precedence, and when none is left', () => {
    const first = join(directory, 'first.bin')
    writeFileSync(path, patterns('a'))
    const hwdb = openHwdb([first, path])
    expect(hwdb?.isStale()).toBe(false)
    writeFileSync(first, patterns('b'))
    expect(hwdb?.isStale()).toBe(true)
    rmSync(first)
    expect(hwdb?.isStale()).toBe(false)
    rmSync(path)
    expect(hwdb?.isStale()).toBe(true)
    hwdb?.close()
  })
})

describe('a corrupt file', () => {
  /** A database of one pattern, which any number of `b` may follow: the leaf, which is written first, is its own child. */
  const looped = (pattern: string): Buffer => {
    const leaf = 80
    const bytes = hwdbBin({ [`${pattern}b`]: [property('KEY', 'value')], [`${pattern}c`]: [] })
    bytes.writeUInt8(1, leaf + 8)
    bytes.writeBigUInt64LE(0n, leaf + 16)
    // It has the room of a value, which is that of two children.
    bytes.write('b', leaf + 24)
    bytes.writeBigUInt64LE(BigInt(leaf), leaf + 32)
    return bytes
  }

  it('ends a lookup whose nodes go round in a circle', () => {
    expect(lookup(looped('a'), 'a' + 'b'.repeat(5000))).toEqual([])
    expect(() => lookup(looped('*'), 'b'.repeat(5000))).toThrow(HwdbError)
    expect(() => lookup(looped('*[a'), 'b'.repeat(50))).toThrow(HwdbError)
  })

  it('ends a lookup in nodes that share their children, of which there are more ways than can be gone', () => {
    const bytes = hwdbBin({ '*': [property('KEY', 'v')], '*a': [], '*b': [] })
    // Before that of `*` come two leaves, which have nothing. Both its children become itself.
    const star = 80 + 2 * 24
    for (const child of [star + 24, star + 40]) {
      bytes.write('*', child)
      bytes.writeBigUInt64LE(BigInt(star), child + 8)
    }
    const begin = performance.now()
    expect(() => lookup(bytes, 'x'.repeat(200))).toThrow(HwdbError)
    expect(performance.now() - begin).toBeLessThan(5000)
  })

  it('is told when it is cut off while it is open', () => {
    withHwdb(patterns(...Array.from({ length: 2000 }, (_, index) => `usb:v${String(index)}`)), (hwdb) => {
      truncateSync(path, 4096)
      expect(() => hwdb.lookup('usb:v1234')).toThrow('cut off')
    })
  })

  /** Either a result or HwdbError: anything else fails the test. */
  const survives = (bytes: Uint8Array, modalias: string): void => {
    try {
      lookup(bytes, modalias)
    } catch (error) {
      if (!(error instanceof HwdbError)) throw error
    }
  }
  const modalias = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('usb:v1p2', 'usb:x[y', 'mouse:a:b', '*'),
  )
  const valid = patterns(
    'usb:v1p2',
    'usb:v1*',
    'usb:?[a-z]*',
    'mouse:*:name:*x*:',
    'mouse:*[!a]',
    '*',
    'usb:v1\\*',
  )

  it('is a result or an error, whatever its bytes are', () => {
    const bytes = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(bytes, modalias, (tail, text) =>
        survives(Buffer.concat([valid.subarray(0, 8), tail]), text),
      ),
    )
    const body = fc.uint8Array({ minLength: valid.length - 80, maxLength: valid.length - 80 })
    fc.assert(
      fc.property(body, modalias, (tail, text) =>
        survives(Buffer.concat([valid.subarray(0, 80), tail]), text),
      ),
    )
  })

  it('is a result or an error, wherever it ends', () => {
    fc.assert(
      fc.property(fc.nat(valid.length), fc.boolean(), modalias, (length, consistent, text) => {
        const bytes = Buffer.from(valid.subarray(0, length))
        if (consistent && length >= 24) bytes.writeBigUInt64LE(BigInt(length), 16)
        survives(bytes, text)
      }),
    )
  })

  it('is a result or an error, whichever of its bits are flipped', () => {
    const flips = fc.array(fc.nat(valid.length * 8 - 1), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(flips, modalias, (bits, text) => {
        const bytes = Buffer.from(valid)
        for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        survives(bytes, text)
      }),
      { numRuns: 500 },
    )
  })

  it('is a result or an error, when its offsets point at other places of it', () => {
    const places = fc.array(fc.tuple(fc.nat((valid.length >> 3) - 1), fc.nat(valid.length)), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(places, modalias, (changes, text) => {
        const bytes = Buffer.from(valid)
        for (const [word, offset] of changes) bytes.writeBigUInt64LE(BigInt(offset), word * 8)
        survives(bytes, text)
      }),
      { numRuns: 500 },
    )
  })
})
