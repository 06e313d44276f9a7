// The names and labels of an engine's containers, for a tool that can do without them.
import { request } from 'node:http'
import type { Container } from './engine.js'

type Known = Pick<Container, 'name' | 'labels'>

/** Names take some hundred bytes each, with all that the engine says besides. */
const MAX_BYTES = 16 * 1024 * 1024

/** Names and labels of all containers, running or not; undefined when the engine does not give them within `patience` milliseconds, for whatever reason. */
export async function knownContainers(socketPath: string, patience: number): Promise<Known[] | undefined> {
  const text = await new Promise<string | undefined>((resolve) => {
    const give = request(
      { socketPath, path: '/containers/json?all=1', signal: AbortSignal.timeout(patience) },
      (answer) => {
        const chunks: Buffer[] = []
        let length = 0
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length > MAX_BYTES) give.destroy(new Error('too much'))
          else chunks.push(chunk)
        })
        answer.on('end', () =>
          resolve(answer.statusCode === 200 ? Buffer.concat(chunks).toString() : undefined),
        )
        answer.on('error', () => resolve(undefined))
      },
    )
    give.on('error', () => resolve(undefined))
    give.end()
  })
  return text === undefined ? undefined : knownIn(text)
}

function knownIn(text: string): Known[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    if (!Array.isArray(list)) return undefined
    return list.flatMap((container: unknown) => {
      if (typeof container !== 'object' || container === null || !('Names' in container)) return []
      const labels = 'Labels' in container ? textsOf(container.Labels) : {}
      return Object.values(textsOf(container.Names)).map((name) => ({
        name: name.replace(/^\//, ''),
        labels,
      }))
    })
  } catch {
    return undefined
  }
}

/** The values that are texts, whatever the engine says besides. */
function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
