import { unlinkSync } from 'node:fs'
import { isSystemError } from '../errors.js'

/** Removes a file; one that is gone already, or that can't be, as something on its path is no directory, needs no removal. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error
  }
}
