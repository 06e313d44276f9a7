// A libudev client, as the benchmark reads it: it writes to a file, so that nothing runs but what is measured.
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

interface Line {
  action: string
  devpath: string
  checked_us: number
  node: { exists: boolean } | null
}

export class Watcher {
  /** CLOCK_MONOTONIC in microseconds when the client had received and looked, by `action devpath`. */
  readonly #seen = new Map<string, Line>()
  readonly #fd: number
  readonly #chunk = Buffer.alloc(1 << 16)
  #rest = ''

  private constructor(path: string) {
    this.#fd = openSync(path, 'r')
  }

  /** Waits until the client that writes to `path` listens: that is its first line. */
  static async of(path: string): Promise<Watcher> {
    for (let attempt = 0; attempt < 1500; attempt++) {
      if (existsSync(path) && statSync(path).size > 0) return new Watcher(path)
      await pause(10)
    }
    throw new Error(`${path}: the client did not listen within 15 s`)
  }

  /**
   * When the client had stat'ed the node of each of these, in microseconds; rejects when one is not announced
   * within 5 s.
   */
  async until(action: string, devpaths: string[]): Promise<number[]> {
    for (let attempt = 0; attempt < 2500; attempt++) {
      this.#read()
      const lines = devpaths.map((devpath) => this.#seen.get(`${action} ${devpath}`))
      if (lines.every((line) => line !== undefined)) {
        for (const { node, devpath } of lines) {
          if (node !== null && node.exists !== (action === 'add'))
            throw new Error(`${devpath}: ${action}, and the node is wrong`)
        }
        return lines.map(({ checked_us }) => checked_us)
      }
      await pause(2)
    }
    const missing = devpaths.filter((devpath) => !this.#seen.has(`${action} ${devpath}`))
    throw new Error(
      `${missing.length} of ${devpaths.length} were not announced: ${action} ${missing[0] ?? ''}`,
    )
  }

  close(): void {
    closeSync(this.#fd)
  }

  #read(): void {
    for (;;) {
      const length = readSync(this.#fd, this.#chunk)
      if (length === 0) return
      const lines = (this.#rest + this.#chunk.toString('utf8', 0, length)).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const text of lines) {
        const line = JSON.parse(text) as Line | { ready: true }
        if ('action' in line) this.#seen.set(`${line.action} ${line.devpath}`, line)
      }
    }
  }
}
