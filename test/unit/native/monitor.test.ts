import { expect, test } from 'vitest'
import type { MonitorListener } from '../../../src/native.js'
import { GROUP_LIBUDEV_ZERO, GROUP_UDEV } from '../../../src/native.js'
import { inNewNetns } from './support/netns.js'

test('a monitor hears what the kernel broadcasts, with the sequence number that the kernel gave it', async () => {
  const messages = await inNewNetns(async ({ native, lab, until, uevent }) => {
    const heard: string[] = []
    const monitor = native.openMonitor(1, 1 << 20, {
      onMessages: (batch) => heard.push(...batch.map((message) => message.toString('latin1'))),
      onOverrun: () => heard.push('overrun'),
      onError: (error) => heard.push(error.message),
    })
    const injector = lab.openInjector()
    injector.send(uevent('/devices/a'))
    injector.send(uevent('/devices/b'))
    await until(() => heard.length === 2)
    monitor.close()
    injector.close()
    return heard
  })
  for (const [index, name] of ['a', 'b'].entries()) {
    expect(messages[index]).toMatch(
      new RegExp(
        `^add@/devices/${name}\0ACTION=add\0DEVPATH=/devices/${name}\0SUBSYSTEM=input\0SEQNUM=\\d+\0$`,
      ),
    )
  }
})

test('what a process sends to the kernel group is dropped and counted', async () => {
  const result = await inNewNetns(async ({ native, lab, until, uevent, recorder }) => {
    const { heard, listener } = recorder()
    const monitor = native.openMonitor(1, 1 << 20, listener)
    const self = await native.openContainer(process.pid)
    for (let i = 0; i < 3; i++) self.send(uevent('/devices/forged'), 1)
    const injector = lab.openInjector()
    injector.send(uevent('/devices/real'))
    await until(() => heard.length > 0)
    const dropped = monitor.dropped()
    monitor.close()
    self.close()
    return { heard, dropped }
  })
  expect(result).toEqual({ heard: ['/devices/real'], dropped: { foreign: 3, truncated: 0 } })
})

test.each([GROUP_UDEV, GROUP_LIBUDEV_ZERO])(
  'a monitor of group %i hears root, and drops other users, other groups, and messages longer than libudev takes',
  async (group) => {
    const result = await inNewNetns(async ({ native, until, uevent, recorder, spawnSync }, group: number) => {
      const { heard, listener } = recorder()
      const monitor = native.openMonitor(group, 1 << 20, listener)
      const self = await native.openContainer(process.pid)
      const forger = spawnSync('python3', [
        '-c',
        `import os, socket, struct, sys
group, port = int(sys.argv[1]), int(sys.argv[2])
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
credentials = (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack('3i', os.getpid(), 1000, 1000))
s.sendmsg([b'add@/devices/another-user\\0'], [credentials], 0, (0, group))
s.sendmsg([b'add@/devices/to-this-socket-alone\\0'], [], 0, (port, 0))`,
        String(group),
        // the kernel names a process's first netlink socket after it (netlink_autobind)
        String(process.pid),
      ])
      self.send(Buffer.alloc(8193), group)
      self.send(Buffer.alloc(100_000), group)
      self.send(Buffer.alloc(8192), group)
      self.send(uevent('/devices/real'), group)
      for (const other of [1, 2, 4].filter((bit) => bit !== group))
        self.send(uevent('/devices/other-group'), other)
      await until(() => heard.length >= 2)
      const dropped = monitor.dropped()
      monitor.close()
      self.close()
      return { heard, dropped, status: forger.status }
    }, group)
    expect(result).toEqual({
      heard: ['', '/devices/real'],
      dropped: { foreign: 2, truncated: 2 },
      status: 0,
    })
  },
)

test('a wake-up delivers at most 64 messages, all of them in order', async () => {
  const { heard, batches } = await inNewNetns(async ({ native, lab, until, uevent, recorder }) => {
    const recorded = recorder()
    const monitor = native.openMonitor(1, 16 << 20, recorded.listener)
    const injector = lab.openInjector()
    for (let i = 0; i < 500; i++) injector.send(uevent(`/devices/${String(i)}`))
    await until(() => recorded.heard.length === 500)
    monitor.close()
    return recorded
  })
  expect(heard).toEqual(Array.from({ length: 500 }, (_, i) => `/devices/${String(i)}`))
  expect(Math.max(...batches)).toBe(64)
})

test.each([4_096, 128 * 1024])(
  'with a buffer of %i bytes an overrun is told once, after what was still queued',
  async (size) => {
    const heard = await inNewNetns(
      async ({ native, lab, until, uevent, recorder }, receiveBuffer: number) => {
        const { heard, listener } = recorder()
        const monitor = native.openMonitor(1, receiveBuffer, listener)
        const injector = lab.openInjector()
        for (let i = 0; i < 2000; i++) injector.send(uevent(`/devices/lost-${String(i)}`))
        await until(() => heard.includes('overrun'))
        injector.send(uevent('/devices/after'))
        await until(() => heard.includes('/devices/after'))
        monitor.close()
        return heard
      },
      size,
    )
    const overrun = heard.indexOf('overrun')
    expect(heard.slice(0, overrun)).toEqual(
      Array.from({ length: overrun }, (_, i) => `/devices/lost-${String(i)}`),
    )
    expect(overrun).toBeGreaterThan(0)
    expect(overrun).toBeLessThan(2000)
    expect(heard.slice(overrun)).toEqual(['overrun', '/devices/after'])
  },
)

test('the receive buffer is the one asked for, beyond what an unprivileged socket may have', async () => {
  const size = await inNewNetns(({ native, recorder }) => {
    const monitor = native.openMonitor(1, 16 << 20, recorder().listener)
    monitor.close()
    return monitor.receiveBuffer
  })
  expect(size).toBe(2 * (16 << 20))
})

test('nothing is delivered after close, not even the rest of a storm that is being read', async () => {
  const heard = await inNewNetns(async ({ native, lab, sleep, until, uevent }) => {
    const counts: number[] = []
    const monitor = native.openMonitor(1, 16 << 20, {
      onMessages: (messages) => {
        counts.push(messages.length)
        monitor.close()
        monitor.close()
      },
      onOverrun: () => counts.push(-1),
      onError: () => counts.push(-2),
    })
    const injector = lab.openInjector()
    for (let i = 0; i < 200; i++) injector.send(uevent('/devices/x'))
    await until(() => counts.length > 0)
    await sleep(50)
    return counts
  })
  expect(heard).toEqual([64])
})

test('what a listener throws is an uncaught exception, and the monitor goes on', async () => {
  const result = await inNewNetns(async ({ native, lab, until, uevent }) => {
    const uncaught: string[] = []
    process.on('uncaughtException', (error) => uncaught.push(error.message))
    let calls = 0
    const monitor = native.openMonitor(1, 1 << 20, {
      onMessages: () => {
        calls++
        throw new Error(`listener ${String(calls)}`)
      },
      onOverrun: () => undefined,
      onError: () => undefined,
    })
    const injector = lab.openInjector()
    injector.send(uevent('/devices/a'))
    await until(() => uncaught.length === 1)
    injector.send(uevent('/devices/b'))
    await until(() => uncaught.length === 2)
    monitor.close()
    return uncaught
  })
  expect(result).toEqual(['listener 1', 'listener 2'])
})

test('promises that a listener has resolved run before the loop goes on', async () => {
  const order = await inNewNetns(async ({ native, lab, until, uevent }) => {
    const steps: string[] = []
    const monitor = native.openMonitor(1, 1 << 20, {
      onMessages: () => {
        setImmediate(() => steps.push('immediate'))
        process.nextTick(() => steps.push('tick'))
        void Promise.resolve().then(() => steps.push('promise'))
      },
      onOverrun: () => undefined,
      onError: () => undefined,
    })
    lab.openInjector().send(uevent('/devices/a'))
    await until(() => steps.length === 3)
    monitor.close()
    return steps
  })
  expect(order).toEqual(['tick', 'promise', 'immediate'])
})

test('an open monitor lives on when nobody holds it, and keeps the process alive', async () => {
  const heard = await inNewNetns(async ({ native, lab, until, uevent, recorder }) => {
    const { setFlagsFromString } = process.getBuiltinModule('node:v8')
    const { runInNewContext } = process.getBuiltinModule('node:vm')
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { heard, listener } = recorder()
    native.openMonitor(1, 1 << 20, listener)
    for (let i = 0; i < 3; i++) {
      collect()
      await new Promise((resolve) => setImmediate(resolve))
    }
    lab.openInjector().send(uevent('/devices/a'))
    await until(() => heard.length > 0)
    setTimeout(() => process.exit(), 20)
    return heard
  })
  expect(heard).toEqual(['/devices/a'])
})

test('a thousand monitors leave no descriptor behind', async () => {
  const [before, after] = await inNewNetns(async ({ native, recorder, readdirSync, sleep }) => {
    const count = (): number => readdirSync('/proc/self/fd').length
    native.openMonitor(1, 1 << 20, recorder().listener).close()
    const first = count()
    for (let i = 0; i < 1000; i++) native.openMonitor(1 + (i % 2), 1 << 20, recorder().listener).close()
    await sleep(0)
    return [first, count()]
  })
  expect(after).toBe(before)
})

test('openMonitor refuses what is no group and no listener', async () => {
  const messages = await inNewNetns(({ native, recorder }) => {
    const messageOf = (action: () => unknown): string => {
      try {
        action()
        return 'nothing was thrown'
      } catch (error) {
        return String(error)
      }
    }
    return [
      messageOf(() => native.openMonitor(3, 4096, recorder().listener)),
      messageOf(() => native.openMonitor(1, -1, recorder().listener)),
      messageOf(() => native.openMonitor(1, 4096, { onMessages: 1 } as unknown as MonitorListener)),
    ]
  })
  expect(messages).toEqual([
    'TypeError: group must be GROUP_KERNEL, GROUP_UDEV or GROUP_LIBUDEV_ZERO',
    'TypeError: A whole number of 0 to 4294967295 was expected',
    'TypeError: onMessages must be a function',
  ])
})

test('without CAP_NET_ADMIN a monitor says EPERM', async () => {
  const code = await inNewNetns(({ native, recorder }) => {
    process.setuid?.(65534)
    try {
      native.openMonitor(1, 16 << 20, recorder().listener)
      return 'opened'
    } catch (error) {
      return error
    }
  })
  expect(code).toEqual({ errno: -1, code: 'EPERM', syscall: 'setsockopt' })
})
