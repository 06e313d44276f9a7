import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasLetters } from '../../../src/kernel/report-descriptor.js'
import { DUALSENSE_HID, DUALSHOCK4_HID, SWITCH_PRO_HID } from '../../devices/hid-pads.js'
import { BOOT_KEYBOARD, BOOT_MOUSE, GAMEPAD_WITH_KEYBOARD, SMALL_GAMEPAD } from '../../devices/hid-plain.js'
import { descriptor } from '../../devices/hid-spec.js'

/** Of a keyboard. */
const HEAD = '0501 0906 a101'

describe('a report descriptor', () => {
  it('has letters where a keyboard reports them, alone or with others', () => {
    expect(hasLetters(BOOT_KEYBOARD)).toBe(true)
    expect(hasLetters(GAMEPAD_WITH_KEYBOARD)).toBe(true)
    expect(hasLetters(Buffer.concat([BOOT_MOUSE, BOOT_KEYBOARD]))).toBe(true)
  })

  it.each([
    ['a bit for each key', '0507 1904 2973 7501 9570 8102 c0'],
    ['its usages in two parts', '0507 1904 2910 7501 950d 8102 1911 291d 8102 c0'],
    ['its page behind its usages', '0501 1904 291d 0507 7501 951a 8102 c0'],
    ['its page in its usages', '1b04000700 2b1d000700 7501 951a 8102 c0'],
    ['its page put away meanwhile', '0507 a4 0501 b4 1904 291d 7501 951a 8102 c0'],
    ['a long item before it', 'fe020000ff 0507 1904 291d 7501 951a 8102 c0'],
  ])('has them with %s', (_, keys) => {
    expect(hasLetters(descriptor(HEAD, keys))).toBe(true)
  })

  it.each([
    ['some of them', '0507 1904 291c 7501 9519 8102 c0'],
    ['keys of another page', '050c 1900 29ff 7508 9501 8100 c0'],
    ['LEDs of that page', '0507 1904 291d 7501 951a 9102 c0'],
    ['padding', '0507 1904 291d 7501 951a 8103 c0'],
  ])('has none with %s', (_, keys) => {
    expect(hasLetters(descriptor(HEAD, keys))).toBe(false)
  })

  it('has none of pads and mice', () => {
    for (const one of [BOOT_MOUSE, SMALL_GAMEPAD, Buffer.alloc(0)]) expect(hasLetters(one)).toBe(false)
    for (const one of [DUALSENSE_HID, DUALSHOCK4_HID, SWITCH_PRO_HID])
      expect(hasLetters(one.descriptor)).toBe(false)
  })

  it('may be anything', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => void hasLetters(Buffer.from(bytes))))
  })
})
