import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isUdevdRunning, listensAt } from '../../../src/udev/udevd.js'

let directory: string
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'udevd-'))))
afterEach(() => rmSync(directory, { recursive: true }))

it('a udevd runs where its control socket listens, also behind the symlink of newer releases', async () => {
  const server = createServer().listen(join(directory, 'io.systemd.Udev'))
  await once(server, 'listening')
  symlinkSync('io.systemd.Udev', join(directory, 'control'))
  expect(isUdevdRunning(join(directory, 'control'))).toBe(true)
  server.close()
  await once(server, 'close')
  expect(isUdevdRunning(join(directory, 'control'))).toBe(false)
})

it('a file in place of the socket is no udevd, nor is nothing', () => {
  expect(isUdevdRunning(join(directory, 'control'))).toBe(false)
  writeFileSync(join(directory, 'control'), '')
  expect(isUdevdRunning(join(directory, 'control'))).toBe(false)
})

it('a connection to the socket does not count as the socket', () => {
  const line = (flags: string): string =>
    `Num RefCount Protocol Flags Type St Inode Path\n0000: 00000002 00000000 ${flags} 0005 01 4711 /run/udev/control\n`
  expect(listensAt(['/run/udev/control'], line('00010000'))).toBe(true)
  expect(listensAt(['/run/udev/control'], line('00000000'))).toBe(false)
  expect(listensAt(['/run/udev'], line('00010000'))).toBe(false)
})
