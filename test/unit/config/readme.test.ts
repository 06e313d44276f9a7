import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/config/index.js'

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const CONFIGS = [...README.matchAll(/```yaml\n(# \/etc\/udev-proxy\/config\.yaml\n[^]*?)```/g)].map(
  ([, text]) => text ?? '',
)

test('the README shows a config that is right', () => {
  expect(CONFIGS).not.toEqual([])
  for (const text of CONFIGS) expect(parseConfig(text, 'README.md').routes).not.toEqual([])
})

test('the README names every key of a match', () => {
  const keys = [
    'name',
    'vendor',
    'product',
    'version',
    'bus',
    'uniq',
    'phys',
    'class',
    'subsystem',
    'devpath',
  ]
  for (const key of keys) expect(README).toContain(`\`${key}\``)
})
