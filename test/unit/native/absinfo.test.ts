import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { native } from '../../../src/native.js'
import type { TestStage } from './support/stage.js'
import { makeStage } from './support/stage.js'
import { inNewNetns } from './support/netns.js'

const ABS_X = 0
const ABS_Y = 1
const ABS_MAX = 0x3f
/** event31, the last of evdev's first minors: not even a busy machine has so many devices. */
const UNPLUGGED = { major: 13, minor: 95 }
const NULL_DEVICE = { major: 1, minor: 3 }

let stage: TestStage
beforeAll(() => {
  stage = makeStage()
  const common = { scratch: stage.scratch, mode: 0o600, uid: 0, gid: 0 }
  native.placeNode({ ...common, path: join(stage.path, 'event31'), ...UNPLUGGED })
})
afterAll(() => stage.end())

function read(name: string, device = UNPLUGGED): unknown {
  return native.readAbsInfo({ path: join(stage.path, name), ...device }, [ABS_X, ABS_Y])
}

test('a node whose device has been unplugged, or that is gone, says nothing of any axis', () => {
  expect(read('event31')).toEqual([undefined, undefined])
  expect(read('none')).toEqual([undefined, undefined])
  expect(read('none/event31')).toEqual([undefined, undefined])
})

test('a device that is none of input says nothing of any axis', () => {
  expect(read('null', NULL_DEVICE)).toEqual([undefined, undefined])
})

test('what is no such device is not opened: another one, a FIFO, a file, a directory, a link', () => {
  expect(read('null')).toEqual([undefined, undefined])
  expect(read('null', { major: 1, minor: 5 })).toEqual([undefined, undefined])
  spawnSync('mkfifo', [join(stage.path, 'fifo')])
  writeFileSync(join(stage.path, 'file'), '')
  mkdirSync(join(stage.path, 'directory'))
  symlinkSync('null', join(stage.path, 'link'))
  for (const name of ['fifo', 'file', 'directory']) expect(read(name)).toEqual([undefined, undefined])
  expect(read('link', NULL_DEVICE)).toEqual([undefined, undefined])
})

test('a question that is none is refused', () => {
  const node = { path: stage.node, ...NULL_DEVICE }
  expect(native.readAbsInfo(node, [])).toEqual([])
  expect(native.readAbsInfo(node, [ABS_MAX])).toEqual([undefined])
  expect(() => native.readAbsInfo(node, [ABS_MAX + 1])).toThrow('An axis must be 0 to ABS_MAX')
  expect(() => native.readAbsInfo(node, [-1])).toThrow(TypeError)
  expect(() => native.readAbsInfo({ ...node, minor: -1 }, [])).toThrow(TypeError)
})

test('a thousand questions leave no descriptor behind', async () => {
  const [before, after] = await inNewNetns(
    ({ native, readdirSync }, nodes: { path: string; major: number; minor: number }[]) => {
      const count = (): number => readdirSync('/proc/self/fd').length
      const first = count()
      for (let i = 0; i < 500; i++) for (const node of nodes) native.readAbsInfo(node, [0, 1])
      return [first, count()]
    },
    [
      { path: stage.node, ...NULL_DEVICE },
      { path: join(stage.path, 'event31'), ...UNPLUGGED },
    ],
  )
  expect(after).toBe(before)
})
