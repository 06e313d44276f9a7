// udev's hardware database: what is known of a device by its modalias (sd-hwdb(3)).
import { statSync } from 'node:fs'
import { encodeBytes } from '../bytes.js'
import type { HwdbFile } from './hwdb-file.js'
import { openHwdbFile } from './hwdb-file.js'
import type { Trie } from './hwdb-trie.js'
import { readTrie, searchTrie } from './hwdb-trie.js'

/**
 * The first that exists is the database (HWDB_BIN_PATHS): the administrator's before the distribution's. Those in /lib are read by builds that
 * take /usr for a separate file system, as Debian's up to 12.
 */
export const HWDB_PATHS: readonly string[] = [
  '/etc/systemd/hwdb/hwdb.bin',
  '/etc/udev/hwdb.bin',
  '/usr/lib/systemd/hwdb/hwdb.bin',
  '/lib/systemd/hwdb/hwdb.bin',
  '/usr/lib/udev/hwdb.bin',
  '/lib/udev/hwdb.bin',
]

/** Opens the first of `paths` that exists; undefined when none does. Throws HwdbError when it can't be read or is none. */
export function openHwdb(paths: readonly string[] = HWDB_PATHS): Hwdb | undefined {
  for (const path of paths) {
    const file = openHwdbFile(path)
    if (file === undefined) continue
    try {
      return new Hwdb(file, readTrie(file), paths)
    } catch (error) {
      file.close()
      throw error
    }
  }
  return undefined
}

/** An open hwdb.bin; it keeps a file descriptor and at most 1 MiB of the file. */
export class Hwdb {
  constructor(
    private readonly file: HwdbFile,
    private readonly trie: Trie,
    private readonly paths: readonly string[],
  ) {}

  get path(): string {
    return this.file.path
  }

  /** The properties of a modalias, in sd_hwdb_enumerate()'s order. Throws HwdbError when the file is found to be corrupt. */
  lookup(modalias: string): Map<string, string> {
    // A C string ends at its first NUL.
    const [text = ''] = modalias.split('\0', 1)
    return searchTrie(this.trie, encodeBytes(text))
  }

  /** True when opening it anew would open another file, or none: systemd-hwdb update renames a new one into place. */
  isStale(): boolean {
    for (const path of this.paths) {
      const now = statSync(path, { bigint: true, throwIfNoEntry: false })
      if (now === undefined) continue
      const { stat } = this.file
      return (
        now.dev !== stat.dev || now.ino !== stat.ino || now.mtimeNs !== stat.mtimeNs || now.size !== stat.size
      )
    }
    return true
  }

  close(): void {
    this.file.close()
  }
}
