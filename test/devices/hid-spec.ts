// What it takes to plug a HID device without hardware.

export interface HidSpec {
  /** At most 127 bytes, as `phys` and `uniq` at most 63. */
  name: string
  phys?: string
  uniq?: string
  bus: number
  vendor: number
  product: number
  version?: number
  /** The report descriptor (Device Class Definition for HID 1.11, 6.2.2). */
  descriptor: Buffer
  /** How many inputN its driver makes. */
  inputs: number
  /** Answers to GET_REPORT of feature reports, by number; the number is their first byte. */
  features?: Readonly<Record<number, Buffer>>
  /** The input report with which the device answers an output report of its driver. */
  answer?: (output: Buffer) => Buffer | undefined
}

/** Bytes of a descriptor, written as hexadecimal text in lines that belong together. */
export function descriptor(...items: string[]): Buffer {
  return Buffer.from(items.join('').replaceAll(' ', ''), 'hex')
}

/** A feature report of `size` bytes with 16-bit words from `offset` on. */
export function feature(number: number, size: number, offset = 1, words: readonly number[] = []): Buffer {
  const report = Buffer.alloc(size)
  report[0] = number
  words.forEach((word, index) => report.writeInt16LE(word, offset + 2 * index))
  return report
}
