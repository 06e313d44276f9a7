// A container with very many sockets in its network namespace, of which the kernel makes a list of megabytes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished } from 'vitest'
import { test } from './harness/rig.js'

const SOCKETS = 80_000
/** Socket pairs, in as many processes as their limit of open files asks for, until stdin ends. */
const PAIRS = `
import os, resource, socket, sys
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
wanted = int(sys.argv[1])
while True:
  mine = min(wanted, limit - 100)
  pairs = [socket.socketpair() for _ in range(mine // 2)]
  wanted -= mine
  if wanted <= 0: break
  if os.fork() > 0: break
  pairs = None
if wanted <= 0: print('open', flush=True)
sys.stdin.read()`

/** Bytes that a process has read so far, all of its threads, or its main thread alone (proc_pid_io(5)). */
function bytesRead(pid: number, thread?: 'main'): number {
  const path = thread === 'main' ? `/proc/${pid}/task/${pid}/io` : `/proc/${pid}/io`
  return Number(/^rchar: (\d+)/.exec(readFileSync(path, 'utf8'))?.[1])
}

test('80,000 sockets are looked through beside the main thread, and a neighbour is served meanwhile', async ({
  rig,
}) => {
  const daemon = await rig.daemon(
    `  - { name: one, match: { name: "Pad" }, container: sockets-few }
  - { name: two, match: { name: "Other" }, container: sockets-many }`,
  )
  const { client } = await rig.player('sockets-few')
  const many = await rig.container('sockets-none', ['--tmpfs', '/run'])
  // What a udevd has left that runs no more: who looks for it reads the list to its end.
  const listen = 'unix-listener /run/udev/control & until [ -e /run/udev/control ]; do sleep 0.1; done'
  await many.shell(`mkdir -p /run/udev/data; ${listen}; kill $!`)
  const pid = await many.pid()
  const args = [`--net=/proc/${pid}/ns/net`, 'python3', '-c', PAIRS, String(SOCKETS)]
  const holder = spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(holder, 'exit')
  onTestFinished(async () => {
    holder.stdin.end()
    await ended
  })
  await Promise.race([once(holder.stdout, 'data'), ended])
  const list = readFileSync(`/proc/${pid}/net/unix`).length
  expect(list).toBeGreaterThan(SOCKETS * 40)

  const before = { all: bytesRead(daemon.pid), main: bytesRead(daemon.pid, 'main') }
  const [pad, other] = [rig.pad({ name: 'Pad' }), rig.pad({ name: 'Other' })]
  await rig.engine.docker('rename', many.name, 'sockets-many')
  await rig.plug(other, pad)
  await client.hears('add', pad.event)
  await daemon.says('warn', /not attached to sockets-many.*\/run\/udev/)

  expect(bytesRead(daemon.pid) - before.all).toBeGreaterThan(list)
  expect(bytesRead(daemon.pid, 'main') - before.main).toBeLessThan(list / 4)
  expect(daemon.messages('error')).toEqual([])
  await rig.engine.docker('rename', 'sockets-many', many.name)
})
