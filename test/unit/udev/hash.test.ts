import { describe, expect, it } from 'vitest'
import { murmurHash2, tagBloom } from '../../../src/udev/hash.js'

// Read from messages of systemd-udevd 252.
describe('murmurHash2', () => {
  it.each([
    ['input', 'c1a28470'],
    ['hidraw', 'c2caf397'],
    ['hid', '7088c98a'],
    ['usb', '0577c5e5'],
    ['usb_device', '27f8f50c'],
    ['usb_interface', 'b1024765'],
    ['leds', '2903c6c3'],
    ['sound', 'd196ab6e'],
    ['video4linux', 'e9cf3931'],
  ])('of %s is what udevd sends', (text, hash) => {
    expect(murmurHash2(text).toString(16).padStart(8, '0')).toBe(hash)
  })
})

describe('tagBloom', () => {
  it.each([
    [['seat'], '0208000000400001'],
    [['uaccess'], '0000200800001008'],
    [['seat', 'uaccess'], '0208200800401009'],
    [['uaccess', 'seat'], '0208200800401009'],
    [['power-switch'], '8000200040000010'],
    [[], '0000000000000000'],
  ])('of %j is what udevd sends', (tags, bloom) => {
    const { high, low } = tagBloom(tags)
    expect([high, low].map((half) => half.toString(16).padStart(8, '0')).join('')).toBe(bloom)
  })
})
