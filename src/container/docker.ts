// Docker as a container engine: connect, follow the events, list everything; on any error start over with backoff.
import { statSync } from 'node:fs'
import type Dockerode from 'dockerode'
import { Observable, defer, retry, timer } from 'rxjs'
import { EngineError, EnvironmentError, isSystemError, messageOf } from '../errors.js'
import { loadDockerode } from './dockerode.js'
import type { Container, ContainerEngine, EngineSignal, RunningContainer } from './engine.js'
import { jsonLines } from './json-lines.js'

export const DEFAULT_SOCKET = '/run/docker.sock'
const MAX_BACKOFF = 30_000

/** Events that change what a Container says. */
const EVENTS = ['create', 'start', 'die', 'destroy', 'rename']

/**
 * The path of Docker's socket: of the config, else of DOCKER_HOST, else the usual one. Throws EnvironmentError when DOCKER_HOST names another machine, whose
 * processes can't be reached.
 */
export function dockerSocket(configured: string | undefined, dockerHost: string | undefined): string {
  if (configured !== undefined) return configured
  if (dockerHost === undefined || dockerHost === '') return DEFAULT_SOCKET
  const path = /^unix:\/\/(\/.*)$/.exec(dockerHost)?.[1]
  if (path !== undefined) return path
  throw new EnvironmentError(
    `DOCKER_HOST is ${dockerHost}, but only the Docker Engine of this machine can be served: set it to unix:///path/to/docker.sock, or docker.socket in the config`,
  )
}

export function dockerEngine(socketPath: string): ContainerEngine {
  let failures = 0
  const signals = new Observable<EngineSignal>((subscriber) =>
    defer(() => followOnce(socketPath, () => (failures = 0)))
      .pipe(
        retry({
          delay: (error) => {
            const retryInMs = Math.min(250 * 2 ** failures, MAX_BACKOFF)
            failures++
            subscriber.next({ kind: 'unreachable', error: asEngineError(error, socketPath), retryInMs })
            return timer(retryInMs)
          },
        }),
      )
      .subscribe(subscriber),
  )
  return { name: `docker (${socketPath})`, signals }
}

/** The container of this name, id or beginning of an id; undefined when the engine has none. Throws EngineError when it can't be asked. */
export async function findContainer(socketPath: string, nameOrId: string): Promise<Container | undefined> {
  try {
    const signal = await inspectContainer(connect(socketPath), nameOrId)
    return signal.kind === 'container' ? signal.container : undefined
  } catch (error) {
    throw asEngineError(error, socketPath)
  }
}

function connect(socketPath: string): Dockerode {
  const Docker = loadDockerode()
  return new Docker({ socketPath })
}

/** One connection: errors when it breaks, never completes. */
function followOnce(socketPath: string, onConnected: () => void): Observable<EngineSignal> {
  return new Observable((subscriber) => {
    const abort = new AbortController()
    const follow = async (): Promise<void> => {
      const docker = connect(socketPath)
      // The stream is open before the list is asked for, so that nothing falls between them.
      const events = await docker.getEvents({
        filters: { type: ['container'], event: EVENTS },
        abortSignal: abort.signal,
      })
      events.on('error', () => undefined)
      abort.signal.addEventListener('abort', () =>
        (events as NodeJS.ReadableStream & { destroy(): void }).destroy(),
      )
      subscriber.next({ kind: 'containers', containers: await listContainers(docker) })
      onConnected()
      for await (const event of jsonLines(events)) {
        const id = eventId(event)
        if (id !== undefined) subscriber.next(await inspectContainer(docker, id))
      }
      throw new EngineError('it has closed its event stream')
    }
    follow().catch((error: unknown) => subscriber.error(error))
    return () => abort.abort()
  })
}

async function listContainers(docker: Dockerode): Promise<Container[]> {
  const listed = await docker.listContainers({ all: true })
  const signals = await Promise.all(listed.map(({ Id }) => inspectContainer(docker, Id)))
  return signals.flatMap((signal) => (signal.kind === 'container' ? [signal.container] : []))
}

async function inspectContainer(
  docker: Dockerode,
  id: string,
): Promise<Extract<EngineSignal, { kind: 'container' | 'gone' }>> {
  try {
    const { Id, Name, Config, State } = await docker.getContainer(id).inspect()
    const running = State.Running ? runningContainer(State.Pid, State.StartedAt) : undefined
    const container = { id: Id, name: Name.replace(/^\//, ''), labels: Config.Labels }
    return { kind: 'container', container: running === undefined ? container : { ...container, running } }
  } catch (error) {
    if (isNotFound(error)) return { kind: 'gone', id }
    throw error
  }
}

/** Undefined when the process has ended since the engine looked. */
function runningContainer(pid: number, startedAt: string): RunningContainer | undefined {
  const stat = statSync(`/proc/${pid}/ns/net`, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined) return undefined
  return { pid, startedAt: millisecondsOf(startedAt), netns: `${stat.dev}:${stat.ino}` }
}

/** RFC 3339 with nanoseconds, of which Date.parse keeps three digits: the rest tells two containers apart that started together. */
function millisecondsOf(time: string): number {
  const fraction = /\.\d{3}(\d+)/.exec(time)?.[1] ?? '0'
  return Date.parse(time) + Number(`0.${fraction}`)
}

function eventId(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null || !('id' in event)) return undefined
  return typeof event.id === 'string' ? event.id : undefined
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404
}

function asEngineError(error: unknown, socketPath: string): EngineError {
  if (isSystemError(error, 'ENOENT', 'ECONNREFUSED')) {
    return new EngineError(`Docker does not listen at ${socketPath} (${error.code})`)
  }
  return new EngineError(`Docker at ${socketPath}: ${messageOf(error)}`)
}
