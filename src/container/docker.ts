// Docker as a container engine: connect, follow the events, list everything; on any error start over with backoff.
import { Observable, defer, retry, timer } from 'rxjs'
import { EngineError, EnvironmentError, isSystemError, messageOf } from '../errors.js'
import type { InspectedContainer } from './answers.js'
import { inspectedContainer } from './answers.js'
import type { Container, ContainerEngine, EngineSignal } from './engine.js'
import { Following } from './following.js'
import { connect, inspectContainer } from './requests.js'

export const DEFAULT_SOCKET = '/run/docker.sock'
const MAX_BACKOFF = 30_000

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

/** The engine at `socketPath`. Its containers have those of their labels that are in `labels`, until others are to be read. */
export function dockerEngine(socketPath: string, labels: ReadonlySet<string>): ContainerEngine {
  const current = new Set<Following>()
  let read = labels
  let isMeant: (container: Container) => boolean = () => false
  const signals = new Observable<EngineSignal>((subscriber) => {
    let failures = 0
    const known = new Map<string, Container>()
    const followOnce = (): Observable<never> =>
      new Observable((connection) => {
        const abort = new AbortController()
        const following = new Following({
          docker: connect(socketPath),
          known,
          labels: () => read,
          isMeant: (container) => isMeant(container),
          emit: (signal) => {
            if (!abort.signal.aborted) subscriber.next(signal)
          },
          signal: abort.signal,
        })
        current.add(following)
        following.follow(() => (failures = 0)).catch((error: unknown) => connection.error(error))
        return () => {
          current.delete(following)
          abort.abort()
        }
      })
    return defer(followOnce)
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
      .subscribe(subscriber)
  })
  return {
    name: `docker (${socketPath})`,
    signals,
    readLabels: (wanted) => {
      const isMore = [...wanted].some((label) => !read.has(label))
      read = wanted
      if (isMore) for (const following of current) following.list()
    },
    prefer: (wanted) => (isMeant = wanted),
  }
}

/** The container of this name, id or beginning of an id, without labels; undefined when the engine has none. Throws EngineError when it can't be asked. */
export async function findContainer(
  socketPath: string,
  nameOrId: string,
): Promise<InspectedContainer | undefined> {
  try {
    const answer = await inspectContainer(connect(socketPath), nameOrId)
    if (answer === undefined) return undefined
    const found = inspectedContainer(answer, new Set())
    if ('problem' in found) throw new EngineError(`container ${nameOrId}: ${found.problem}`)
    return found
  } catch (error) {
    throw asEngineError(error, socketPath)
  }
}

function asEngineError(error: unknown, socketPath: string): EngineError {
  if (isSystemError(error, 'ENOENT', 'ECONNREFUSED')) {
    return new EngineError(
      `Docker does not listen at ${socketPath} (${error.code}): start it, or set docker.socket in the config`,
    )
  }
  return new EngineError(`Docker at ${socketPath}: ${messageOf(error)}`)
}
