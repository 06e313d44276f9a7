import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect, followEvents, inspectContainer, listContainers } from '../../../src/container/requests.js'
import { RAW_ANSWERS } from '../../integration/harness/raw-answers.js'

/** What the engine does with a connection that has asked. */
let answer: (socket: Socket) => void
let server: Server
let directory: string
let asked: string[]
let connections: Set<Socket>
const socketPath = (): string => join(directory, 'engine.sock')
const docker = () => connect(socketPath())

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'udev-proxy-requests-'))
  asked = []
  connections = new Set()
  server = createServer((socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      asked.push(bytes.toString().split('\r\n')[0] ?? '')
      answer(socket)
    })
  })
  server.listen(socketPath())
  await once(server, 'listening')
})

afterEach(() => {
  server.close()
  for (const socket of connections) socket.destroy()
  rmSync(directory, { recursive: true })
})

/** The three requests, each until it has an end. */
const REQUESTS: Record<string, () => Promise<unknown>> = {
  list: () => listContainers(docker(), (entry) => entry),
  inspect: () => inspectContainer(docker(), 'retro'),
  events: async () => {
    const abort = new AbortController()
    const all: unknown[] = []
    try {
      for await (const event of await followEvents(docker(), ['start'], abort.signal)) all.push(event)
      throw new Error('it has ended')
    } finally {
      abort.abort()
    }
  },
}

it('asks what Docker and Podman understand', async () => {
  answer = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]')
  expect(await listContainers(docker(), (entry) => entry)).toEqual([])
  expect(await inspectContainer(docker(), 'a b')).toEqual([])
  await followEvents(docker(), ['start', 'die'], new AbortController().signal)
  expect(asked.map((line) => decodeURIComponent(line))).toEqual([
    'GET /containers/json?all=true HTTP/1.1',
    'GET /containers/a b/json HTTP/1.1',
    'GET /events?filters={"type":["container"],"event":["start","die"]} HTTP/1.1',
  ])
})

describe.each(Object.keys(REQUESTS))('%s', (name) => {
  const request = REQUESTS[name] ?? (() => expect.fail())

  it.each(Object.keys(RAW_ANSWERS))('fails when the answer is %s', async (what) => {
    answer = (socket) => socket.end(Buffer.from(RAW_ANSWERS[what] ?? '', 'latin1'))
    await expect(request()).rejects.toThrow(Error)
    expect(asked).toHaveLength(1)
  })

  it('fails, or has a value, for whatever bytes', { timeout: 60_000 }, async () => {
    const line = fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.1 101 X', 'HTTP/1.1 302 X', 'HTTP/1.0 200 OK')
    const header = fc.constantFrom(
      'Location: http://[',
      'Upgrade: x',
      'Connection: upgrade',
      'Connection: keep-alive',
      'Transfer-Encoding: chunked',
      'Content-Length: 3',
      'Trailer: X',
    )
    const noise = fc.string({ unit: 'binary', maxLength: 40 })
    const text = fc
      .tuple(line, fc.array(fc.oneof(header, noise), { maxLength: 5 }), noise)
      .map(([first, headers, body]) => `${[first, ...headers].join('\r\n')}\r\n\r\n${body}`)
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (bytes, isReset) => {
        answer = (socket) => {
          if (isReset) socket.write(bytes, () => socket.destroy())
          else socket.end(bytes)
        }
        const outcome = await request().catch((error: unknown) => error)
        expect(outcome).not.toBeInstanceOf(TypeError)
      }),
      { numRuns: 300 },
    )
  })
})

it('leaves no connection open, whatever became of a request', async () => {
  const abort = new AbortController()
  abort.abort()
  answer = (socket) => socket.write('HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\n')
  expect(await inspectContainer(docker(), 'retro')).toBeUndefined()
  answer = (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n')
  const following = new AbortController()
  await followEvents(docker(), ['start'], following.signal)
  following.abort()
  await expect(followEvents(docker(), ['start'], abort.signal)).rejects.toThrow()
  await expect.poll(() => connections.size).toBe(0)
})
