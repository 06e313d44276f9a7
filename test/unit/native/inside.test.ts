import { statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { ContainerHandle } from '../../../src/native.js'
import { native } from '../../../src/native.js'
import type { TestContainer } from './support/container.js'
import { startContainer } from './support/container.js'

const USER = 200_000

describe.each([
  ['a container', undefined],
  ['a user-namespaced container', USER],
])('in %s', (_, rootUid) => {
  let container: TestContainer
  let handle: ContainerHandle
  beforeEach(async () => {
    container = await startContainer(rootUid)
    handle = await native.openContainer(container.pid)
    await container.run(`os.mkdir('/etc')`)
  })
  afterEach(async () => {
    handle.close()
    await container.end()
  })
  const text = async (path: string, limit = 65_536): Promise<string | undefined> =>
    (await handle.readFile(path, limit))?.toString()

  test('a file is read up to the limit, whole when it is shorter', async () => {
    await container.run(`open('/etc/group', 'w').write('input:x:105:' + 'x' * 9000)`)
    expect(await text('/etc/group')).toBe(`input:x:105:${'x'.repeat(9000)}`)
    expect(await text('/etc/group', 9012)).toHaveLength(9012)
    expect(await text('/etc/group', 5)).toBe('input')
    expect(await text('/etc/group', 0)).toBe('')
  })

  test('a file that only root may read is read, an empty one is empty', async () => {
    await container.run(`
open('/etc/group', 'w').write('own')
os.chmod('/etc/group', 0)
open('/etc/empty', 'w').close()`)
    expect(await text('/etc/group')).toBe('own')
    expect(await text('/etc/empty')).toBe('')
  })

  test("links lead to the container's own file, and never out", async () => {
    await container.run(`
open('/etc/own', 'w').write('own')
os.symlink('/etc/own', '/etc/absolute')
os.symlink('../../../../etc/own', '/etc/relative')
os.symlink('/etc/passwd', '/etc/group')`)
    expect(await text('/etc/absolute')).toBe('own')
    expect(await text('/etc/relative')).toBe('own')
    expect(statSync('/etc/passwd').isFile()).toBe(true)
    expect(await text('/etc/group')).toBeUndefined()
  })

  test('what is no regular file is not there: FIFO, directory, socket, device', async () => {
    await container.run(`
os.mkfifo('/etc/fifo')
os.mkdir('/etc/directory')
socket.socket(socket.AF_UNIX).bind('/etc/socket')
os.symlink('/etc/fifo', '/etc/link')`)
    // a device node of its own needs no user namespace
    if (rootUid === undefined)
      await container.run(`os.mknod('/etc/null', stat.S_IFCHR | 0o666, os.makedev(1, 3))`)
    for (const name of ['fifo', 'directory', 'socket', 'link', 'null'])
      expect(await text(`/etc/${name}`)).toBeUndefined()
  })

  test('nor is what lies behind a file, or in a circle of links', async () => {
    await container.run(`open('/etc/own', 'w').write('own'); os.symlink('circle', '/etc/circle')`)
    for (const name of ['own/group', 'circle', 'none']) expect(await text(`/etc/${name}`)).toBeUndefined()
  })

  test('a file on which a process of the container holds a lease does not hold up the reader', async () => {
    await container.run(`
signal.signal(signal.SIGIO, signal.SIG_IGN)
open('/etc/group', 'w').write('own')
held = open('/etc/group', 'r+')
fcntl.fcntl(held, 1024, fcntl.F_WRLCK)`)
    await expect(handle.readFile('/etc/group', 100)).rejects.toMatchObject({
      code: 'EAGAIN',
      syscall: 'open',
      path: '/etc/group',
    })
  })

  test("a link is made with its directories, owned by the container's root, whatever the daemon's umask", async () => {
    const umask = process.umask(0o077)
    try {
      await handle.placeLink('../event7', '/dev/input/player1')
    } finally {
      process.umask(umask)
    }
    expect(
      await container.run(`
status = [os.lstat(path) for path in ['/dev', '/dev/input', '/dev/input/player1']]
result = [os.readlink('/dev/input/player1'), [[oct(s.st_mode), s.st_uid, s.st_gid] for s in status]]`),
    ).toEqual([
      '../event7',
      [
        ['0o40755', 0, 0],
        ['0o40755', 0, 0],
        ['0o120777', 0, 0],
      ],
    ])
  })

  test('a link that is there already stays as it is', async () => {
    await container.run(`os.mkdir('/dev'); os.symlink('event7', '/dev/own')`)
    const before = await container.run(`result = os.lstat('/dev/own').st_ino`)
    await handle.placeLink('event7', '/dev/own')
    expect(await container.run(`result = os.lstat('/dev/own').st_ino`)).toBe(before)
  })

  test('anything else that is in the way is EEXIST, and is not touched', async () => {
    await container.run(`
os.mkdir('/dev')
open('/dev/file', 'w').write('own')
os.mkdir('/dev/directory')
os.mkfifo('/dev/fifo')
os.symlink('event', '/dev/shorter')
os.symlink('event70', '/dev/longer')
os.symlink('/dev/file', '/dev/to-file')`)
    const names = ['directory', 'fifo', 'file', 'longer', 'shorter', 'to-file']
    for (const name of names) {
      await expect(handle.placeLink('event7', `/dev/${name}`)).rejects.toMatchObject({
        code: 'EEXIST',
        syscall: 'symlinkat',
        path: `/dev/${name}`,
      })
      await handle.removeLink('event7', `/dev/${name}`)
    }
    expect(
      await container.run(
        `result = [sorted(os.listdir('/dev')), open('/dev/file').read(), os.readlink('/dev/longer')]`,
      ),
    ).toEqual([names, 'own', 'event70'])
  })

  test('a link of the container leads the new one to a place inside', async () => {
    await container.run(`os.makedirs('/elsewhere'); os.symlink('/elsewhere', '/dev')`)
    await handle.placeLink('event7', '/dev/player1')
    expect(await container.run(`result = os.listdir('/elsewhere')`)).toEqual(['player1'])
    expect(() => statSync('/elsewhere')).toThrow('ENOENT')
    await handle.removeLink('event7', '/dev/player1')
    expect(await container.run(`result = os.listdir('/elsewhere')`)).toEqual([])
  })

  test('a directory that can not be made, or is none, is told', async () => {
    await container.run(`
open('/file', 'w').close()
os.symlink('/nowhere', '/dangling')
os.mkdir('/ro')
mount('ro', '/ro', 'tmpfs', 1)`)
    const code = async (path: string): Promise<unknown> =>
      handle.placeLink('event7', path).catch((error: unknown) => (error as { code: string }).code)
    expect(await code('/file/player1')).toBe('ENOTDIR')
    expect(await code('/dangling/player1')).toBe('ENOENT')
    expect(await code('/ro/player1')).toBe('EROFS')
    expect(await code('/dev/..')).toBe('EEXIST')
    expect(await code('/')).toBe('ENOENT')
  })

  test('only the link with this content is removed; what is gone is not an error', async () => {
    await handle.placeLink('event7', '/dev/input/player1')
    await handle.removeLink('event70', '/dev/input/player1')
    await handle.removeLink('event', '/dev/input/player1')
    expect(await container.run(`result = os.readlink('/dev/input/player1')`)).toBe('event7')
    await handle.removeLink('event7', '/dev/input/player1')
    expect(await container.run(`result = os.listdir('/dev/input')`)).toEqual([])
    await handle.removeLink('event7', '/dev/input/player1')
    await container.run(`os.rmdir('/dev/input'); open('/dev/input', 'w').close()`)
    await handle.removeLink('event7', '/dev/input/player1')
    await container.run(`os.unlink('/dev/input'); os.symlink('input', '/dev/input')`)
    await handle.removeLink('event7', '/dev/input/player1')
    await container.run(`os.unlink('/dev/input'); os.rmdir('/dev')`)
    await handle.removeLink('event7', '/dev/input/player1')
  })

  test('a container that swaps directories for links while links are made gets none out of its root', async () => {
    await container.run(`
os.makedirs('/dev/input')
os.symlink('../../../../../../tmp', '/dev/out')
swapping = True
def swap():
  RENAME_EXCHANGE = 2
  while swapping: check(libc.renameat2(-1, b'/dev/input', -1, b'/dev/out', RENAME_EXCHANGE))
swapper = threading.Thread(target=swap)
swapper.start()`)
    const name = `udev-proxy-race-${String(container.pid)}`
    for (let i = 0; i < 200; i++) {
      // any answer is right, but not a link outside
      await handle.placeLink('event7', `/dev/input/${name}`).catch(() => undefined)
      await handle.removeLink('event7', `/dev/input/${name}`).catch(() => undefined)
    }
    await container.run(`swapping = False; swapper.join()`)
    expect(statSync(`/tmp/${name}`, { throwIfNoEntry: false })).toBeUndefined()
  })
})

test('in /proc a magic link leads nowhere, and what is made up when it is read is not asked for', async () => {
  const container = await startContainer()
  onTestFinished(() => container.end())
  const handle = await native.openContainer(container.pid)
  onTestFinished(() => handle.close())
  await container.run(`
os.mkdir('/proc')
mount('proc', '/proc', 'proc')
open('/own', 'w').write('own')
held = open('/own')
os.symlink('/proc/1/root/own', '/root')
os.symlink(f'/proc/1/fd/{held.fileno()}', '/held')
os.symlink('/proc/1/status', '/status')`)
  expect(await container.run(`result = [open('/root').read(), open('/held').read()]`)).toEqual(['own', 'own'])
  expect(await handle.readFile('/root', 100)).toBeUndefined()
  expect(await handle.readFile('/held', 100)).toBeUndefined()
  expect(await handle.readFile('/status', 100)).toEqual(Buffer.alloc(0))
})

test('a container that has ended gets no link, and has none to remove', async () => {
  const container = await startContainer()
  const handle = await native.openContainer(container.pid)
  await container.end()
  await expect(handle.placeLink('event7', '/dev/player1')).rejects.toMatchObject({ code: 'ESRCH' })
  await handle.removeLink('event7', '/dev/player1')
  handle.close()
})
