import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeMessage } from '../../../src/udev/message.js'
import { readPayload } from '../../../src/udev/payload.js'

const STRINGS = ['ACTION=add', 'DEVPATH=/devices/bomb', 'SUBSYSTEM=input', 'SEQNUM=1234']
const NULS = Buffer.from(STRINGS.map((string) => `${string}\0`).join(''))
const MESSAGE = encodeMessage(
  { subsystem: 'input', tags: [] },
  STRINGS.map((string) => string.split('=') as [string, string]),
)

const wrapped = (bytes: Buffer): string => bytes.toString('base64').replaceAll(/.{20}/g, '$&\n')

describe('readPayload', () => {
  it.each([
    ['properties with a NUL after each', NULS],
    ['properties with NULs between', NULS.subarray(0, NULS.length - 1)],
    ['properties with the newline of echo behind them', Buffer.concat([NULS, Buffer.from('\n')])],
    ['properties each on a line', Buffer.from(`${STRINGS.join('\n')}\n`)],
    ['a message of libudev', MESSAGE],
    ['properties in base64', Buffer.from(NULS.toString('base64'))],
    ['properties in base64 with line breaks', Buffer.from(wrapped(NULS))],
    ['properties in base64 without padding', Buffer.from(NULS.toString('base64').replaceAll('=', ''))],
    ['a message of libudev in base64', Buffer.from(`${MESSAGE.toString('base64')}\n`)],
  ])('reads %s', (_, bytes) => {
    expect(readPayload(bytes)).toEqual({ strings: STRINGS })
  })

  it.each([
    ['a message', Buffer.concat([MESSAGE, Buffer.from('A=\xff\0', 'latin1')])],
    ['properties', Buffer.concat([NULS, Buffer.from('A=\xff\0', 'latin1')])],
    ['base64', Buffer.from(Buffer.concat([NULS, Buffer.from('A=\xff\0', 'latin1')]).toString('base64'))],
  ])('reads bytes that are no UTF-8 in %s', (_, bytes) => {
    expect(readPayload(bytes)).toEqual({ strings: [...STRINGS, 'A=\udcff'] })
  })

  it.each([
    ['nothing', Buffer.alloc(0), 'empty'],
    ['a newline', Buffer.from('\n'), 'empty'],
    ['the half of a message', MESSAGE.subarray(0, 50), 'cut off or damaged'],
  ])('says why it can not read %s', (_, bytes, reason) => {
    expect(readPayload(bytes)).toEqual({ mistake: expect.stringContaining(reason) as string })
  })

  it('takes no set of properties for base64', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9+/]{1,8}$/)
    const strings = fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(strings, fc.constantFrom('\0', '\n'), (pairs, end) => {
        const given = pairs.map(([key, value]) => `${key}=${value}`)
        expect(readPayload(Buffer.from(given.join(end)))).toEqual({ strings: given })
      }),
    )
  })

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), fc.boolean(), (bytes, isMessage) => {
        const given = Buffer.concat([isMessage ? MESSAGE.subarray(0, 40) : Buffer.alloc(0), bytes])
        expect(() => readPayload(given)).not.toThrow()
      }),
    )
  })
})
