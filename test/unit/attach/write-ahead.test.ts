import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { WriteAhead } from '../../../src/attach/write-ahead.js'
import { native } from '../../../src/native.js'
import { eachWithStageRoot } from './stage-root.js'

let root: string
eachWithStageRoot((path) => (root = path))

it('a line for which there is no room is not there at all, and those after it are whole', () => {
  mkdirSync(root)
  native.mountTmpfs(root)
  expect(spawnSync('mount', ['-o', 'remount,size=1m', root]).status).toBe(0)
  const ahead = new WriteAhead(join(root, 'ahead'))
  ahead.append('first')
  const { bavail, bsize } = statfsSync(root)
  writeFileSync(join(root, 'ballast'), Buffer.alloc(bavail * bsize))
  // What is left of its page is room for a part of it.
  expect(() => ahead.append('x'.repeat(2 * bsize))).toThrow(/ENOSPC/)
  rmSync(join(root, 'ballast'))
  ahead.append('last')
  expect(ahead.read()).toEqual(['first', 'last'])
  ahead.close()
})
