import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { NodeSpec } from '../../../src/native.js'
import { native } from '../../../src/native.js'
import type { TestStage } from './support/stage.js'
import { makeStage } from './support/stage.js'

let stage: TestStage
beforeAll(() => {
  stage = makeStage()
})
afterAll(() => stage.end())

function spec(name: string, wanted: Partial<NodeSpec> = {}): NodeSpec {
  return {
    scratch: stage.scratch,
    path: join(stage.path, name),
    major: 13,
    minor: 71,
    mode: 0o660,
    uid: 0,
    gid: 0,
    ...wanted,
  }
}

test('a node has its number, owner and exactly its mode, whatever the umask', () => {
  const umask = process.umask(0o077)
  try {
    native.placeNode(spec('event7', { mode: 0o6666, uid: 1000, gid: 107 }))
  } finally {
    process.umask(umask)
  }
  const { mode, uid, gid, rdev, nlink } = statSync(join(stage.path, 'event7'))
  expect({ mode, uid, gid, rdev, nlink }).toEqual({
    mode: 0o26666,
    uid: 1000,
    gid: 107,
    rdev: (13 << 8) | 71,
    nlink: 1,
  })
  expect(readdirSync(stage.scratch)).toEqual([])
})

test('numbers beyond eight bits are kept', () => {
  native.placeNode(spec('large', { major: 511, minor: 1_048_575 }))
  const rdev = BigInt(statSync(join(stage.path, 'large')).rdev)
  // glibc's makedev
  expect(rdev).toBe((511n << 8n) | 0xffn | (0xfff00n << 12n))
})

test('what is there stays, and nothing is left of the attempt', () => {
  writeFileSync(join(stage.path, 'own'), 'own')
  expect(() => native.placeNode(spec('own'))).toThrow(
    expect.objectContaining({ code: 'EEXIST', syscall: 'link', path: join(stage.path, 'own') }) as Error,
  )
  expect(statSync(join(stage.path, 'own')).isFile()).toBe(true)
  expect(readdirSync(stage.scratch)).toEqual([])
})

test('a node whose directory is missing is ENOENT, and nothing is left of the attempt', () => {
  expect(() => native.placeNode(spec('none/event7'))).toThrow('ENOENT: no such file or directory, link')
  expect(() => native.placeNode(spec('event8', { scratch: '/none' }))).toThrow(
    'ENOENT: no such file or directory, mknod',
  )
  expect(readdirSync(stage.scratch)).toEqual([])
})

test('who watches the directory sees a node made, not renamed or changed', async () => {
  const events: string[] = []
  const watcher = watch(stage.path, (event, name) => events.push(`${event} ${name ?? ''}`))
  native.placeNode(spec('watched'))
  await sleep(50)
  watcher.close()
  // `rename` is node's word for IN_CREATE; a later chmod or chown would be a `change`
  expect(events.filter((event) => event.endsWith(' watched'))).toEqual(['rename watched'])
})

/** Looks at the directory as fast as it can until `storm-end` is there; prints what was not yet as it should be. */
const OBSERVER = `
import os, sys
print(flush=True)
wrong, seen, names = [], set(), []
while 'storm-end' not in names:
  names = os.listdir(sys.argv[1])
  for name in names:
    if not name.startswith('storm') or name in seen: continue
    seen.add(name)
    status = os.stat(os.path.join(sys.argv[1], name))
    if status.st_mode != 0o20640 or status.st_uid != 1000: wrong.append(name)
print(len(seen), wrong, flush=True)
`

test('a node is never visible before it has its mode and owner', async () => {
  const observer = spawn('python3', ['-c', OBSERVER, stage.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  })
  onTestFinished(() => void observer.kill())
  await once(observer.stdout, 'data')
  const owned = { mode: 0o640, uid: 1000 }
  for (let i = 0; i < 2000; i++) native.placeNode(spec(`storm${String(i)}`, owned))
  native.placeNode(spec('storm-end', owned))
  const [line] = (await once(observer.stdout, 'data')) as [Buffer]
  expect(line.toString()).toBe('2001 []\n')
})

test('a specification that is wrong is refused before anything is made', () => {
  expect(() => native.placeNode(spec('bad', { mode: 0o20660 }))).toThrow('mode must be permission bits')
  expect(() => native.placeNode(spec('bad', { minor: -1 }))).toThrow(TypeError)
  expect(() => native.placeNode(spec('bad\0'))).toThrow('A path must not contain NUL')
  expect(readdirSync(stage.scratch)).toEqual([])
})

test('this kernel has the system calls that the addon needs', () => {
  expect(native.missingSystemCalls()).toEqual([])
})
