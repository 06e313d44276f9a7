import { expect, test } from 'vitest'
import { nearest } from '../../../src/config/nearest.js'

const keys = ['name', 'vendor', 'product', 'phys', 'class']

test.each([
  ['vender', 'vendor'],
  ['naem', 'name'],
  ['idVendor', 'vendor'],
  ['ID_VENDOR_ID', 'vendor'],
  ['Product', 'product'],
  ['colour', undefined],
  ['x', undefined],
  ['', undefined],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, keys)).toBe(meant)
})

test('another name counts only for what is known', () => {
  expect(nearest('vid', keys, { vid: 'vendor' })).toBe('vendor')
  expect(nearest('vid', ['mode'], { vid: 'vendor' })).toBeUndefined()
  expect(nearest('constructor', keys, {})).toBeUndefined()
})
