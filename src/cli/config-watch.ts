// Notices that the daemon has another config, or that another daemon runs, without asking it again and again.
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { isSystemError } from '../errors.js'

/** A reload, and a restart, touch the control socket more than once. */
const QUIET_MS = 100

/** Calls `onChange` after the control socket at `path` was touched or made anew, until the returned function is called. */
export function watchConfig(path: string, onChange: () => void): () => void {
  let due: NodeJS.Timeout | undefined
  try {
    const watcher = watch(dirname(path), (_, name) => {
      if (name !== basename(path)) return
      clearTimeout(due)
      due = setTimeout(onChange, QUIET_MS)
    })
    // The directory has gone, and the daemon with it.
    watcher.on('error', () => watcher.close())
    return () => {
      clearTimeout(due)
      watcher.close()
    }
  } catch (error) {
    // No daemon has ever run here, or too much is watched on this host already.
    if (isSystemError(error)) return () => undefined
    throw error
  }
}
