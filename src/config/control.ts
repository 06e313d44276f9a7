// Where the daemon of a config is asked, though the config may have mistakes by now.

import { parseSource } from './document.js'
import { readConfigFile } from './file.js'

/** `control` of the file at `path`, as far as that can be read; undefined when it has none. */
export function controlOf(path: string): string | undefined {
  const read = readConfigFile(path)
  if ('mistake' in read) return undefined
  try {
    const control: unknown = parseSource(read.bytes.toString('utf8'), path).document.get('control')
    return typeof control === 'string' && control.startsWith('/') ? control : undefined
  } catch {
    // It is no mapping.
    return undefined
  }
}
