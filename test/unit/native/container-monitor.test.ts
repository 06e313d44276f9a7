import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ContainerHandle, MonitorListener, MonitorSocket } from '../../../src/native.js'
import { GROUP_KERNEL, GROUP_LIBUDEV_ZERO, GROUP_UDEV, native } from '../../../src/native.js'
import type { TestContainer } from './support/container.js'
import { startContainer } from './support/container.js'
import { inNewNetns } from './support/netns.js'

const USER = 200_000

/** Sends from inside, as a user of the container, or has the kernel broadcast (UEVENT_SEND of uevent_net_rcv_skb in the kernel). */
const SENDER = `
sender = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
def send(text, group, uid=0):
  credentials = (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack('3i', os.getpid(), uid, uid))
  sender.sendmsg([text.encode()], [credentials], 0, (0, group))
def broadcast(text):
  UEVENT_SEND, NLM_F_REQUEST = 16, 1
  header = struct.pack('=IHHII', 16 + len(text), UEVENT_SEND, NLM_F_REQUEST, 0, 0)
  sender.sendto(header + text.encode(), (0, 0))`

interface Opened {
  handle: ContainerHandle
  monitor: MonitorSocket
  heard: string[]
}

async function openMonitor(container: TestContainer, group: number): Promise<Opened> {
  const handle = await native.openContainer(container.pid)
  onTestFinished(() => handle.close())
  const heard: string[] = []
  const monitor = handle.openMonitor(group, 1 << 20, recordingTo(heard))
  onTestFinished(() => monitor.close())
  return { handle, monitor, heard }
}

function recordingTo(heard: string[]): MonitorListener {
  return {
    onMessages: (messages) => heard.push(...messages.map(String)),
    onOverrun: () => heard.push('overrun'),
    onError: (error) => heard.push(error.message),
  }
}

describe.each([
  ['a container', undefined],
  ['a user-namespaced container', USER],
])('a monitor in %s', (_, rootUid) => {
  let container: TestContainer
  beforeAll(async () => {
    container = await startContainer(rootUid)
    await container.run(SENDER)
  })
  afterAll(() => container.end())

  test.each([GROUP_UDEV, GROUP_LIBUDEV_ZERO])(
    'of group %i hears its root and the daemon, and drops its other users',
    async (group) => {
      const { handle, monitor, heard } = await openMonitor(container, group)
      const other = group === GROUP_UDEV ? GROUP_LIBUDEV_ZERO : GROUP_UDEV
      await container.run(`
send('of a user', ${String(group)}, 1000)
send('of root', ${String(group)})
send('of another group', ${String(other)})`)
      handle.send(Buffer.from('of another group'), other)
      handle.send(Buffer.alloc(8193), group)
      handle.send(Buffer.from('of the daemon'), group)
      await expect.poll(() => heard.length).toBe(2)
      expect(heard).toEqual(['of root', 'of the daemon'])
      expect(monitor.dropped()).toEqual({ foreign: 1, truncated: 1 })
      expect(monitor.receiveBuffer).toBe(2 << 20)
    },
  )

  test('of the kernel group hears what the kernel broadcasts there, and nothing of processes', async () => {
    const { handle, monitor, heard } = await openMonitor(container, GROUP_KERNEL)
    handle.send(Buffer.from('add@/devices/forged\0'), GROUP_KERNEL)
    await container.run(`
send('add@/devices/forged\\0', ${String(GROUP_KERNEL)})
broadcast('add@/devices/real\\0ACTION=add\\0')`)
    await expect.poll(() => heard).toHaveLength(1)
    expect(heard[0]).toMatch(/^add@\/devices\/real\0ACTION=add\0SEQNUM=\d+\0$/)
    expect(monitor.dropped()).toEqual({ foreign: 2, truncated: 0 })
  })

  test('hears nothing of the host, and the host nothing of it', async () => {
    const heard = await inNewNetns(async ({ native, lab, until, sleep, uevent, recorder }, pid: number) => {
      const [inside, outside] = [recorder(), recorder()]
      const handle = await native.openContainer(pid)
      const self = await native.openContainer(process.pid)
      const monitors = [1, 2, 4].flatMap((group) => [
        handle.openMonitor(group, 1 << 20, inside.listener),
        native.openMonitor(group, 1 << 20, outside.listener),
      ])
      lab.openInjector().send(uevent('/devices/kernel'))
      for (const group of [2, 4]) {
        self.send(uevent('/devices/outside'), group)
        handle.send(uevent('/devices/inside'), group)
      }
      await until(() => inside.heard.length >= 2 && outside.heard.length >= 3)
      await sleep(20)
      for (const monitor of monitors) monitor.close()
      return { inside: inside.heard.toSorted(), outside: outside.heard.toSorted() }
    }, container.pid)
    expect(heard).toEqual({
      inside: ['/devices/inside', '/devices/inside'],
      outside: ['/devices/kernel', '/devices/outside', '/devices/outside'],
    })
  })
})

test('a monitor outlives its handle, and the container', async () => {
  const container = await startContainer()
  const { handle, heard } = await openMonitor(container, GROUP_UDEV)
  const sender = await native.openContainer(container.pid)
  onTestFinished(() => sender.close())
  handle.close()
  sender.send(Buffer.from('after close'), GROUP_UDEV)
  await expect.poll(() => heard).toEqual(['after close'])
  await container.end()
  sender.send(Buffer.from('after the end'), GROUP_UDEV)
  await expect.poll(() => heard).toEqual(['after close', 'after the end'])
})

test('no monitor is opened in a container that has ended, by a closed handle, or of what is no group', async () => {
  const container = await startContainer()
  const { handle } = await openMonitor(container, GROUP_UDEV)
  const open = (group: number): unknown => handle.openMonitor(group, 4096, recordingTo([]))
  expect(() => open(3)).toThrow('group must be GROUP_KERNEL, GROUP_UDEV or GROUP_LIBUDEV_ZERO')
  expect(() => handle.openMonitor(GROUP_UDEV, 4096, {} as MonitorListener)).toThrow(
    'onMessages must be a function',
  )
  await container.end()
  expect(() => open(GROUP_UDEV)).toThrow(
    expect.objectContaining({ code: 'ESRCH', syscall: 'setns' }) as Error,
  )
  handle.close()
  expect(() => open(GROUP_UDEV)).toThrow(expect.objectContaining({ code: 'EBADF' }) as Error)
})

test('two hundred monitors of a container leave no descriptor behind', async () => {
  const container = await startContainer()
  onTestFinished(() => container.end())
  const [before, after] = await inNewNetns(async ({ native, recorder, readdirSync, sleep }, pid: number) => {
    const count = (): number => readdirSync('/proc/self/fd').length
    const handle = await native.openContainer(pid)
    const round = (): void => handle.openMonitor(2, 1 << 20, recorder().listener).close()
    round()
    const first = count()
    for (let i = 0; i < 200; i++) round()
    await sleep(0)
    return [first, count()]
  }, container.pid)
  expect(after).toBe(before)
})
