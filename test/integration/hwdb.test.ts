// The hwdb that systemd-hwdb compiles of the machine's own sources: what we find is what libsystemd finds, in its order.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { advanceAll, matches, reachOf } from '../../src/udev/fnmatch.js'
import type { Hwdb } from '../../src/udev/hwdb.js'
import { openHwdb } from '../../src/udev/hwdb.js'
import { output } from './harness/command.js'

const LIBC = fileURLToPath(new URL('harness/libc.py', import.meta.url))
const SOURCES = ['/usr/lib/udev/hwdb.d', '/lib/udev/hwdb.d'].find(existsSync) ?? ''

/** Of an administrator: it comes after the distribution's files by its name, and one of the same name before. */
const OWN = `
mouse:usb:v046d*:name:*:
 MOUSE_DPI=1234@567
 OWN_MOUSE=ü = "x"

id-input:modalias:input:b0003v*[!0-8]p[[:xdigit:]]*
 OWN_CLASS=1

id-input:modalias:input:b0003v????p*
id-input:modalias:input:b0003v*p*[a-fA-F]e*
 OWN_CLASS=2
 OWN_EMPTY=

evdev:name:*[[]x]*:*
evdev:name:*\\[y]*:*
 OWN_BRACKET=1
`

let root: string
let hwdb: Hwdb
let database: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'udev-proxy-hwdb-'))
  const directory = join(root, 'etc/udev/hwdb.d')
  mkdirSync(directory, { recursive: true })
  for (const file of readdirSync(SOURCES)) {
    if (file.endsWith('.hwdb')) copyFileSync(join(SOURCES, file), join(directory, file))
  }
  writeFileSync(join(directory, '90-own.hwdb'), OWN)
  await output('systemd-hwdb', ['update', `--root=${root}`])
  database = join(root, 'etc/udev/hwdb.bin')
  const opened = openHwdb([database])
  if (opened === undefined) throw new Error(`systemd-hwdb did not write ${database}`)
  hwdb = opened
})
afterAll(() => {
  hwdb.close()
  rmSync(root, { recursive: true })
})

/** What the C library answers; see harness/libc.py. */
async function ask(question: string[], input: unknown): Promise<unknown> {
  return JSON.parse(await output('python3', [LIBC, ...question], Buffer.from(JSON.stringify(input))))
}

/** The patterns of a database's sources, each with its wildcards filled in three ways. */
function modaliases(files: string[], every: number): string[] {
  const patterns = files
    .flatMap((file) => readFileSync(join(SOURCES, file), 'utf8').split('\n'))
    .filter((line, index) => /^[^\s#]/.test(line) && index % every === 0)
  const fillings = ['', 'x', '0A*', 'Acme:1', '[', 'ü']
  let turn = 0
  const next = (choices: string | string[]): string => choices[turn++ % choices.length] ?? ''
  const filled = patterns.flatMap((pattern) =>
    [0, 1, 2].map(() =>
      pattern
        .replace(/\[([^\]]*)\]/g, (_, choices: string) => next(choices))
        .replace(/\?/g, () => next('a7?'))
        .replace(/\*/g, () => next(fillings)),
    ),
  )
  return [...new Set(filled)]
}

describe('lookup', () => {
  const input = /^(?:60|70)-/
  const own = [
    'mouse:usb:v046dpc077:name:Logitech USB Optical Mouse:',
    'id-input:modalias:input:b0003v9999p0009e0',
    'id-input:modalias:input:b0003v056Ap00BBe0100-e0',
    'evdev:name:a [x]:dmi:',
    'evdev:name:a [y]:dmi:',
    '',
    '*',
    'x'.repeat(3000),
  ]

  it.each([
    ['input devices', (file: string) => input.test(file), 1],
    ['everything else', (file: string) => !input.test(file), 30],
  ])('finds what libsystemd finds, for %s', { timeout: 120_000 }, async (_, wanted, every) => {
    const keys = [...own, ...modaliases(readdirSync(SOURCES).filter(wanted), every)]
    expect(keys.length).toBeGreaterThan(1000)
    const theirs = (await ask(['hwdb', database], keys)) as [string, string][][]
    const ours = keys.map((key) => [...hwdb.lookup(key)])
    for (const [index, key] of keys.entries()) expect([key, ours[index]]).toEqual([key, theirs[index]])
    expect(theirs.flat().length).toBeGreaterThan(keys.length / 2)
  })

  it('finds what the sources of this test say', () => {
    const mouse = hwdb.lookup('mouse:usb:v046dpc077:name:Logitech USB Optical Mouse:')
    expect(mouse.get('MOUSE_DPI')).toBe('1234@567')
    expect(mouse.get('OWN_MOUSE')).toBe('ü = "x"')
    expect(hwdb.lookup('id-input:modalias:input:b0003v9999p000Ae0').get('OWN_EMPTY')).toBe('')
  })
})

describe('fnmatch', () => {
  const letters = (text: string): string[] => text.split(/(?:)/u)
  const byte = fc.constantFrom(...letters('ab09.-:!^*?\\[]Aü\n'))
  const range = fc.constantFrom('a-c', '0-9', 'A-z', 'b-a', '!-~', '\\]-a')
  const named = fc.constantFrom(
    '[:alpha:]',
    '[:digit:]',
    '[:punct:]',
    '[:space:]',
    '[:cntrl:]',
    '[:xdigit:]',
    '[=a=]',
    '[.-.]',
  )
  const inBracket = fc.oneof(fc.constantFrom(...letters('ab0:!^*?-')), range)
  const bracket = fc
    .tuple(
      fc.constantFrom('', '!', '^'),
      fc.constantFrom('', ']'),
      // Before all else, because a range can't end with one.
      fc.array(named, { maxLength: 2 }),
      fc.array(inBracket, { minLength: 1, maxLength: 3 }),
    )
    .map(([not, close, names, items]) => `[${not}${close}${[...names, ...items].join('')}]`)
  const escaped = fc.constantFrom('\\*', '\\?', '\\[', '\\\\', '\\a')
  const piece = fc.oneof(
    fc.constantFrom(...letters('ab0ü:')),
    fc.constantFrom('*', '?', '[', '[a'),
    bracket,
    escaped,
  )
  const pattern = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
  const text = fc.array(byte, { maxLength: 5 }).map((bytes) => bytes.join(''))

  // `[.` and `[=` that nothing closes are left out: POSIX does not say what they mean.
  it('matches what the C library matches', async () => {
    const pairs = fc.sample(fc.tuple(pattern, text), { numRuns: 50_000, seed: 252 })
    const theirs = (await ask(['fnmatch'], pairs)) as boolean[]
    for (const [index, [glob, name]] of pairs.entries()) {
      const bytes = Buffer.from(name, 'latin1')
      const reach = advanceAll(bytes, reachOf(0), Buffer.from(glob, 'latin1'))
      const ours = reach !== undefined && matches(bytes, reach)
      if (ours !== theirs[index]) expect({ glob, name, ours }).toEqual({ glob, name, ours: theirs[index] })
    }
    expect(theirs.filter((matched) => matched).length).toBeGreaterThan(1000)
  })
})
