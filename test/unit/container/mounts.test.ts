import { describe, expect, it } from 'vitest'
import { parseStaged, stagedMounts } from '../../../src/container/mounts.js'
import { GoneError } from '../../../src/errors.js'

const line = (root: string, path: string, fileSystem: string): string =>
  `111 96 0:51 ${root} ${path} ro,nosuid,noexec,relatime master:4 - ${fileSystem} rw,mode=755\n`

describe('what is mounted from a stage', () => {
  it('is found among other mounts, with optional fields and escapes', () => {
    const text = `${line('/', '/', 'overlay overlay')}${line('/a/udev', '/run/u\\040dev', 'tmpfs udev-proxy')}`
    expect(parseStaged(text)).toEqual([{ id: 111, path: '/run/u dev' }])
    expect(parseStaged('')).toEqual([])
  })

  it.each([
    [1, 'a part of a stage', '/retro/input', 'tmpfs udev-proxy'],
    [1, 'one whose directory was removed', '/retro/udev//deleted', 'tmpfs udev-proxy'],
    [1, 'a node that is bound', '/retro/dev/hidraw3', 'tmpfs udev-proxy'],
    [0, 'a tmpfs of the container', '/', 'tmpfs tmpfs'],
    [0, 'a directory of another tmpfs', '/retro/input', 'tmpfs tmpfs'],
    [0, 'a file system that may never answer', '/retro/input', 'fuse.x udev-proxy'],
    [0, 'the whole of a tmpfs of that name', '/', 'tmpfs udev-proxy'],
  ])('is %d for %s', (expected, _, root, fileSystem) => {
    expect(parseStaged(line(root, '/dev/input', fileSystem))).toHaveLength(expected)
  })

  it('is asked of a process that has not ended', async () => {
    await expect(stagedMounts(2 ** 22 + 1)).rejects.toThrow(GoneError)
    expect(await stagedMounts(process.pid)).toEqual([])
  })
})
