// The datagrams of GROUP_UDEV: a header, then KEY=value strings (src/libsystemd/sd-device/device-monitor.c, the same from systemd 247 to 262).
import { decodeBytes, encodeBytes } from '../bytes.js'
import { murmurHash2, tagBloom } from './hash.js'

/** Versions up to 251 receive into a buffer of this size and lose what is longer. */
export const MAX_MESSAGE = 8192

const PREFIX = Buffer.from('libudev\0', 'latin1')
const MAGIC = 0xfeedcafe
const HEADER_SIZE = 40

/** What a client's filters see before they look at the properties. */
export interface MessageFilter {
  subsystem: string
  devtype?: string | undefined
  tags: Iterable<string>
}

/** A libudev message. */
export function encodeMessage(
  filter: MessageFilter,
  properties: Iterable<readonly [string, string]>,
): Buffer {
  const strings = encodeProperties(properties)
  const message = Buffer.concat([headerOf(filter), strings])
  message.writeUInt32LE(strings.length, 20)
  return message
}

/** The properties alone: what libudev-zero takes for a message. */
export function encodeProperties(properties: Iterable<readonly [string, string]>): Buffer {
  let text = ''
  for (const [key, value] of properties) text += `${key}=${value}\0`
  return encodeBytes(text)
}

/** Headers that were made already: few, as a header follows from the filter, and the rules have few tags. */
const headers = new Map<string, Buffer>()
/** More than any rules need; a uevent may have any DEVTYPE. */
const MOST_HEADERS = 256

/** The header but for the length of the properties. Magic, hashes and bloom are big endian because BPF loads are; the sizes are in native order. */
function headerOf({ subsystem, devtype, tags }: MessageFilter): Buffer {
  const key = [subsystem, devtype, ...tags].join('\0')
  const known = headers.get(key)
  if (known !== undefined) return known
  const header = Buffer.alloc(HEADER_SIZE)
  PREFIX.copy(header)
  header.writeUInt32BE(MAGIC, 8)
  header.writeUInt32LE(HEADER_SIZE, 12)
  header.writeUInt32LE(HEADER_SIZE, 16)
  header.writeUInt32BE(murmurHash2(subsystem), 24)
  header.writeUInt32BE(devtype === undefined ? 0 : murmurHash2(devtype), 28)
  const { high, low } = tagBloom(tags)
  header.writeUInt32BE(high, 32)
  header.writeUInt32BE(low, 36)
  if (headers.size >= MOST_HEADERS) headers.clear()
  headers.set(key, header)
  return header
}

/** The hash of the subsystem that a libudev message is of; undefined when it has no header. */
export function subsystemHash(message: Buffer): number | undefined {
  return message.length < HEADER_SIZE ? undefined : message.readUInt32BE(24)
}

/** The properties of a libudev message, in its order; undefined when libudev would not take it. */
export function decodeMessage(message: Buffer): Map<string, string> | undefined {
  if (message.length < HEADER_SIZE || message.length > MAX_MESSAGE) return undefined
  if (!message.subarray(0, PREFIX.length).equals(PREFIX) || message.readUInt32BE(8) !== MAGIC)
    return undefined
  const offset = message.readUInt32LE(16)
  if (offset + 32 > message.length || message[message.length - 1] !== 0) return undefined

  const properties = new Map<string, string>()
  for (const string of decodeBytes(message.subarray(offset, -1)).split('\0')) {
    const equals = string.indexOf('=')
    if (equals < 1) return undefined
    properties.set(string.slice(0, equals), string.slice(equals + 1))
  }
  return properties
}
