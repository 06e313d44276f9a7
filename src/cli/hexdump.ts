// Bytes as `hexdump -Cv` shows them.

/** Sixteen bytes a line: offset, hexadecimal in two groups of eight, and what of it is printable ASCII; the last line is the length. */
export function hexdump(bytes: Buffer): string {
  let text = ''
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const row = bytes.subarray(offset, offset + 16)
    const groups = [row.subarray(0, 8), row.subarray(8)].map((group) =>
      [...group].map(hex).join(' ').padEnd(23),
    )
    text += `${address(offset)}  ${groups.join('  ')}  |${printable(row)}|\n`
  }
  return `${text}${address(bytes.length)}\n`
}

function address(offset: number): string {
  return offset.toString(16).padStart(8, '0')
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function printable(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll(/[^ -~]/g, '.')
}
