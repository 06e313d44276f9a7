// The names of an engine's containers, for a tool that can do without them.
import { request } from 'node:http'

/** Names take some hundred bytes each, with all that the engine says besides. */
const MAX_BYTES = 16 * 1024 * 1024

/** The names of all containers, running or not; undefined when the engine does not give them within `patience` milliseconds, for whatever reason. */
export async function containerNames(socketPath: string, patience: number): Promise<string[] | undefined> {
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
  return text === undefined ? undefined : namesIn(text)
}

function namesIn(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    if (!Array.isArray(list)) return undefined
    return list.flatMap((container: unknown) => {
      const names: unknown =
        typeof container === 'object' && container !== null && 'Names' in container ? container.Names : []
      return Array.isArray(names)
        ? names.flatMap((name: unknown) => (typeof name === 'string' ? [name.replace(/^\//, '')] : []))
        : []
    })
  } catch {
    return undefined
  }
}
