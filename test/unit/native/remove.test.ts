import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { native } from '../../../src/native.js'

let root: string
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'udev-proxy-remove-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('removeTree', () => {
  it('removes a directory with all that is in it', () => {
    mkdirSync(join(root, 'stage/input/by-id'), { recursive: true })
    writeFileSync(join(root, 'stage/input/event7'), '')
    symlinkSync('../event7', join(root, 'stage/input/by-id/pad'))
    native.removeTree(root, 'stage')
    expect(readdirSync(root)).toEqual([])
    native.removeTree(root, 'stage')
  })

  it('follows no symlink, be it in the directory or in its place', () => {
    mkdirSync(join(root, 'victim'))
    writeFileSync(join(root, 'victim/precious'), '')
    mkdirSync(join(root, 'stage'))
    symlinkSync('../victim', join(root, 'stage/input'))
    symlinkSync('victim', join(root, 'other'))
    native.removeTree(root, 'stage')
    native.removeTree(root, 'other')
    expect(readdirSync(root)).toEqual(['victim'])
    expect(readdirSync(join(root, 'victim'))).toEqual(['precious'])
  })

  it.each([
    ['a directory', 'input', 'EXDEV'],
    ['a file', 'file', 'EBUSY'],
  ])('leaves what is mounted over %s', (_, name, code) => {
    mkdirSync(join(root, 'victim'))
    writeFileSync(join(root, 'victim/precious'), 'x')
    mkdirSync(join(root, 'stage/input'), { recursive: true })
    writeFileSync(join(root, 'stage/file'), '')
    const source = join(root, name === 'file' ? 'victim/precious' : 'victim')
    const target = join(root, 'stage', name)
    expect(spawnSync('mount', ['--bind', source, target]).status).toBe(0)
    try {
      expect(() => native.removeTree(root, 'stage')).toThrow(expect.objectContaining({ code }) as Error)
      expect(readdirSync(join(root, 'victim'))).toEqual(['precious'])
    } finally {
      native.unmount(target)
    }
  })

  it.each(['', '.', '..', '../victim', 'a/b'])('refuses the name %j', (name) => {
    expect(() => native.removeTree(root, name)).toThrow(expect.objectContaining({ code: 'EINVAL' }) as Error)
    expect(existsSync(root)).toBe(true)
  })
})

it('isSocketBound tells a socket from what a process left behind, and the listener notices nothing', async () => {
  const path = join(root, 'socket')
  expect(native.isSocketBound(path)).toBe(false)
  writeFileSync(path, '')
  expect(native.isSocketBound(path)).toBe(false)
  rmSync(path)
  let connections = 0
  const server = createServer(() => connections++).listen(path)
  await once(server, 'listening')
  expect(native.isSocketBound(path)).toBe(true)
  server.close()
  await once(server, 'close')
  expect(native.isSocketBound(path)).toBe(false)
  expect(connections).toBe(0)
})

it('listensAt finds a socket that listens in the namespace of a process', async () => {
  const path = join(root, 'socket')
  const handle = await native.openContainer(process.pid)
  try {
    expect(await handle.listensAt([path])).toBe(false)
    const server = createServer().listen(path)
    await once(server, 'listening')
    expect(await handle.listensAt(['/other', path])).toBe(true)
    expect(await handle.listensAt([root, `${path}x`])).toBe(false)
    server.close()
  } finally {
    handle.close()
  }
})
