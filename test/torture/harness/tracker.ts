// Trackers (test/clients/tracker.c) in containers: each is its container's first process, and connects to a socket of the test's.
import { rmSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { holds } from './settles.js'

export interface TrackerCounts {
  /** What may still turn out to be a violation. */
  suspicions: number
  adds: number
  removes: number
  others: number
  /** Overflows of its socket: what it tells is not to be trusted then. */
  lost: number
}

export interface TrackerState extends TrackerCounts {
  devices: { devpath: string; devnode: string | null; rdev: string | null; announced: boolean }[]
  violations: string[]
  input: string[]
  data: string[]
  recent: string[]
}

/** Of one container, whichever run it is in. */
export class Tracker {
  private readonly path: string
  private readonly server: Server
  private socket: Socket | undefined
  private isReady = false
  private answer: ((line: string) => void) | undefined

  /** `directory` is a volume of the container. */
  constructor(
    private readonly directory: string,
    private readonly name: string,
  ) {
    this.path = join(directory, `${name}.sock`)
    rmSync(this.path, { force: true })
    this.server = createServer((socket) => this.take(socket)).listen(this.path)
  }

  /** What the container's first process is, and the arguments of `docker run` that it needs. */
  get container(): { args: string[]; command: string[] } {
    return {
      // To listen with a receive buffer that loses nothing, and to enumerate the tests' devices.
      args: ['--cap-add', 'NET_ADMIN', '-v', '/sys:/sys:ro', '-v', `${this.directory}:/trackers`],
      command: ['tracker', `/trackers/${this.name}.sock`],
    }
  }

  /** The container is about to be started: what was heard of before is over. */
  expect(): void {
    this.socket?.destroy()
    this.socket = undefined
    this.isReady = false
  }

  /** Waits until it listens to announcements. */
  async ready(patience?: number): Promise<void> {
    await holds(`the tracker in ${this.name} to listen`, () => this.isReady, patience)
  }

  /** Its state, after all that was announced so far. */
  async state(): Promise<TrackerState> {
    return JSON.parse(await this.ask('list')) as TrackerState
  }

  /** Its state in short, where that may be long; `count` is of its devices. */
  async counts(): Promise<TrackerCounts & { count: number }> {
    return JSON.parse(await this.ask('count')) as TrackerCounts & { count: number }
  }

  close(): void {
    this.socket?.destroy()
    this.server.close()
  }

  private async ask(question: string): Promise<string> {
    const { socket } = this
    if (socket === undefined || !this.isReady) throw new Error(`no tracker listens in ${this.name}`)
    return new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the tracker in ${this.name} does not answer`)), 10_000)
      this.answer = (text) => {
        clearTimeout(timer)
        resolve(text)
      }
      socket.write(`${question}\n`)
    })
  }

  private take(socket: Socket): void {
    this.socket = socket
    this.isReady = false
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.socket === socket) this.socket = undefined
    })
    createInterface({ input: socket }).on('line', (line) => {
      if (this.socket !== socket) return
      if (line === '{"ready":true}') this.isReady = true
      else this.answer?.(line)
    })
  }
}
