// The forms in which a script hands over a message: with libudev's header, as the properties alone, or either in base64.
import { decodeBytes } from '../bytes.js'
import { decodeMessage } from './message.js'

const HEADER = Buffer.from('libudev\0', 'latin1')

/** Its `KEY=VALUE` strings, or why it can't be read. */
export type Payload = { strings: string[] } | { mistake: string }

/**
 * Reads a message: libudev's own, its properties with a NUL after each or each on a line, or one of these in base64. No form can be taken for another: base64
 * has an equals sign nowhere but at its end, and no NUL.
 */
export function readPayload(bytes: Buffer): Payload {
  const text = bytes.toString('latin1').replaceAll(/\s/g, '')
  const decoded = isBase64(text) ? Buffer.from(text, 'base64') : bytes
  return decoded.subarray(0, HEADER.length).equals(HEADER) ? readMessage(decoded) : readProperties(decoded)
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.replaceAll('=', '').length % 4 !== 1
}

function readMessage(bytes: Buffer): Payload {
  const properties = decodeMessage(bytes)
  if (properties === undefined)
    return { mistake: 'the message has the header of libudev, but is cut off or damaged' }
  return { strings: [...properties].map(([key, value]) => `${key}=${value}`) }
}

function readProperties(bytes: Buffer): Payload {
  // The newline that echo adds belongs to no property.
  const text = decodeBytes(bytes).replace(/\n$/, '')
  const strings = text.split(text.includes('\0') ? '\0' : '\n').filter((string) => string !== '')
  return strings.length === 0 ? { mistake: 'the message is empty' } : { strings }
}
