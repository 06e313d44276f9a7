// The hashes in a udev message's header, by which the kernel's socket filter of a client decides (src/libsystemd/sd-device/device-monitor.c).
import { encodeBytes } from '../bytes.js'

const M = 0x5bd1e995
const R = 24

/** MurmurHash2 with seed 0 over the bytes of `text`, as src/basic/MurmurHash2.c computes it on a little-endian machine. */
export function murmurHash2(text: string): number {
  const bytes = encodeBytes(text)
  let hash = bytes.length
  let offset = 0
  for (; bytes.length - offset >= 4; offset += 4) {
    let word = Math.imul(bytes.readUInt32LE(offset), M)
    word = Math.imul(word ^ (word >>> R), M)
    hash = Math.imul(hash, M) ^ word
  }
  const rest = bytes.length - offset
  if (rest > 0) hash = Math.imul(hash ^ bytes.readUIntLE(offset, rest), M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** 64 bits, in the two halves that the header has. */
export interface Bloom {
  high: number
  low: number
}

/** The 64-bit bloom filter of a set of tags: four bits each (string_bloom64). */
export function tagBloom(tags: Iterable<string>): Bloom {
  const bloom = { high: 0, low: 0 }
  for (const tag of tags) {
    const hash = murmurHash2(tag)
    for (const shift of [0, 6, 12, 18]) {
      const bit = (hash >>> shift) & 63
      if (bit < 32) bloom.low = (bloom.low | (1 << bit)) >>> 0
      else bloom.high = (bloom.high | (1 << (bit - 32))) >>> 0
    }
  }
  return bloom
}
