// What is known of a device for matching and classing it, whether a uevent or sysfs said it.
import type { Bitmap } from './bitmap.js'
import { EMPTY_BITMAP, guessWordBits, parseBitmap } from './bitmap.js'

/** The bitmaps that udev's input_id reads. */
export interface Capabilities {
  ev: Bitmap
  key: Bitmap
  rel: Bitmap
  abs: Bitmap
  sw: Bitmap
  /** INPUT_PROP_*: `PROP=` in a uevent, `properties` in sysfs. */
  prop: Bitmap
}

/** Ids are four hexadecimal digits in lower case. */
export interface Facts {
  name?: string
  phys?: string
  uniq?: string
  bus?: string
  vendor?: string
  product?: string
  version?: string
  capabilities?: Capabilities
}

/** The facts in the uevent of an `inputN` (drivers/input/input.c: input_dev_uevent). */
export function inputFacts(properties: ReadonlyMap<string, string>): Facts {
  const ids = properties.get('PRODUCT')?.split('/') ?? []
  return facts({
    name: unquote(properties.get('NAME')),
    phys: unquote(properties.get('PHYS')),
    uniq: unquote(properties.get('UNIQ')),
    bus: hexId(ids[0]),
    vendor: hexId(ids[1]),
    product: hexId(ids[2]),
    version: hexId(ids[3]),
    capabilities: capabilitiesOf(properties),
  })
}

/** The facts in the uevent of a HID device (drivers/hid/hid-core.c: hid_uevent), which its hidraw node shares. */
export function hidFacts(properties: ReadonlyMap<string, string>): Facts {
  const ids = properties.get('HID_ID')?.split(':') ?? []
  return facts({
    name: properties.get('HID_NAME'),
    phys: properties.get('HID_PHYS'),
    uniq: properties.get('HID_UNIQ'),
    bus: hexId(ids[0]),
    vendor: hexId(ids[1]),
    product: hexId(ids[2]),
  })
}

/** Leaves out what is unknown or empty: a device without UNIQ says `UNIQ=""`. */
function facts(known: { [key in keyof Facts]: Facts[key] | undefined }): Facts {
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined && value !== ''))
}

/** The kernel puts plain double quotes around NAME, PHYS and UNIQ and escapes nothing between them. */
function unquote(value: string | undefined): string | undefined {
  return value?.replace(/^"([^]*)"$/, '$1')
}

function hexId(text: string | undefined): string | undefined {
  if (text === undefined || !/^[0-9a-f]+$/i.test(text)) return undefined
  return text.toLowerCase().replace(/^0+/, '').padStart(4, '0')
}

function capabilitiesOf(properties: ReadonlyMap<string, string>): Capabilities | undefined {
  const ev = properties.get('EV')
  if (ev === undefined) return undefined
  const texts = ['KEY', 'REL', 'ABS', 'SW', 'PROP'].map((key) => properties.get(key) ?? '0')
  const wordBits = guessWordBits(texts)
  const bitmap = (key: string): Bitmap => {
    const text = properties.get(key)
    return text === undefined ? EMPTY_BITMAP : parseBitmap(text, wordBits)
  }
  return {
    ev: bitmap('EV'),
    key: bitmap('KEY'),
    rel: bitmap('REL'),
    abs: bitmap('ABS'),
    sw: bitmap('SW'),
    prop: bitmap('PROP'),
  }
}
