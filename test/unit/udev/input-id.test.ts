import { describe, expect, it } from 'vitest'
import type { Capabilities } from '../../../src/kernel/facts.js'
import { parseBitmap } from '../../../src/kernel/bitmap.js'
import { inputId, inputIds } from '../../../src/udev/input-id.js'
import { childDevice, inputDevice } from '../uevents.js'

const bits = (...set: number[]): Uint32Array => {
  const bitmap = new Uint32Array(24)
  for (const bit of set) bitmap[bit >>> 5] = (bitmap[bit >>> 5] ?? 0) | (1 << (bit & 31))
  return bitmap
}
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
const EV_KEY = 1
const EV_REL = 2
const EV_ABS = 3
const EV_SW = 5

const device = (given: Partial<Record<keyof Capabilities, number[]>>): Capabilities => ({
  ev: bits(...(given.ev ?? [])),
  key: bits(...(given.key ?? [])),
  rel: bits(...(given.rel ?? [])),
  abs: bits(...(given.abs ?? [])),
  sw: bits(...(given.sw ?? [])),
  prop: bits(...(given.prop ?? [])),
})

const classes = (given: Parameters<typeof device>[0], bus?: string): string[] =>
  [...inputId(device(given), bus)].sort()

const PAD = { ev: [EV_KEY, EV_ABS], key: [0x130, 0x131, 0x133, 0x134], abs: [0, 1, 3, 4, 16, 17] }
const MOUSE = { ev: [EV_KEY, EV_REL], key: [0x110, 0x111, 0x112], rel: [0, 1, 8] }

describe('inputId', () => {
  it.each([
    ['a gamepad', PAD, ['JOYSTICK']],
    ['a wheel without buttons, but with axes', { ev: [EV_ABS], abs: [0, 1, 3, 4, 5] }, ['JOYSTICK']],
    ['a mouse', MOUSE, ['MOUSE']],
    ['a mouse with more than 16 buttons', { ...MOUSE, key: range(0x110, 0x124) }, ['MOUSE']],
    ['a keyboard', { ev: [EV_KEY], key: range(1, 120) }, ['KEY', 'KEYBOARD']],
    [
      'a keyboard that lacks one letter',
      { ev: [EV_KEY], key: range(1, 120).filter((code) => code !== 30) },
      ['KEY'],
    ],
    ['a power button', { ev: [EV_KEY], key: [116] }, ['KEY']],
    ['media keys in the high block', { ev: [EV_KEY], key: [0x161] }, ['KEY']],
    ['a lid switch', { ev: [EV_SW], sw: [0] }, ['SWITCH']],
    ['a lone wheel', { ev: [EV_REL], rel: [8] }, ['KEY']],
    [
      'a touchpad',
      { ev: [EV_KEY, EV_ABS], key: [0x145, 0x14a], abs: [0, 1, 0x35, 0x36], prop: [0] },
      ['TOUCHPAD'],
    ],
    ['a touchscreen', { ev: [EV_KEY, EV_ABS], key: [0x14a], abs: [0, 1], prop: [1] }, ['TOUCHSCREEN']],
    [
      'a multitouch screen without single-touch axes',
      { ev: [EV_ABS], abs: [0x35, 0x36], prop: [1] },
      ['TOUCHSCREEN'],
    ],
    ['a pen tablet', { ev: [EV_KEY, EV_ABS], key: [0x140, 0x14b, 0x14a], abs: [0, 1] }, ['TABLET']],
    [
      "a tablet's pad",
      { ev: [EV_KEY, EV_ABS], key: [0x100, 0x101, 0x14b], abs: [0, 1] },
      ['TABLET', 'TABLET_PAD'],
    ],
    ['an absolute mouse', { ev: [EV_KEY, EV_ABS], key: [0x110, 0x111], abs: [0, 1] }, ['MOUSE']],
    [
      'motion sensors, by their property',
      { ev: [EV_ABS], abs: [0, 1, 2, 3, 4, 5], prop: [6] },
      ['ACCELEROMETER'],
    ],
    ['motion sensors, by their axes', { ev: [EV_ABS], abs: [0, 1, 2] }, ['ACCELEROMETER']],
    ['a pointing stick', { ...MOUSE, prop: [5] }, ['MOUSE', 'POINTINGSTICK']],
    ['a speaker', { ev: [0x12] }, []],
    ['a device with a single axis', { ev: [EV_ABS], abs: [3] }, []],
    [
      'a keyboard with stray axes',
      { ev: [EV_KEY, EV_ABS], key: [...range(1, 120), 0x130, 140, 144, 155, 164, 224], abs: [0, 1, 3] },
      ['KEY', 'KEYBOARD'],
    ],
    [
      'one that claims every axis',
      { ev: [EV_KEY, EV_ABS], key: [0x130, 0x131], abs: range(0, 0x40) },
      ['JOYSTICK'],
    ],
  ])('%s', (_, given, expected) => {
    expect(classes(given)).toEqual(expected)
  })

  it('takes a mouse on I2C for a pointing stick as well', () => {
    expect(classes(MOUSE, '0018')).toEqual(['MOUSE', 'POINTINGSTICK'])
  })

  it.each([
    [
      'a pad with a wheel, which is its own device',
      { ev: [EV_KEY, EV_REL], key: [0x100, 0x101, 0x102], rel: [8] },
      ['KEY'],
      ['TABLET', 'TABLET_PAD'],
    ],
    [
      'such a pad that looks like a joystick',
      { ev: [EV_KEY, EV_REL, EV_ABS], key: [0x100, 0x101, 0x120, 0x121], rel: [8], abs: [3] },
      ['JOYSTICK'],
      ['TABLET', 'TABLET_PAD'],
    ],
    [
      'a tablet with a stylus and one pad button',
      { ev: [EV_KEY, EV_ABS], key: [0x100, 0x14b], abs: [0, 1] },
      ['TABLET', 'TABLET_PAD'],
      ['TABLET'],
    ],
    [
      'a mouse with a wheel and such buttons',
      { ...MOUSE, key: [0x100, 0x101, ...MOUSE.key] },
      ['MOUSE'],
      ['MOUSE'],
    ],
  ])('tells of %s what 252 tells, or 257', (_, given, in252, in257) => {
    expect(classes(given)).toEqual(in252)
    expect([...inputId(device(given), undefined, 257)].sort()).toEqual(in257)
  })

  it('finds the same again for the nodes of an inputN, for each version', () => {
    const pad = inputDevice()
    const event = childDevice(pad, 'event7', 71)
    expect(inputIds(event)).toBe(inputIds(pad))
    expect([...(inputIds(event, 257) ?? [])]).toEqual(['JOYSTICK'])
    expect(inputIds({ ...event, facts: {} })).toBeUndefined()
  })

  it('knows an Xbox 360 pad by its bitmaps', () => {
    const xbox = {
      ev: parseBitmap('20000b', 64),
      key: parseBitmap('7cdb000000000000 0 0 0 0', 64),
      abs: parseBitmap('3003f', 64),
      rel: parseBitmap('0', 64),
      sw: parseBitmap('0', 64),
      prop: parseBitmap('0', 64),
    }
    expect([...inputId(xbox, '0003')]).toEqual(['JOYSTICK'])
  })
})
