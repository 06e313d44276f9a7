import { describe, expect, it } from 'vitest'
import { compileUniq } from '../../../src/config/index.js'

const ADDRESS = 'a0:5a:5c:01:02:03'

describe('an address', () => {
  it.each([
    'A0:5A:5C:01:02:03',
    'a0-5a-5c-01-02-03',
    'A0-5A-*',
    'A05A5C010203',
    '[A-F]0:*',
    '!B0:*',
    ADDRESS,
  ])('is matched however it is written: %s', (glob) => {
    expect(compileUniq(glob)(ADDRESS)).toBe(true)
    expect(compileUniq(glob)(ADDRESS.toUpperCase())).toBe(true)
  })

  it.each(['A0:5A:5C:01:02:04', '!A0:*', 'a0-5b-*'])('is not matched by %s', (glob) => {
    expect(compileUniq(glob)(ADDRESS)).toBe(false)
  })
})

it('a serial number that is no address is compared as it is', () => {
  expect(compileUniq('AB-12')('AB-12')).toBe(true)
  expect(compileUniq('AB-12')('ab-12')).toBe(false)
  expect(compileUniq('AB-12')('AB:12')).toBe(false)
})
