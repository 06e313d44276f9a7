import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { ContainerHandle } from '../../../src/native.js'
import { native } from '../../../src/native.js'
import type { TestContainer } from './support/container.js'
import { knowsMountsBeneath } from './support/beneath.js'
import { startContainer } from './support/container.js'
import type { TestStage } from './support/stage.js'
import { makeStage } from './support/stage.js'

const USER = 200_000

let stage: TestStage
beforeAll(() => {
  stage = makeStage()
})
afterAll(() => stage.end())

describe.each([
  ['a container', undefined],
  ['a user-namespaced container', USER],
])('in %s', (_, rootUid) => {
  let container: TestContainer
  let handle: ContainerHandle
  beforeEach(async () => {
    container = await startContainer(rootUid)
    handle = await native.openContainer(container.pid)
  })
  afterEach(async () => {
    handle.close()
    await container.end()
  })
  const options = (path: string): string => {
    const line = readFileSync(`/proc/${String(container.pid)}/mountinfo`, 'utf8')
      .split('\n')
      .findLast((candidate) => candidate.split(' ')[4] === path)
    return line?.split(' ').slice(5, -1).join(' ') ?? ''
  }

  test('a directory of the host is mounted where nothing was: read-only, devices allowed, private', async () => {
    await handle.mountDirectory(stage.udev, '/run/deep/udev')
    const { dev, ino } = statSync(stage.udev)
    expect(await handle.look('/run/deep/udev')).toEqual({
      kind: 'directory',
      identity: `${String(dev)}:${String(ino)}`,
      device: String(dev),
      entries: ['control'],
      mount: expect.any(Number) as number,
    })
    expect(options('/run/deep/udev')).toMatch(/^ro,nosuid,noexec,relatime - tmpfs/)
    expect(
      await container.run(`
try: open('/run/deep/udev/own', 'w')
except OSError as error: result = errno.errorcode[error.errno]`),
    ).toBe('EROFS')
  })

  test("the directories that were missing are the container's root's, whatever the daemon's umask", async () => {
    const umask = process.umask(0o077)
    try {
      await handle.mountDirectory(stage.udev, '/run/deep/udev')
    } finally {
      process.umask(umask)
    }
    expect(
      await container.run(
        `result = [[oct(s.st_mode), s.st_uid, s.st_gid] for s in map(os.stat, ['/run', '/run/deep'])]`,
      ),
    ).toEqual([
      ['0o40755', 0, 0],
      ['0o40755', 0, 0],
    ])
  })

  test('what the host puts into the directory later is there at once', async () => {
    await handle.mountDirectory(stage.udev, '/run/udev')
    const name = `later-${String(container.pid)}`
    writeFileSync(join(stage.udev, name), 'text')
    onTestFinished(() => rmSync(join(stage.udev, name)))
    expect(await container.run(`result = open('/run/udev/${name}').read()`)).toBe('text')
  })

  test('what the container had there is hidden, not touched', async () => {
    await container.run(`os.makedirs('/run/udev'); open('/run/udev/own', 'w').close()`)
    await handle.mountDirectory(stage.udev, '/run/udev')
    expect((await handle.look('/run/udev'))?.entries).toContain('control')
    expect(await container.run(`umount('/run/udev'); result = os.listdir('/run/udev')`)).toEqual(['own'])
  })

  test('links of the container lead the mount to a place inside', async () => {
    await container.run(`os.makedirs('/elsewhere'); os.symlink('/elsewhere', '/run')`)
    await handle.mountDirectory(stage.udev, '/run/udev')
    expect((await handle.look('/elsewhere/udev'))?.entries).toContain('control')
    expect(() => statSync('/elsewhere')).toThrow('ENOENT')
  })

  test('a link that leads nowhere is ENOENT, a file in the way ENOTDIR', async () => {
    await container.run(`os.symlink('/nowhere', '/run'); open('/file', 'w').close()`)
    await expect(handle.mountDirectory(stage.udev, '/run/udev')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(handle.mountDirectory(stage.udev, '/file/udev')).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(handle.mountDirectory(stage.udev, '/file')).rejects.toMatchObject({ code: 'ENOTDIR' })
    expect(() => statSync('/nowhere')).toThrow('ENOENT')
  })

  test('a read-only root without the directory is EROFS', async () => {
    await container.run(`os.mkdir('/ro'); mount('ro', '/ro', 'tmpfs', 1)`)
    await expect(handle.mountDirectory(stage.udev, '/ro/udev')).rejects.toMatchObject({
      code: 'EROFS',
      syscall: 'mkdirat',
      path: '/ro/udev',
    })
  })

  test('a source that does not exist is ENOENT and leaves nothing inside', async () => {
    await expect(handle.mountDirectory(join(stage.path, 'none'), '/run/udev')).rejects.toMatchObject({
      code: 'ENOENT',
      syscall: 'open_tree',
      path: join(stage.path, 'none'),
    })
    expect(await handle.look('/run')).toBeUndefined()
  })

  test('what is mounted by an earlier stage is replaced, and never stacked up', async () => {
    const mountsAt = (path: string): string[] =>
      readFileSync(`/proc/${String(container.pid)}/mountinfo`, 'utf8')
        .split('\n')
        .filter((line) => line.split(' ')[4] === path)
    const earlier = makeStage()
    await handle.mountDirectory(earlier.udev, '/run/udev')
    earlier.end()
    for (let round = 0; round < 3; round++) {
      const before = await handle.look('/run/udev')
      const next = makeStage()
      onTestFinished(() => next.end())
      await handle.replaceMount(next.udev, '/run/udev', before?.mount ?? 0)
      const { dev, ino } = statSync(next.udev)
      expect((await handle.look('/run/udev'))?.identity).toBe(`${String(dev)}:${String(ino)}`)
      expect(mountsAt('/run/udev')).toHaveLength(1)
      expect(options('/run/udev')).toMatch(/^ro,nosuid,noexec,relatime - tmpfs/)
    }
    await expect(handle.replaceMount(stage.udev, '/run/udev', 1)).rejects.toMatchObject({ code: 'EAGAIN' })
    await container.run(`umount('/run/udev')`)
    expect(await handle.look('/run/udev')).toMatchObject({ entries: [] })
    await expect(
      handle.replaceMount(stage.udev, '/run/udev', (await handle.look('/run/udev'))?.mount ?? 0),
    ).rejects.toMatchObject({ code: 'EAGAIN' })
  })

  test('where the kernel can mount beneath, who looks while it is replaced finds the one or the other', async ({
    skip,
  }) => {
    if (!(await knowsMountsBeneath())) skip()
    await handle.mountDirectory(stage.udev, '/run/udev')
    await container.run(`
import threading
missed, isOver = [], threading.Event()
def look():
  while not isOver.is_set():
    if not os.path.exists('/run/udev/control'): missed.append(1)
looker = threading.Thread(target=look)
looker.start()`)
    for (let round = 0; round < 50; round++) {
      const next = makeStage()
      onTestFinished(() => next.end())
      await handle.replaceMount(next.udev, '/run/udev', (await handle.look('/run/udev'))?.mount ?? 0)
    }
    expect(await container.run('isOver.set(); looker.join(); result = len(missed)')).toBe(0)
  })

  test('the files of a directory are read, if they are of a tmpfs, and nothing that leads out of it', async () => {
    await container.run(`
os.makedirs('/run/udev/data/below')
open('/run/udev/data/c13:71', 'w').write('I:1\\nV:1\\n')
open('/run/udev/data/empty', 'w').close()
open('/secret', 'w').write('secret')
os.symlink('/secret', '/run/udev/data/link')
os.mkfifo('/run/udev/data/fifo')
open('/run/udev/data/covered', 'w').close()
mount('/secret', '/run/udev/data/covered', None, 0x1000)`)
    const files = await handle.readDirectory('/run/udev/data', 5)
    expect(files.map(([name, content]) => [name, content.toString()]).sort()).toEqual([
      ['c13:71', 'I:1\nV'],
      ['empty', ''],
    ])
    expect(await handle.readDirectory('/run/none', 5)).toEqual([])
    expect(await handle.readDirectory('/secret', 5)).toEqual([])
  })

  test('a device node says its number', async () => {
    await handle.bindNode(stage.node, '/dev/hidraw2')
    expect(await handle.look('/dev/hidraw2')).toMatchObject({ kind: 'character', number: '1:3' })
    expect(await handle.look('/dev')).not.toHaveProperty('number')
  })

  test('a bound node can be opened and written; unbound, nothing is left', async () => {
    await handle.bindNode(stage.node, '/dev/hidraw2')
    const { dev, ino } = statSync(stage.node)
    expect(await handle.look('/dev/hidraw2')).toMatchObject({
      kind: 'character',
      identity: `${String(dev)}:${String(ino)}`,
    })
    expect(options('/dev/hidraw2')).toMatch(/^ro,nosuid,noexec,relatime - tmpfs/)
    expect(
      await container.run(`f = open('/dev/hidraw2', 'r+b', 0); result = [f.write(b'x'), len(f.read(1))]`),
    ).toEqual([1, 0])
    expect(
      await container.run(`
try: os.chmod('/dev/hidraw2', 0)
except OSError as error: result = errno.errorcode[error.errno]`),
    ).toBe('EROFS')
    await handle.unbindNode('/dev/hidraw2')
    expect((await handle.look('/dev'))?.entries).toEqual([])
    expect(options('/dev/hidraw2')).toBe('')
  })

  test('a node that is in use is unbound all the same', async () => {
    await handle.bindNode(stage.node, '/dev/hidraw2')
    await container.run(`held = open('/dev/hidraw2', 'r+b', 0)`)
    await handle.unbindNode('/dev/hidraw2')
    expect((await handle.look('/dev'))?.entries).toEqual([])
    expect(await container.run(`result = held.write(b'x')`)).toBe(1)
  })

  test('nothing that is in the way of a node is touched', async () => {
    await container.run(`
os.mkdir('/dev')
open('/dev/file', 'w').write('own')
os.symlink('/dev/nowhere', '/dev/link')
os.mkfifo('/dev/fifo')`)
    for (const name of ['file', 'link', 'fifo']) {
      await expect(handle.bindNode(stage.node, `/dev/${name}`)).rejects.toMatchObject({
        code: 'EEXIST',
        syscall: 'mknodat',
        path: `/dev/${name}`,
      })
      await handle.unbindNode(`/dev/${name}`)
    }
    expect(await container.run(`result = [open('/dev/file').read(), sorted(os.listdir('/dev'))]`)).toEqual([
      'own',
      ['fifo', 'file', 'link'],
    ])
  })

  test('a node that another daemon has bound is unbound too; a mount of the container is not', async () => {
    const other = await native.openContainer(container.pid)
    await other.bindNode(stage.node, '/dev/hidraw2')
    other.close()
    await handle.unbindNode('/dev/hidraw2')
    expect((await handle.look('/dev'))?.entries).toEqual([])

    await container.run(`
open('/dev/below', 'w').write('own')
open('/dev/above', 'w').write('mounted')
mount('/dev/above', '/dev/below', None, 0x1000)`)
    await handle.unbindNode('/dev/below')
    expect(await container.run(`result = open('/dev/below').read()`)).toBe('mounted')
  })

  test('a placeholder that a crash has left is removed', async () => {
    await container.run(`os.mkdir('/dev'); os.mknod('/dev/hidraw2', stat.S_IFREG)`)
    await handle.unbindNode('/dev/hidraw2')
    expect((await handle.look('/dev'))?.entries).toEqual([])
  })

  test('unbinding what is gone is not an error', async () => {
    await handle.unbindNode('/dev/hidraw2')
    await handle.bindNode(stage.node, '/dev/hidraw2')
    await container.run(`umount('/dev/hidraw2'); os.unlink('/dev/hidraw2')`)
    await handle.unbindNode('/dev/hidraw2')
    await container.run(`os.rmdir('/dev')`)
    await handle.unbindNode('/dev/hidraw2')
  })

  test('a node that does not exist leaves no placeholder', async () => {
    await container.run(`os.mkdir('/dev')`)
    await expect(handle.bindNode(join(stage.path, 'none'), '/dev/hidraw2')).rejects.toMatchObject({
      code: 'ENOENT',
    })
    await expect(handle.bindNode(stage.udev, '/dev/hidraw2')).rejects.toMatchObject({ code: 'ENODEV' })
    await expect(handle.mountDirectory(stage.node, '/dev')).rejects.toMatchObject({ code: 'ENOTDIR' })
    expect((await handle.look('/dev'))?.entries).toEqual([])
  })

  test('fifty nodes can be bound and unbound at once', async () => {
    const targets = Array.from({ length: 50 }, (_, i) => `/dev/hidraw${String(i)}`)
    await Promise.all(targets.map((target) => handle.bindNode(stage.node, target)))
    expect(await container.run(`result = len([open('/dev/' + name) for name in os.listdir('/dev')])`)).toBe(
      50,
    )
    await Promise.all(targets.map((target) => handle.unbindNode(target)))
    expect((await handle.look('/dev'))?.entries).toEqual([])
  })
})

test('what a user namespace has inherited, and can not be taken off, is covered, once', async () => {
  const container = await startContainer()
  const outside = await native.openContainer(container.pid)
  await outside.mountDirectory(stage.udev, '/run/udev')
  outside.close()
  await container.run(`check(libc.unshare(NEWUSER | NEWNS))`)
  for (const map of ['uid_map', 'gid_map'])
    writeFileSync(`/proc/${String(container.pid)}/${map}`, `0 ${String(USER)} 65536`)
  const handle = await native.openContainer(container.pid)
  const mounts = (): number =>
    readFileSync(`/proc/${String(container.pid)}/mountinfo`, 'utf8').split(' /run/udev ').length - 1

  for (let round = 0; round < 3; round++) {
    const next = makeStage()
    onTestFinished(() => next.end())
    await handle.replaceMount(next.udev, '/run/udev', (await handle.look('/run/udev'))?.mount ?? 0)
    const { dev, ino } = statSync(next.udev)
    expect((await handle.look('/run/udev'))?.identity).toBe(`${String(dev)}:${String(ino)}`)
    expect(mounts()).toBe(2)
  }
  handle.close()
  await container.end()
})

test("the host's mounts and files are as they were", async () => {
  const mounts = (): string => readFileSync('/proc/self/mounts', 'utf8')
  const before = mounts()
  const container = await startContainer()
  const handle = await native.openContainer(container.pid)
  await handle.mountDirectory(stage.udev, '/udev-proxy-test/udev')
  await handle.bindNode(stage.node, '/udev-proxy-test/node')
  expect(mounts()).toBe(before)
  expect(() => statSync('/udev-proxy-test')).toThrow('ENOENT')
  handle.close()
  await container.end()
  expect(mounts()).toBe(before)
})

test("the stage's tmpfs takes devices, is the root's, and can be unmounted while it is in use", () => {
  const own = makeStage()
  expect(readFileSync('/proc/self/mounts', 'utf8')).toMatch(
    new RegExp(`^udev-proxy ${own.path} tmpfs rw,nosuid,noexec,relatime,mode=700\\b`, 'm'),
  )
  writeFileSync(own.node, 'x')
  symlinkSync('x', join(own.path, 'link'))
  own.end()
  expect(() => statSync(own.path)).toThrow('ENOENT')
  expect(() => native.mountTmpfs(own.path)).toThrow(`ENOENT: no such file or directory, mount '${own.path}'`)
  expect(() => native.unmount('/tmp')).toThrow("EINVAL: invalid argument, umount2 '/tmp'")
})
