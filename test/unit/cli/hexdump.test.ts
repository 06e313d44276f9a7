import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hexdump } from '../../../src/cli/hexdump.js'

test('bytes are shown with their offset and as text', () => {
  expect(hexdump(Buffer.from('libudev\0\xfe\xed\xca\xfe~', 'latin1'))).toBe(
    '00000000  6c 69 62 75 64 65 76 00  fe ed ca fe 7e           |libudev.....~|\n0000000d\n',
  )
})

test('it is what hexdump -Cv prints', () => {
  const bytes = Buffer.from(Array.from({ length: 277 }, (_, index) => index % 256))
  for (const length of [1, 8, 15, 16, 17, 277]) {
    const input = bytes.subarray(0, length)
    expect(hexdump(input)).toBe(execFileSync('hexdump', ['-Cv'], { input, encoding: 'utf8' }))
  }
})

test('every byte can be read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const rows = hexdump(Buffer.from(bytes)).split('\n')
      const read = rows.map((row) => row.slice(10, 58).replaceAll(' ', '')).join('')
      expect(read).toBe(Buffer.from(bytes).toString('hex'))
    }),
  )
})
