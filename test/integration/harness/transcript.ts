// What a process says, line by line, as a test can wait for it.
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

const PATIENCE = 15_000

interface Waiter<Entry> {
  matches: (entry: Entry) => boolean
  resolve: (entry: Entry) => void
}

/** Everything that was read so far, and what is still to come. */
export class Transcript<Entry> {
  readonly entries: Entry[] = []
  readonly #waiters = new Set<Waiter<Entry>>()

  /** `parse` makes an entry of a line; undefined leaves the line out. */
  constructor(
    readonly title: string,
    private readonly parse: (line: string) => Entry | undefined,
  ) {}

  /** Reads a stream to its end; several may be read into one transcript. */
  read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      const entry = this.parse(line)
      if (entry !== undefined) this.#add(entry)
    })
  }

  /**
   * The first entry that matches, be it there already or yet to come; rejects after `patience`
   * milliseconds, with all that was said instead.
   */
  async until(what: string, matches: (entry: Entry) => boolean, patience = PATIENCE): Promise<Entry> {
    const found = this.entries.find(matches)
    if (found !== undefined) return found
    return new Promise((resolve, reject) => {
      const waiter: Waiter<Entry> = {
        matches,
        resolve: (entry) => {
          clearTimeout(timer)
          this.#waiters.delete(waiter)
          resolve(entry)
        },
      }
      this.#waiters.add(waiter)
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        reject(
          new Error(`${this.title}: waited ${patience / 1000} s for ${what}, and read only:\n${this.text()}`),
        )
      }, patience)
    })
  }

  text(): string {
    return this.entries.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry))).join('\n')
  }

  #add(entry: Entry): void {
    this.entries.push(entry)
    for (const waiter of [...this.#waiters]) if (waiter.matches(entry)) waiter.resolve(entry)
  }
}
