// Reads the description of a device out of a recording by evemu-record, of whichever 1.x version.
import type { AbsoluteAxis, UinputSpec } from '../../src/demo/lab.js'

/** The list of a description that the codes of an event type go to (linux/input-event-codes.h: EV_*). */
const LISTS = {
  0x01: 'keys',
  0x02: 'relativeAxes',
  0x04: 'misc',
  0x05: 'switches',
  0x11: 'leds',
  0x12: 'sounds',
  0x15: 'forceFeedback',
} as const satisfies Record<number, keyof UinputSpec>

const EV_SYN = 0x00
const EV_ABS = 0x03
const EV_FF = 0x15
const ABS_MT_SLOT = 0x2f
/** uinput takes no more contacts than these (drivers/input/misc/uinput.c: uinput_validate_absinfo); drivers that claim every axis there is have more. */
const LAST_SLOT = 99

/**
 * The description in a recording: its lines N (name), I (ids), P (properties), B (codes) and A (axes). Comments, states and events say nothing
 * of what the device is. Throws an Error that names the line that it can't read.
 */
export function parseEvemu(text: string): UinputSpec {
  const bitmaps = new Map<number, number[]>()
  const properties: number[] = []
  const absoluteAxes: AbsoluteAxis[] = []
  let name: string | undefined
  let ids: number[] | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, kind, rest = ''] = /^([NIPBA]):\s?(.*)$/.exec(line) ?? []
    const fields = rest.trim().split(/\s+/)
    const where = `line ${index + 1}`
    if (kind === 'N') name = rest
    else if (kind === 'I') ids = fields.map((field) => hex(field, where))
    else if (kind === 'P') properties.push(...fields.map((field) => hex(field, where)))
    else if (kind === 'A') absoluteAxes.push(axisOf(fields, where))
    else if (kind === 'B') {
      const [type = 0, ...bytes] = fields.map((field) => hex(field, where))
      bitmaps.set(type, [...(bitmaps.get(type) ?? []), ...bytes])
    }
  }
  const [bus, vendor, product, version] = ids ?? []
  if (name === undefined) throw new Error('no line N: with a name')
  if (bus === undefined || vendor === undefined || product === undefined || version === undefined)
    throw new Error('no line I: with bus, vendor, product and version')

  const spec: UinputSpec = {
    name,
    bus,
    vendor,
    product,
    version,
    properties: bitsOf(properties),
    absoluteAxes,
  }
  for (const [type, list] of Object.entries(LISTS)) spec[list] = bitsOf(bitmaps.get(Number(type)) ?? [])
  // The bitmap of EV_SYN has the event types: some have no codes here, EV_REP for one. The kernel takes these two with codes only.
  const types = bitsOf(bitmaps.get(EV_SYN) ?? [])
  spec.eventTypes = types.filter((type) => ![EV_SYN, EV_ABS, EV_FF].includes(type))
  return spec
}

/** `code minimum maximum fuzz flat resolution`, the code in hexadecimal; version 1.0 has no resolution. */
function axisOf(fields: readonly string[], where: string): AbsoluteAxis {
  const [minimum, maximum, fuzz = 0, flat = 0, resolution = 0] = fields.slice(1).map(Number)
  if (
    minimum === undefined ||
    maximum === undefined ||
    fields.slice(1).some((field) => !/^-?\d+$/.test(field))
  )
    throw new Error(`${where} is no axis: ${fields.join(' ')}`)
  const code = hex(fields[0] ?? '', where)
  const last = code === ABS_MT_SLOT ? Math.min(maximum, LAST_SLOT) : maximum
  return { code, minimum, maximum: last, fuzz, flat, resolution, value: 0 }
}

function hex(text: string, where: string): number {
  if (!/^[0-9a-fA-F]{1,4}$/.test(text))
    throw new Error(`${where} has ${text} in place of a hexadecimal number`)
  return Number.parseInt(text, 16)
}

/** Numbers of the set bits; the lowest one first in each byte. */
function bitsOf(bytes: readonly number[]): number[] {
  return bytes.flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => index * 8 + bit),
  )
}
