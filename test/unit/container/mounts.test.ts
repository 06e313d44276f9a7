import { describe, expect, it } from 'vitest'
import { isStaged, mountsOf, parseMounts } from '../../../src/container/mounts.js'
import { GoneError } from '../../../src/errors.js'

const line = (root: string, path: string, fileSystem: string): string =>
  `111 96 0:51 ${root} ${path} ro,nosuid,noexec,relatime master:4 - ${fileSystem} rw,mode=755\n`

describe('a mountinfo', () => {
  it('is read with its optional fields and escapes', () => {
    expect(parseMounts(line('/a\\040b/udev', '/run/udev', 'tmpfs udev-proxy'))).toEqual([
      { id: 111, root: '/a b/udev', path: '/run/udev', type: 'tmpfs', source: 'udev-proxy' },
    ])
    expect(parseMounts('')).toEqual([])
  })

  it.each([
    [true, 'a part of a stage', '/retro/input', 'tmpfs udev-proxy'],
    [true, 'one whose directory was removed', '/retro/udev//deleted', 'tmpfs udev-proxy'],
    [true, 'a node that is bound', '/retro/dev/hidraw3', 'tmpfs udev-proxy'],
    [false, 'a tmpfs of the container', '/', 'tmpfs tmpfs'],
    [false, 'a directory of another tmpfs', '/retro/input', 'tmpfs tmpfs'],
    [false, 'a file system that may never answer', '/retro/input', 'fuse.x udev-proxy'],
    [false, 'the whole of a tmpfs of that name', '/', 'tmpfs udev-proxy'],
  ])('says %s of %s', (expected, _, root, fileSystem) => {
    expect(parseMounts(line(root, '/dev/input', fileSystem)).map(isStaged)).toEqual([expected])
  })

  it('of a process that has ended is gone', () => {
    expect(() => mountsOf(2 ** 22 + 1)).toThrow(GoneError)
    expect(mountsOf(process.pid).some(({ path }) => path === '/')).toBe(true)
  })
})
