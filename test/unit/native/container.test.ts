import { readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { lab } from '../../../src/demo/lab.js'
import { GROUP_LIBUDEV_ZERO, GROUP_UDEV, native } from '../../../src/native.js'
import type { ContainerHandle } from '../../../src/native.js'
import type { TestContainer } from './support/container.js'
import { startContainer } from './support/container.js'
import { inNewNetns } from './support/netns.js'

const USER = 200_000

const listen = (group: number): string => `
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.settimeout(5)
listener.bind((0, ${String(group)}))`
/** Listens to GROUP_UDEV inside, as libudev does. */
const LISTEN = listen(GROUP_UDEV)
/** Listens as libudev-zero does. */
const LISTEN_TO_ZERO = listen(GROUP_LIBUDEV_ZERO)

/** Waits in a user namespace whose maps are to be written. */
const USER_NAMESPACE = `
import ctypes, sys
ctypes.CDLL(None).unshare(0x10000000)
print(flush=True)
sys.stdin.read()`

/** What was heard: the bytes, and the sender's uid and gid as they look from inside. */
const HEAR = `
data, ancillary, flags, sender = listener.recvmsg(16384, 256)
pid, uid, gid = struct.unpack('3i', ancillary[0][2])
result = {'text': data.decode(), 'uid': uid, 'gid': gid, 'group': sender[1]}`

async function open(pid: number): Promise<ContainerHandle> {
  const handle = await native.openContainer(pid)
  onTestFinished(() => handle.close())
  return handle
}

describe.each([
  ['a container', undefined],
  ['a user-namespaced container', USER],
])('%s', (_, rootUid) => {
  let container: TestContainer
  beforeAll(async () => {
    container = await startContainer(rootUid)
  })
  afterAll(() => container.end())

  test('is known by its namespaces and its root', async () => {
    const handle = await open(container.pid)
    const identity = (name: string): string => {
      const { dev, ino } = statSync(`/proc/${String(container.pid)}/ns/${name}`)
      return `${String(dev)}:${String(ino)}`
    }
    expect(handle).toMatchObject({
      pid: container.pid,
      netns: identity('net'),
      mntns: identity('mnt'),
      rootUid: rootUid ?? 0,
      rootGid: rootUid ?? 0,
    })
    const { dev, ino } = statSync('/proc/self/ns/net')
    expect(handle.netns).not.toBe(`${String(dev)}:${String(ino)}`)
  })

  test('has gids of the host: those of its user namespace, or its own', async () => {
    const handle = await open(container.pid)
    expect(handle.hostGid(105)).toBe((rootUid ?? 0) + 105)
    expect(handle.hostGid(65_536)).toBe(rootUid === undefined ? 65_536 : undefined)
  })

  test('hears what is sent into it as from its own root', async () => {
    const handle = await open(container.pid)
    await container.run(LISTEN)
    handle.send(Buffer.from('libudev'), GROUP_UDEV)
    expect(await container.run(HEAR)).toEqual({ text: 'libudev', uid: 0, gid: 0, group: GROUP_UDEV })

    await container.run(LISTEN_TO_ZERO)
    handle.send(Buffer.from('not for libudev-zero'), GROUP_UDEV)
    handle.send(Buffer.from('libudev-zero'), GROUP_LIBUDEV_ZERO)
    const heard = { text: 'libudev-zero', uid: 0, gid: 0, group: GROUP_LIBUDEV_ZERO }
    expect(await container.run(HEAR)).toEqual(heard)
  })

  test('shows its files: kind, identity, and up to 16 entries of a directory', async () => {
    const handle = await open(container.pid)
    await container.run(`
os.makedirs('/look/full')
os.mkfifo('/look/fifo')
open('/look/file', 'w').close()
socket.socket(socket.AF_UNIX).bind('/look/socket')
for i in range(40): open(f'/look/full/{i}', 'w').close()
os.symlink('/look/file', '/look/link')
os.symlink('/nowhere', '/look/dangling')`)
    const { dev, ino } = statSync(`/proc/${String(container.pid)}/root/look/file`)
    const file = { kind: 'file', identity: `${String(dev)}:${String(ino)}`, device: String(dev), entries: [] }
    expect(await handle.look('/look/file')).toMatchObject(file)
    expect(await handle.look('/look/link')).toMatchObject(file)
    expect(await handle.look('/look/fifo')).toMatchObject({ kind: 'other' })
    expect(await handle.look('/look/socket')).toMatchObject({ kind: 'socket' })
    const look = await handle.look('/look')
    expect(look?.entries.toSorted()).toEqual(['dangling', 'fifo', 'file', 'full', 'link', 'socket'])
    expect((await handle.look('/look/full'))?.entries).toHaveLength(16)
    expect(await handle.look('/look/none')).toBeUndefined()
    expect(await handle.look('/look/dangling')).toBeUndefined()
  })

  test('has no way out by a link', async () => {
    const handle = await open(container.pid)
    await container.run(`
os.mkdir('/links')
os.symlink('/etc', '/links/absolute')
os.symlink('../../../../../../etc', '/links/relative')`)
    const root = await handle.look('/')
    expect(await handle.look('/links/absolute/passwd')).toBeUndefined()
    expect(await handle.look('/links/relative/passwd')).toBeUndefined()
    expect(await handle.look('/../../..')).toEqual(root)
    expect(root?.identity).not.toBe(`${String(statSync('/').dev)}:${String(statSync('/').ino)}`)
  })
})

test('startedAt is when the first process started, on the clock of the addon', async () => {
  const before = lab.monotonic()
  const child = spawn('sleep', ['60'])
  onTestFinished(() => void child.kill())
  const after = lab.monotonic()
  const { startedAt } = await open(child.pid ?? 0)
  // a clock tick is 10 ms
  expect(startedAt).toBeGreaterThan(before - 10_000)
  expect(startedAt).toBeLessThanOrEqual(after)
  for (let i = 0; i < 20; i++) expect((await open(child.pid ?? 0)).startedAt).toBe(startedAt)
})

test('the name of the first process can not forge when it started', async () => {
  const child = spawn('python3', [
    '-c',
    `
import ctypes, time
ctypes.CDLL(None).prctl(15, b") R 1 (2 3) 4")
print(flush=True)
time.sleep(60)`,
  ])
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  expect(readFileSync(`/proc/${String(child.pid)}/stat`, 'latin1')).toContain(') R 1 (2 3) 4)')
  const { startedAt } = await open(child.pid ?? 0)
  expect(lab.monotonic() - startedAt).toBeLessThan(5_000_000)
})

test('each gid inside is looked up in all extents of the gid_map', async () => {
  const child = spawn('python3', ['-c', USER_NAMESPACE], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  const pid = String(child.pid)
  writeFileSync(`/proc/${pid}/uid_map`, '0 200000 1')
  writeFileSync(`/proc/${pid}/gid_map`, '0 200000 100\n100 999 1\n101 300000 65436\n4294967294 400000 1')
  const handle = await open(child.pid ?? 0)
  const expected = { 0: 200_000, 99: 200_099, 100: 999, 101: 300_000, 65_536: 365_435, 65_537: undefined }
  for (const [gid, host] of Object.entries(expected)) expect(handle.hostGid(Number(gid))).toBe(host)
  expect(handle.hostGid(4_294_967_293)).toBeUndefined()
  expect(handle.hostGid(4_294_967_294)).toBe(400_000)
  expect(handle.hostGid(4_294_967_295)).toBeUndefined()
  expect(() => handle.hostGid(-1)).toThrow(TypeError)
  handle.close()
  expect(handle.hostGid(100)).toBe(999)
})

test('a user namespace without a root can not be served', async () => {
  const child = spawn('unshare', ['--user', 'sh', '-c', 'echo; exec sleep 60'])
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  await expect(native.openContainer(child.pid ?? 0)).rejects.toMatchObject({
    code: 'EOVERFLOW',
    path: `/proc/${String(child.pid)}/uid_map (it has no root)`,
  })
})

test('a process that has exited is ESRCH, as a zombie and after it', async () => {
  const { pid } = spawnSync('true')
  await expect(native.openContainer(pid)).rejects.toMatchObject({
    code: 'ESRCH',
    errno: -3,
    syscall: 'pidfd_open',
    path: `/proc/${String(pid)}`,
    message: `ESRCH: no such process, pidfd_open '/proc/${String(pid)}'`,
  })

  const program = `
import os, time
if (pid := os.fork()) == 0: os._exit(0)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
print(pid, flush=True)
time.sleep(60)`
  const parent = spawn('python3', ['-c', program])
  onTestFinished(() => void parent.kill())
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const zombie = Number(line.toString())
  expect(readFileSync(`/proc/${String(zombie)}/stat`, 'latin1')).toContain(') Z ')
  await expect(native.openContainer(zombie)).rejects.toMatchObject({ code: 'ESRCH' })
})

test('the exit is told once to each listener, also to one who comes late', async () => {
  const container = await startContainer()
  const handle = await open(container.pid)
  const told: string[] = []
  handle.onExit(() => told.push('first'))
  const first = new Promise<void>((resolve) => handle.onExit(resolve))
  expect(told).toEqual([])
  await container.end()
  await first
  await new Promise<void>((resolve) => handle.onExit(resolve))
  expect(told).toEqual(['first'])
  await expect(handle.mountDirectory('/tmp', '/x')).rejects.toMatchObject({ code: 'ESRCH' })
})

test('the exit is not told after close', async () => {
  const container = await startContainer()
  const handle = await open(container.pid)
  const witness = await open(container.pid)
  const told: string[] = []
  handle.onExit(() => told.push('exit'))
  handle.close()
  handle.close()
  handle.onExit(() => told.push('exit after close'))
  const ended = new Promise<void>((resolve) => witness.onExit(resolve))
  await container.end()
  await ended
  await sleep(20)
  expect(told).toEqual([])
})

test('a listener may close the handle; those after it are not called', async () => {
  const container = await startContainer()
  const handle = await open(container.pid)
  const told: number[] = []
  handle.onExit(() => {
    told.push(1)
    handle.close()
  })
  handle.onExit(() => told.push(2))
  const witness = await open(container.pid)
  const ended = new Promise<void>((resolve) => witness.onExit(resolve))
  await container.end()
  await ended
  await sleep(20)
  expect(told).toEqual([1])
})

test('a closed handle says EBADF; what was under way when it was closed is finished', async () => {
  const container = await startContainer()
  onTestFinished(() => container.end())
  const handle = await open(container.pid)
  const looks = Array.from({ length: 20 }, () => handle.look('/'))
  handle.close()
  for (const look of await Promise.all(looks)) expect(look).toMatchObject({ kind: 'directory' })
  expect(() => handle.send(Buffer.from('x'), GROUP_UDEV)).toThrow(
    expect.objectContaining({ code: 'EBADF' }) as Error,
  )
  await expect(handle.look('/')).rejects.toMatchObject({ code: 'EBADF' })
})

test('what is sent into one network namespace is not heard in another', async () => {
  const [a, b] = await Promise.all([startContainer(), startContainer()])
  onTestFinished(async () => {
    await Promise.all([a.end(), b.end()])
  })
  const handle = await open(a.pid)
  await Promise.all([a.run(LISTEN), b.run(LISTEN)])
  handle.send(Buffer.from('for a'), GROUP_UDEV)
  expect(await a.run(HEAR)).toMatchObject({ text: 'for a' })
  expect(await b.run('result = select.select([listener], [], [], 0.1)[0] == []')).toBe(true)
})

test('all who open a network namespace have one socket there, which goes with the last of them', async () => {
  const container = await startContainer()
  onTestFinished(() => container.end())
  // Rows of other processes than the kernel, by NETLINK_KOBJECT_UEVENT (15).
  const sockets = (): number =>
    readFileSync(`/proc/${container.pid}/net/netlink`, 'utf8')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .filter(([, protocol, port]) => protocol === '15' && port !== '0').length
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => open(container.pid)))
  expect(sockets()).toBe(1)
  await container.run(LISTEN)
  first?.close()
  others[0]?.send(Buffer.from('still heard'), GROUP_UDEV)
  expect(await container.run(HEAR)).toMatchObject({ text: 'still heard' })
  for (const one of others) one.close()
  await container.run('listener.close()')
  expect(sockets()).toBe(0)
  const anew = await open(container.pid)
  expect(sockets()).toBe(1)
  anew.close()
})

test('a message that nobody hears is not an error, one that is too long is', async () => {
  const container = await startContainer()
  onTestFinished(() => container.end())
  const handle = await open(container.pid)
  handle.send(Buffer.from('x'), GROUP_UDEV)
  expect(() => handle.send(Buffer.alloc(1 << 20), GROUP_UDEV)).toThrow(
    expect.objectContaining({ code: 'EMSGSIZE', syscall: 'sendmsg' }) as Error,
  )
})

test('opening and closing a thousand times leaves no descriptor behind, whether it succeeds or fails', async () => {
  const container = await startContainer()
  onTestFinished(() => container.end())
  const { pid: gone } = spawnSync('true')
  const [before, after] = await inNewNetns(
    async ({ native, readdirSync }, { pid, gone }: { pid: number; gone: number }) => {
      const count = (): number => readdirSync('/proc/self/fd').length
      const round = async (): Promise<void> => {
        const handle = await native.openContainer(pid)
        handle.onExit(() => undefined)
        await handle.look('/')
        handle.close()
        await native.openContainer(gone).catch(() => undefined)
      }
      await round()
      const first = count()
      for (let i = 0; i < 1000; i++) await round()
      return [first, count()]
    },
    { pid: container.pid, gone },
  )
  expect(after).toBe(before)
})

test('a handle that nobody holds is closed by the garbage collector, unless somebody waits for the exit', async () => {
  const container = await startContainer()
  onTestFinished(() => container.end())
  const { first, dropped, watched } = await inNewNetns(
    async ({ native, readdirSync, sleep, until }, pid: number) => {
      process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc')
      const collect = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void
      const count = (): number => readdirSync('/proc/self/fd').length
      const first = count()
      for (let i = 0; i < 10; i++) await native.openContainer(pid)
      await until(() => {
        collect()
        return count() === first
      })
      const dropped = count()
      await native.openContainer(pid).then((handle) => handle.onExit(() => undefined))
      for (let i = 0; i < 5; i++) {
        collect()
        await sleep(1)
      }
      const watched = count()
      setTimeout(() => process.exit(), 20)
      return { first, dropped, watched }
    },
    container.pid,
  )
  expect(dropped).toBe(first)
  expect(watched).toBe(first + 5)
})

test('the threads of the process stay in their own namespaces', async () => {
  const container = await startContainer()
  onTestFinished(() => container.end())
  const handle = await open(container.pid)
  await handle.look('/')
  const identities = (tasks: string): string[] =>
    ['net', 'mnt'].map((name) => readlinkSync(`${tasks}/ns/${name}`))
  // a thread that has done its job may be there for a moment still
  await expect
    .poll(
      () => new Set(readdirSync('/proc/self/task').flatMap((task) => identities(`/proc/self/task/${task}`))),
    )
    .toEqual(new Set(identities('/proc/self')))
})
