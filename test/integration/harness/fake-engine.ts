// An engine that answers whatever a test wants, at a socket of its own.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'

export interface FakeContainer {
  id: string
  name: string
  pid: number
  startedAt: string
  labels: unknown
}

/** Answers a request itself, or returns false. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => boolean

export class FakeEngine {
  readonly containers: FakeContainer[] = []
  /** Called first. */
  answer: Answer = () => false
  private readonly server: Server
  private readonly streams = new Set<ServerResponse>()

  private constructor(readonly socket: string) {
    this.server = createServer((request, response) => this.respond(request, response))
  }

  static async start(socket: string): Promise<FakeEngine> {
    const engine = new FakeEngine(socket)
    engine.server.listen(socket)
    await once(engine.server, 'listening')
    return engine
  }

  /** A container that the engine says runs, as the process `pid`. */
  add(name: string, pid: number, given: Partial<FakeContainer> = {}): FakeContainer {
    const id = randomBytes(32).toString('hex')
    const container = { id, name, pid, startedAt: new Date().toISOString(), labels: {}, ...given }
    this.containers.push(container)
    return container
  }

  event(Action: string, { id }: Pick<FakeContainer, 'id'>): void {
    this.say(`${JSON.stringify({ Type: 'container', Action, id, Actor: { ID: id } })}\n`)
  }

  /** Writes to the streams of events. */
  say(text: string | Buffer): void {
    for (const stream of this.streams) stream.write(text)
  }

  get openStreams(): number {
    return this.streams.size
  }

  /** Ends the streams of events: whoever follows them begins anew. */
  endStreams(): void {
    for (const stream of this.streams) stream.end()
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private respond(request: IncomingMessage, response: ServerResponse): void {
    if (this.answer(request, response)) return
    const url = request.url ?? ''
    if (url.startsWith('/events')) {
      response.writeHead(200)
      response.flushHeaders()
      this.streams.add(response)
      response.on('close', () => this.streams.delete(response))
      return
    }
    if (url.startsWith('/containers/json')) {
      response.end(JSON.stringify(this.containers.map(listed)))
      return
    }
    const asked = decodeURIComponent(/^\/containers\/([^/]+)\/json/.exec(url)?.[1] ?? '')
    const container = this.containers.find(({ id, name }) => asked === id || asked === name)
    if (container === undefined) response.writeHead(404)
    response.end(
      JSON.stringify(container === undefined ? { message: 'No such container' } : inspected(container)),
    )
  }
}

export function listed({ id, name, labels, pid }: FakeContainer): object {
  return { Id: id, Names: [`/${name}`], Labels: labels, State: pid === 0 ? 'exited' : 'running' }
}

export function inspected({ id, name, labels, pid, startedAt }: FakeContainer): object {
  return {
    Id: id,
    Name: `/${name}`,
    Config: { Labels: labels },
    State: { Running: pid !== 0, Pid: pid, StartedAt: startedAt },
    HostConfig: { NetworkMode: 'none' },
  }
}
