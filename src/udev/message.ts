// The datagrams of GROUP_UDEV: a header, then KEY=value strings (src/libsystemd/sd-device/device-monitor.c, the same from systemd 247 to 262).
import { murmurHash2, tagBloom } from './hash.js'

/** Versions up to 251 receive into a buffer of this size and lose what is longer. */
export const MAX_MESSAGE = 8192

const PREFIX = Buffer.from('libudev\0', 'latin1')
const MAGIC = 0xfeedcafe
const HEADER_SIZE = 40

/** What a client's filters see before they look at the properties. */
export interface MessageFilter {
  subsystem: string
  devtype?: string
  tags: Iterable<string>
}

/** A libudev message. Magic, hashes and bloom are big endian because BPF loads are; the sizes are in native order. */
export function encodeMessage(
  filter: MessageFilter,
  properties: Iterable<readonly [string, string]>,
): Buffer {
  let text = ''
  for (const [key, value] of properties) text += `${key}=${value}\0`
  const length = Buffer.byteLength(text)
  const message = Buffer.alloc(HEADER_SIZE + length)
  PREFIX.copy(message)
  message.writeUInt32BE(MAGIC, 8)
  message.writeUInt32LE(HEADER_SIZE, 12)
  message.writeUInt32LE(HEADER_SIZE, 16)
  message.writeUInt32LE(length, 20)
  message.writeUInt32BE(murmurHash2(filter.subsystem), 24)
  message.writeUInt32BE(filter.devtype === undefined ? 0 : murmurHash2(filter.devtype), 28)
  const { high, low } = tagBloom(filter.tags)
  message.writeUInt32BE(high, 32)
  message.writeUInt32BE(low, 36)
  message.write(text, HEADER_SIZE)
  return message
}

/** The properties of a libudev message, in its order; undefined when libudev would not take it. */
export function decodeMessage(message: Buffer): Map<string, string> | undefined {
  if (message.length < HEADER_SIZE || message.length > MAX_MESSAGE) return undefined
  if (!message.subarray(0, PREFIX.length).equals(PREFIX) || message.readUInt32BE(8) !== MAGIC)
    return undefined
  const offset = message.readUInt32LE(16)
  if (offset + 32 > message.length || message[message.length - 1] !== 0) return undefined

  const properties = new Map<string, string>()
  for (const string of message.toString('utf8', offset, message.length - 1).split('\0')) {
    const equals = string.indexOf('=')
    if (equals < 1) return undefined
    properties.set(string.slice(0, equals), string.slice(equals + 1))
  }
  return properties
}
