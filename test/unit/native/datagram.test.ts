import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { native } from '../../../src/native.js'

interface Received {
  length: number
  text: string
  /** What came as a descriptor: its size, its first bytes, and F_GET_SEALS. */
  memory?: { size: number; text: string; seals: number }
}

/** Node has no unix datagrams: a receiver in Python, which prints what it got. */
const RECEIVER = `
import fcntl, json, os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1].replace('@', chr(0), 1))
print(flush=True)
for turn in range(int(sys.argv[2])):
  data, fds, flags, sender = socket.recv_fds(receiver, 1 << 20, 1)
  result = {'length': len(data), 'text': data[:20].decode()}
  for fd in fds:
    os.lseek(fd, 0, 0)
    result['memory'] = {'size': os.fstat(fd).st_size, 'text': os.read(fd, 20).decode(), 'seals': fcntl.fcntl(fd, 1034)}
  print(json.dumps(result), flush=True)
`

async function receive(path: string, send: () => void): Promise<Received> {
  const child = spawn('python3', ['-c', RECEIVER, path, '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  })
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  send()
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return JSON.parse(line.toString()) as Received
}

function socketPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'udev-proxy-datagram-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'socket')
}

const large = Buffer.alloc(4 << 20, 'large ')

test('a datagram arrives at a path', async () => {
  const path = socketPath()
  expect(await receive(path, () => native.sendDatagram(path, Buffer.from('READY=1'), false))).toEqual({
    length: 7,
    text: 'READY=1',
  })
})

test('a datagram arrives at an abstract name', async () => {
  const name = `@udev-proxy-${String(process.pid)}`
  expect(await receive(name, () => native.sendDatagram(name, Buffer.from('x'), true))).toEqual({
    length: 1,
    text: 'x',
  })
})

test('what is too large for a datagram travels as a sealed memfd', async () => {
  const path = socketPath()
  expect(await receive(path, () => native.sendDatagram(path, large, true))).toEqual({
    length: 0,
    text: '',
    // F_SEAL_SEAL, SHRINK, GROW, WRITE
    memory: { size: large.length, text: large.toString('utf8', 0, 20), seals: 15 },
  })
})

test('without memfd it is EMSGSIZE', async () => {
  const path = socketPath()
  await receive(path, () => {
    expect(() => native.sendDatagram(path, large, false)).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE', syscall: 'sendmsg', path }) as Error,
    )
    native.sendDatagram(path, Buffer.from('end'), false)
  })
})

test('nobody there, or a name that no socket can have, says so', () => {
  expect(() => native.sendDatagram('/nowhere/socket', Buffer.from('x'), true)).toThrow(
    "ENOENT: no such file or directory, sendmsg '/nowhere/socket'",
  )
  expect(() => native.sendDatagram(`/${'x'.repeat(200)}`, Buffer.from('x'), true)).toThrow('ENAMETOOLONG')
  expect(() => native.sendDatagram(`@${'x'.repeat(107)}`, Buffer.from('x'), true)).toThrow('ECONNREFUSED')
})

test('a receiver that does not read is EAGAIN, not a wait', async () => {
  const path = socketPath()
  const child = spawn(
    'python3',
    ['-c', `${RECEIVER.split('for turn')[0] ?? ''}\nimport time; time.sleep(60)`, path],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    },
  )
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  expect(() => {
    for (;;) native.sendDatagram(path, Buffer.from('x'), false)
  }).toThrow(expect.objectContaining({ code: 'EAGAIN' }) as Error)
})
