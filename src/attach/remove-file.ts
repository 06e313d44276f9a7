import { unlinkSync } from 'node:fs'
import { isSystemError } from '../errors.js'

/** Removes a file; one that is gone already needs no removal. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
}
