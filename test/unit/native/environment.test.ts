import { expect, test } from 'vitest'
import { inNewNetns } from './support/netns.js'

test('a worker has monitors of its own', async () => {
  const heard = await inNewNetns(async ({ Worker, lab, addonPath, uevent }) => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads')
      const monitor = require(${JSON.stringify(addonPath)}).openMonitor(1, 1 << 20, {
        onMessages: (messages) => { parentPort.postMessage(messages[0].toString('latin1')); monitor.close() },
        onOverrun: () => {}, onError: () => {},
      })
      parentPort.postMessage('open')`,
      { eval: true },
    )
    const messages: string[] = []
    await new Promise((resolve) => {
      worker.on('exit', resolve)
      worker.on('message', (message: string) => {
        messages.push(message)
        if (message === 'open') lab.openInjector().send(uevent('/devices/a'))
      })
    })
    return messages
  })
  expect(heard[1]).toMatch(/^add@\/devices\/a\0/)
})

test('a worker can be terminated in the middle of a storm, with containers open and jobs under way, and leaves nothing open', async () => {
  const counts = await inNewNetns(async ({ Worker, lab, addonPath, uevent, readdirSync, sleep, until }) => {
    const source = `const { parentPort } = require('node:worker_threads')
      const native = require(${JSON.stringify(addonPath)})
      for (const group of [1, 1, 2]) native.openMonitor(group, 1 << 20, {
        onMessages: (messages) => parentPort.postMessage(messages.length), onOverrun: () => {}, onError: () => {},
      })
      native.openContainer(process.pid).then(async (handle) => {
        handle.onExit(() => {})
        parentPort.postMessage(0)
        for (;;) { handle.look('/dev'); handle.look('/none'); await native.openContainer(process.pid) }
      })`
    const injector = lab.openInjector()
    const round = async (pause: number): Promise<number> => {
      const worker = new Worker(source, { eval: true })
      await new Promise((resolve) => worker.once('message', resolve))
      for (let i = 0; i < 300; i++) injector.send(uevent('/devices/x'))
      await sleep(pause)
      await worker.terminate()
      return readdirSync('/proc/self/fd').length
    }
    const first = await round(0)
    for (let i = 0; i < 12; i++) await round(i)
    // the last threads close what they hold a moment later
    const count = (): number => readdirSync('/proc/self/fd').length
    await until(() => count() <= first)
    return [first, count()]
  })
  expect(counts[1]).toBeLessThanOrEqual(counts[0] ?? 0)
})

test('a process ends when it is told to, whatever is open', async () => {
  const answer = await inNewNetns(async ({ native, recorder }) => {
    native.openMonitor(1, 1 << 20, recorder().listener)
    const handle = await native.openContainer(process.pid)
    handle.onExit(() => undefined)
    void handle.look('/')
    setImmediate(() => process.exit(0))
    return 'still open'
  })
  expect(answer).toBe('still open')
})

test('a handle that is open, but on which nothing waits, does not keep the process alive', async () => {
  expect(
    await inNewNetns(async ({ native }) => (await native.openContainer(process.pid)).pid),
  ).toBeGreaterThan(1)
})
