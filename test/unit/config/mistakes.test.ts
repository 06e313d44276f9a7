// Each mistakes/NAME.yaml is a config with mistakes; mistakes/NAME.txt is what a person gets to read about it, to the letter.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formatMistakes, parseConfig } from '../../../src/config/index.js'
import { ConfigError } from '../../../src/errors.js'

const folder = new URL('mistakes/', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''))

describe('a config with mistakes says what they are', () => {
  test.each(names)('%s', (name) => {
    const text = readFileSync(new URL(`${name}.yaml`, folder), 'utf8')
    const expected = readFileSync(new URL(`${name}.txt`, folder), 'utf8')
    expect(formatMistakes(mistakesOf(text, `${name}.yaml`))).toBe(expected)
  })
})

test('mistakes know their path, for programs that read them', () => {
  const text = readFileSync(new URL('many-at-once.yaml', folder), 'utf8')
  expect(mistakesOf(text, 'f').mistakes.map(({ path }) => path)).toEqual([
    'log.level',
    'rotues',
    'routes[0].match.vender',
    'routes[0].match.product',
    'routes[0].container.label.seat',
    'routes[0].node.mode',
    'routes[0].node.uid',
    'routes[1].container',
    'routes[1].name',
    'routes[1].match',
    'routes[2].match.class[0]',
    'routes[2].container',
  ])
})

test('lines that end in CRLF are shown without it', () => {
  const { mistakes } = mistakesOf('version: 1\r\nroutes: 5\r\n', 'f')
  expect(mistakes).toMatchObject([{ line: 2, column: 9, source: 'routes: 5' }])
})

test('a byte order mark moves no column', () => {
  const { mistakes } = mistakesOf('\ufeffrotues: []\nversion: 1\nroutes: []\n', 'f')
  expect(mistakes).toMatchObject([{ line: 1, column: 1, source: 'rotues: []' }])
})

test('the caret stands below its character when tabs are before it', () => {
  const error = new ConfigError([
    { file: 'f', line: 1, column: 4, path: '', message: 'wrong', source: '\ta: b' },
  ])
  expect(formatMistakes(error)).toBe('f:1:4: wrong\n  1 | \ta: b\n    | \t  ^\n')
})

test('control characters of the file do not reach the terminal', () => {
  const error = new ConfigError([
    { file: 'f', line: 1, column: 1, path: '', message: 'wrong', source: 'a: \u001b[2J' },
  ])
  expect(formatMistakes(error)).not.toContain('\u001b')
})

function mistakesOf(text: string, file: string): ConfigError {
  try {
    parseConfig(text, file)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error(`${file} has no mistake`)
}
