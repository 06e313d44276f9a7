// A real container without an engine, which runs the Python that a test gives it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface TestContainer {
  /** The first process inside, as the host counts. */
  readonly pid: number
  /** Runs Python inside, as its root; resolves to what it leaves in `result`. */
  run(code: string): Promise<unknown>
  /** Ends the first process, and with it the container. */
  end(): Promise<void>
}

/** A line of container.py. */
interface Answer {
  pid?: number
  result?: unknown
  error?: string
}

const program = new URL('container.py', import.meta.url).pathname

/** Starts a container whose root is an empty tmpfs; with `rootUid`, in a user namespace whose root is that id of the host. */
export async function startContainer(rootUid?: number): Promise<TestContainer> {
  const child = spawn('python3', rootUid === undefined ? [program] : [program, String(rootUid)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // the addon may be instrumented; the interpreter is not
    env: { PATH: process.env['PATH'] },
  })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  const answer = async (): Promise<Answer> => {
    const line = await lines.next()
    if (line.done === true) throw new Error('the container has ended')
    const parsed = JSON.parse(line.value) as Answer
    if (parsed.error !== undefined) throw new Error(parsed.error)
    return parsed
  }

  const { pid } = await answer()
  const container: TestContainer = {
    pid: pid ?? 0,
    run: async (code) => {
      child.stdin.write(`${JSON.stringify(code)}\n`)
      return (await answer()).result
    },
    end: async () => {
      child.stdin.end()
      await ended
    },
  }
  // answered when its root is in place
  await container.run('pass')
  return container
}
