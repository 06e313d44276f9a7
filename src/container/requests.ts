// Requests to the engine, by dockerode's connection: each has a time limit, and no answer is kept beyond a size.
import type { IncomingMessage } from 'node:http'
import type Dockerode from 'dockerode'
import { EngineError } from '../errors.js'
import { loadDockerode } from './dockerode.js'
import { jsonArray } from './json-array.js'
import { jsonLines } from './json-lines.js'
import type { JsonPiece } from './piece.js'

/** How long the engine may take for an answer, in milliseconds. */
export const TIMEOUT = 10_000
/** Of one container. */
const MAX_ANSWER = 4 * 1024 * 1024
/** Of the list of all containers, of which no more is kept than its entries one by one; and how many these may be. */
const MAX_LIST = 512 * 1024 * 1024
const MAX_CONTAINERS = 16_384
/** Of an error, whose message is for people. */
const MAX_ERROR = 16 * 1024

/** What dockerode hands its requests to. */
interface Modem {
  dial(
    request: {
      path: string
      method: 'GET'
      options: Record<string, unknown>
      abortSignal: AbortSignal
      isStream: true
      statusCodes: Readonly<Record<number, true>>
    },
    callback: (error: unknown, response: IncomingMessage | null) => void,
  ): void
}

/** Every status is looked at here: of an error that dockerode knows it reads the body to its end, however far that is. */
const ANY_STATUS = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [index + 100, true as const]))

/** The engine at a socket, whatever DOCKER_HOST says. */
export function connect(socketPath: string): Dockerode {
  const Docker = loadDockerode()
  return new Docker({ socketPath, host: undefined, protocol: 'http' })
}

/** What `read` makes of each entry of the list of all containers: of an entry nothing else is kept. */
export async function listContainers<T>(
  docker: Dockerode,
  read: (entry: JsonPiece) => T,
  signal?: AbortSignal,
): Promise<T[]> {
  return within(signal, async (limited) => {
    const response = await open(docker, '/containers/json?', { all: true }, limited)
    const entries: T[] = []
    for await (const entry of jsonArray(upTo(MAX_LIST, response), MAX_ANSWER)) {
      entries.push(read(entry))
      if (entries.length > MAX_CONTAINERS)
        throw new EngineError(`its list has more than ${MAX_CONTAINERS} containers`)
    }
    return entries
  })
}

/** The chunks of a response. Throws EngineError when they have more than `limit` bytes. */
async function* upTo(limit: number, response: IncomingMessage): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new EngineError(`its list of containers has more than ${limit} bytes`)
    yield chunk
  }
}

/** What the engine says of a container; undefined when it has none of that name or id. */
export async function inspectContainer(
  docker: Dockerode,
  nameOrId: string,
  signal?: AbortSignal,
): Promise<unknown> {
  return within(signal, async (limited) => {
    const path = `/containers/${encodeURIComponent(nameOrId)}/json?`
    const response = await open(docker, path, {}, limited, 404)
    if (response.statusCode === 404) {
      response.destroy()
      return undefined
    }
    const body = await bodyOf(response, MAX_ANSWER)
    if (body === undefined) throw new EngineError(`its answer has more than ${MAX_ANSWER} bytes`)
    try {
      return JSON.parse(body) as unknown
    } catch {
      throw new EngineError('its answer is no JSON')
    }
  })
}

/** Events of containers, from now on until `signal` aborts it; only to be there in time is limited. */
export async function followEvents(
  docker: Dockerode,
  events: readonly string[],
  signal: AbortSignal,
): Promise<AsyncIterable<JsonPiece>> {
  const opened = new AbortController()
  const response = await within(signal, async (limited) => {
    const abort = (): void => opened.abort()
    limited.addEventListener('abort', abort)
    if (limited.aborted) abort()
    const filters = { type: ['container'], event: events }
    const found = await open(docker, '/events?', { filters }, opened.signal)
    limited.removeEventListener('abort', abort)
    return found
  })
  signal.addEventListener('abort', () => response.destroy())
  if (signal.aborted) response.destroy()
  return jsonLines(response)
}

/** Runs `request` with a signal that aborts it when its time is over, or with `signal`. */
async function within<T>(
  signal: AbortSignal | undefined,
  request: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = new AbortController()
  const late = new EngineError(`it has not answered within ${TIMEOUT / 1000} s`)
  const timer = setTimeout(() => limited.abort(late), TIMEOUT)
  const abort = (): void => limited.abort()
  signal?.addEventListener('abort', abort)
  try {
    if (signal?.aborted === true) abort()
    return await request(limited.signal)
  } catch (error) {
    throw limited.signal.reason === late ? late : error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** The response of a request that has succeeded, or has `otherStatus`. Throws EngineError for every other one: a redirect is not followed. */
async function open(
  docker: Dockerode,
  path: string,
  options: Record<string, unknown>,
  abortSignal: AbortSignal,
  otherStatus?: number,
): Promise<IncomingMessage> {
  const modem = docker.modem as Modem
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = {
      path,
      options,
      abortSignal,
      method: 'GET',
      isStream: true,
      statusCodes: ANY_STATUS,
    } as const
    modem.dial(request, (error, found) => {
      if (found === null) reject(error instanceof Error ? error : new EngineError(String(error)))
      else resolve(found)
    })
  })
  // Whoever reads it is told; nobody else needs to know.
  response.on('error', () => undefined)
  const { statusCode = 0 } = response
  if (statusCode === 200 || statusCode === otherStatus) return response
  const body = (await bodyOf(response, MAX_ERROR)) ?? ''
  throw new EngineError(`it answers with status ${statusCode}${messageIn(body)}`)
}

/** Undefined when it has more than `limit` bytes. */
async function bodyOf(response: IncomingMessage, limit: number): Promise<string | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    // Leaving the loop destroys the response, and its connection.
    if (size > limit) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function messageIn(body: string): string {
  try {
    const answer: unknown = JSON.parse(body)
    if (
      typeof answer === 'object' &&
      answer !== null &&
      'message' in answer &&
      typeof answer.message === 'string'
    )
      return `: ${answer.message.slice(0, 200)}`
  } catch {
    // It is for people, and may be anything.
  }
  return ''
}
