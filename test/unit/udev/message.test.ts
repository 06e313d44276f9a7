import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBytes } from '../../../src/bytes.js'
import { decodeMessage, encodeMessage } from '../../../src/udev/message.js'

/** libudev wants 32 bytes behind the header. */
const DEVPATH: [string, string] = ['devpath', '/devices/virtual/input/input23']

describe('encodeMessage', () => {
  it('writes the header that systemd-udevd 252 wrote for an inputN with the tag seat', () => {
    const filler: [string, string] = ['X', 'x'.repeat(0x1b0 - 3)]
    const message = encodeMessage({ subsystem: 'input', tags: ['seat'] }, [filler])
    expect(message.toString('hex', 0, 40)).toBe(
      '6c69627564657600feedcafe2800000028000000b0010000c1a28470000000000208000000400001',
    )
    expect(message.length).toBe(40 + 0x1b0)
  })

  it('puts the devtype into the header', () => {
    const message = encodeMessage({ subsystem: 'usb', devtype: 'usb_device', tags: [] }, [])
    expect(message.toString('hex', 24, 32)).toBe('0577c5e527f8f50c')
  })

  it('ends the last property with a NUL, and adds nothing', () => {
    const message = encodeMessage({ subsystem: 'input', tags: [] }, [
      ['A', '1'],
      ['B', 'zwei'],
    ])
    expect(message.toString('utf8', 40)).toBe('A=1\0B=zwei\0')
  })

  it('carries bytes that are no UTF-8 as they are', () => {
    const message = encodeMessage({ subsystem: 'input', tags: [] }, [['NAME', '"\udcff\udca5@\udcfa"']])
    expect(message.toString('hex', 40)).toBe('4e414d453d22ffa540fa2200')
    expect(message.readUInt32LE(20)).toBe(message.length - 40)
  })

  it('is read back as what was written', () => {
    const key = fc.stringMatching(/^[A-Z_.][A-Z0-9_]{0,20}$/)
    const value = fc
      .oneof(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }).map((bytes) => decodeBytes(Buffer.from(bytes))),
      )
      .filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(key, value), { selector: ([k]) => k, minLength: 1, maxLength: 30 }),
        (properties) => {
          const said: [string, string][] = [DEVPATH, ...properties]
          const decoded = decodeMessage(encodeMessage({ subsystem: 'input', tags: ['seat'] }, said))
          expect([...(decoded ?? [])]).toEqual(said)
        },
      ),
    )
  })
})

describe('decodeMessage', () => {
  it('refuses what libudev refuses', () => {
    const message = encodeMessage({ subsystem: 'input', tags: [] }, [DEVPATH])
    expect(decodeMessage(message)).toBeDefined()
    expect(decodeMessage(message.subarray(0, message.length - 1))).toBeUndefined()
    expect(decodeMessage(message.subarray(0, 20))).toBeUndefined()
    expect(decodeMessage(Buffer.from('add@/devices/x\0ACTION=add\0'.padEnd(80, '\0')))).toBeUndefined()
    const spoiled = Buffer.from(message)
    spoiled.writeUInt32BE(0xdeadbeef, 8)
    expect(decodeMessage(spoiled)).toBeUndefined()
  })

  it('never throws, whatever arrives', () => {
    const header = encodeMessage({ subsystem: 'input', tags: [] }, [])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), fc.boolean(), (bytes, withHeader) => {
        const message = withHeader ? Buffer.concat([header, bytes]) : Buffer.from(bytes)
        expect(() => decodeMessage(message)).not.toThrow()
      }),
    )
  })
})
