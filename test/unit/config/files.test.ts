// The files in config/.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/config/index.js'
import { schemaText } from '../../../src/config/schema.js'

const folder = new URL('../../../config/', import.meta.url)
const text = readFileSync(new URL('config.yaml', folder), 'utf8')

test('schema.json is what the schema says', () => {
  expect(readFileSync(new URL('schema.json', folder), 'utf8')).toBe(schemaText())
})

test('the default config is right and routes nothing', () => {
  expect(parseConfig(text, 'config.yaml').routes).toEqual([])
})

test('the default config tells editors where its schema is', () => {
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=schema.json')
})

test('the examples in the default config are right when they are used', () => {
  const used = text.replace(/^routes: \[\]$/m, '').replaceAll(/^#(?! \S|$)/gm, '')
  expect(parseConfig(used, 'config.yaml').routes.map(({ name }) => name)).toEqual([
    'player-one',
    'player-two',
    'nintendo',
    'wherever-we-play',
    'bluetooth-pads',
    'left-port',
    'streaming',
    'right-port',
    'typing',
    'everything-else',
  ])
})
