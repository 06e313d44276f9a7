// What holds for any text whatsoever.

import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatMistakes, parseConfig } from '../../../src/config/index.js'
import { ConfigError } from '../../../src/errors.js'

const folder = new URL('mistakes/', import.meta.url)
const samples = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))

/** Pieces of which YAML, and much that is none, is made. */
const piece = fc.constantFrom(
  ...[
    'version: 1\n',
    'routes:\n',
    '  - ',
    'match: ',
    'container: ',
    'vendor: ',
    'name: ',
    'label: ',
    'node: ',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    ', ',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '\t',
    '"',
    "'",
    '#',
    ' ',
    '\r\n',
    '\u0000',
    '\ufeff',
  ],
  ...[
    '&a ',
    '*a',
    '*',
    '!x ',
    '!!int ',
    '!!binary ',
    '!!set ',
    '? ',
    '<<: ',
    '|\n',
    '>\n',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
  ],
  ...[
    '0123',
    '054c',
    '1e4',
    '0x1',
    '~',
    'null',
    'true',
    '.nan',
    '.inf',
    '[*',
    '{a',
    '\\',
    '__proto__: ',
    'constructor: ',
  ],
)

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
  damaged(fc.constantFrom(...samples)),
)

test('no text makes the parser throw anything but a ConfigError, with mistakes in lines that exist', () => {
  fc.assert(
    fc.property(text, (config) => {
      const error = errorOf(config)
      if (error === undefined) return
      expect(error).toBeInstanceOf(ConfigError)
      const { mistakes } = error as ConfigError
      expect(mistakes.length).toBeGreaterThan(0)
      const lines = config.replace(/^\ufeff/, '').split(/\r?\n/)
      for (const { line, column, source } of mistakes) {
        expect(lines[line - 1]).toBe(source)
        expect(column).toBeGreaterThan(0)
        expect(column).toBeLessThanOrEqual(source.length + 1)
      }
      expect(formatMistakes(error as ConfigError)).toContain(':')
    }),
    // What failed once is tried always.
    { numRuns: 2000, examples: [['\ufeff\ufeffvendor: %YAML 1.1\n%YAML 1.1\n']] },
  )
})

test('mistakes come in the order of the text, and none twice', () => {
  fc.assert(
    fc.property(text, (config) => {
      const error = errorOf(config)
      if (!(error instanceof ConfigError)) return
      const places = error.mistakes.map(({ line, column }) => line * 10_000 + column)
      expect(places).toEqual([...places].sort((a, b) => a - b))
      const messages = error.mistakes.map(({ line, column, message }) => `${line}:${column}: ${message}`)
      expect(new Set(messages).size).toBe(messages.length)
    }),
    { numRuns: 500 },
  )
})

test('thousands of brackets are a mistake, not a crash', () => {
  for (const bracket of ['[', '{a: ', '- ', '? ']) {
    expect(errorOf(bracket.repeat(3000))).toBeInstanceOf(ConfigError)
  }
})

/** A text with a piece taken out and another put in. */
function damaged(whole: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(whole, fc.nat(), fc.nat(12), fc.oneof(piece, fc.string({ maxLength: 3 })))
    .map(([sample, at, length, inserted]) => {
      const start = at % (sample.length + 1)
      return sample.slice(0, start) + inserted + sample.slice(start + length)
    })
}

function errorOf(config: string): unknown {
  try {
    parseConfig(config, 'f')
    return undefined
  } catch (error) {
    return error
  }
}
