// A directory for stages, made for each test, with what is mounted there taken away after it.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { native } from '../../../src/native.js'

/** Hands each test of the suite its own. */
export function eachWithStageRoot(use: (root: string) => void): void {
  let directory: string
  let root: string
  beforeEach(() => {
    directory = mkdtempSync('/run/udev-proxy-test-')
    root = join(directory, 'stage')
    use(root)
  })
  afterEach(() => {
    native.unmount(root)
    rmSync(directory, { recursive: true })
  })
}
