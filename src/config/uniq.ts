// `uniq`, which for Bluetooth is an address: the kernel writes it as a0:5a:5c:01:02:03, and people in capitals, or with dashes.

import { compileGlob } from './glob.js'

const ADDRESS = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i

/** As compileGlob, for what `uniq` is compared with: of an address neither case nor separators count. */
export function compileUniq(glob: string): (text: string) => boolean {
  const matches = compileGlob(glob)
  const matchesAddress = compiled(addressGlob(glob)) ?? matches
  return (text) => (ADDRESS.test(text) ? matchesAddress(text.toLowerCase()) : matches(text))
}

/** The glob with which addresses are compared: dashes in brackets are ranges and stay. */
export function addressGlob(glob: string): string {
  const lower = glob.toLowerCase()
  if (/^[0-9a-f]{12}$/.test(lower)) return lower.replaceAll(/..(?!$)/g, '$&:')
  return lower.replaceAll(/\[[^\]]*\]|-/g, (part) => (part === '-' ? ':' : part))
}

function compiled(glob: string): ((text: string) => boolean) | undefined {
  try {
    return compileGlob(glob)
  } catch {
    // [Z-a] is a range, [z-a] is none.
    return undefined
  }
}
