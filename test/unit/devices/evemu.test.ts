import { describe, expect, test } from 'vitest'
import { parseEvemu } from '../../devices/evemu.js'

/** A made-up device in the form of evemu-record. */
const RECORDING = `# EVEMU 1.3
# Kernel: 6.1.0
# Input device name: "A Pad: the 2nd"
N: A Pad: the 2nd
I: 0003 1209 0f0f 0110
P: 05 00 00 00 00 00 00 00
B: 00 0b 00 12 00 00 00 00 00
B: 01 00 00 00 00 00 00 00 00
B: 01 00 00 00 00 00 00 00 01
B: 01 01 80 00 00 00 00 00 00
B: 03 03 00 00 00 00 00 00 00
B: 11 07 00 00 00 00 00 00 00
B: 15 00 00 00 00 00 00 00 00
A: 00 -128 127 1 2 3
A: 3a 0 255 0 0
L: 00 1
S: 01 1
E: 0.000001 0003 0000 -12	# EV_ABS / ABS_X -12
`

describe('parseEvemu', () => {
  test('reads name, ids, properties, codes and axes', () => {
    expect(parseEvemu(RECORDING)).toEqual({
      name: 'A Pad: the 2nd',
      bus: 3,
      vendor: 0x1209,
      product: 0x0f0f,
      version: 0x0110,
      properties: [0, 2],
      keys: [120, 128, 143],
      relativeAxes: [],
      absoluteAxes: [
        { code: 0, minimum: -128, maximum: 127, fuzz: 1, flat: 2, resolution: 3, value: 0 },
        { code: 0x3a, minimum: 0, maximum: 255, fuzz: 0, flat: 0, resolution: 0, value: 0 },
      ],
      misc: [],
      switches: [],
      leds: [0, 1, 2],
      sounds: [],
      forceFeedback: [],
      eventTypes: [1, 17, 20],
    })
  })

  test('asks for no more slots than the kernel makes', () => {
    const text = 'N: a\nI: 0003 1209 0f0f 0001\nA: 2f 0 255 0 0 0\nA: 30 0 255 0 0 0'
    expect(parseEvemu(text).absoluteAxes?.map(({ maximum }) => maximum)).toEqual([99, 255])
  })

  test('takes the name as it is, an empty one too', () => {
    expect(parseEvemu('N: \nI: 0000 0000 0000 0000').name).toBe('')
    expect(parseEvemu('N:  two  blanks \r\nI: 0000 0000 0000 0000\r\n').name).toBe(' two  blanks ')
  })

  test.each([
    ['I: 0003 1209 0f0f 0110', 'no line N'],
    ['N: a', 'no line I'],
    ['N: a\nI: 0003 1209', 'no line I'],
    ['N: a\nI: 0003 1209 zzzz 0001', 'line 2 has zzzz'],
    ['N: a\nI: 0003 1209 0f0f 0001\nA: 00 low high', 'line 3 is no axis'],
    ['N: a\nI: 0003 1209 0f0f 0001\nB: 01 000000', 'line 3 has 000000'],
  ])('says what it misses in %j', (text, message) => {
    expect(() => parseEvemu(text)).toThrow(message)
  })
})
