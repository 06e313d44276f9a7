// Between the daemon and Docker's socket: cuts the stream of events after so many bytes of it.
import { rmSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { createConnection, createServer } from 'node:net'

export class DockerProxy {
  /** How often a stream of events was cut. */
  cuts = 0
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private readonly streams = new Set<Socket>()
  private budget = Number.POSITIVE_INFINITY

  constructor(
    readonly path: string,
    private readonly target: string,
  ) {
    rmSync(path, { force: true })
    this.server = createServer((client) => this.pass(client)).listen(path)
  }

  /** Streams that are open, once their first answer has come. */
  get openStreams(): number {
    return this.streams.size
  }

  /** The stream that is open now breaks after `bytes` more of it. */
  cutAfter(bytes: number): void {
    this.budget = bytes
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
  }

  private pass(client: Socket): void {
    const engine = createConnection(this.target)
    let isStream = false
    for (const socket of [client, engine]) {
      this.sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.sockets.delete(socket)
        this.streams.delete(client)
        client.destroy()
        engine.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => {
      if (/^GET [^ ]*\/events/.test(chunk.toString('latin1'))) isStream = true
      engine.write(chunk)
    })
    engine.on('data', (chunk: Buffer) => {
      if (!isStream) {
        client.write(chunk)
        return
      }
      this.streams.add(client)
      if (chunk.length < this.budget) {
        this.budget -= chunk.length
        client.write(chunk)
        return
      }
      const last = chunk.subarray(0, this.budget)
      this.budget = Number.POSITIVE_INFINITY
      this.cuts++
      this.streams.delete(client)
      client.end(last, () => client.destroy())
      engine.destroy()
    })
  }
}
