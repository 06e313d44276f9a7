import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, MAX_MESSAGE } from '../../../src/udev/message.js'
import { fitting } from '../../../src/udev/message-limit.js'

const needed: [string, string][] = [
  ['ACTION', 'add'],
  ['DEVPATH', '/devices/virtual/input/input5'],
  ['SUBSYSTEM', 'input'],
  ['SEQNUM', '1'],
]
const keysOf = (properties: readonly (readonly [string, string])[]): string[] =>
  properties.map(([key]) => key)

describe('fitting', () => {
  it('leaves alone what fits', () => {
    const properties: [string, string][] = [...needed, ['ID_INPUT', '1'], ['ID_X', 'ü'.repeat(4000)]]
    expect(fitting(properties)).toEqual(properties)
  })

  it('counts a byte that is no UTF-8 as one', () => {
    const properties: [string, string][] = [...needed, ['NAME', '\udcff'.repeat(8000)]]
    expect(fitting(properties)).toEqual(properties)
  })

  it('ends a value where a client would, at a newline', () => {
    expect(fitting([['NAME', '"a\nID_SEAT=seat9"']])).toEqual([['NAME', '"a']])
  })

  it('leaves out the scan codes of a keyboard first, and all that is longest after them', () => {
    const scanCodes = Array.from({ length: 300 }, (_, index): [string, string] => [
      `KEYBOARD_KEY_${index.toString(16)}`,
      'brightnessdown',
    ])
    expect(keysOf(fitting([...needed, ['ID_LONG', 'x'.repeat(4000)], ...scanCodes]))).toContain('ID_LONG')
    expect(
      keysOf(
        fitting([
          ...needed,
          ['ID_LONGER', 'x'.repeat(5000)],
          ['ID_LONG', 'x'.repeat(4000)],
          ['ID_INPUT', '1'],
        ]),
      ),
    ).toEqual([...keysOf(needed), 'ID_LONG', 'ID_INPUT'])
  })

  it('keeps every message within the buffer of libudev, with what libudev needs', () => {
    const value = fc.string({ unit: 'binary', maxLength: 3000 })
    const key = fc.stringMatching(/^[A-Z_]{1,20}$/).filter((name) => !keysOf(needed).includes(name))
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 8 }), (properties) => {
        const message = encodeMessage({ subsystem: 'input', tags: [] }, fitting([...needed, ...properties]))
        expect(message.length).toBeLessThanOrEqual(MAX_MESSAGE)
        expect([...(decodeMessage(message) ?? [])]).toEqual(expect.arrayContaining(needed))
      }),
    )
  })
})
