// udev-proxy as a person runs it: `udev-proxy run --config FILE`, a process of its own.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { ENVIRONMENT } from './command.js'
import { Transcript } from './transcript.js'

export const MAIN = 'dist/cli/main.js'

/** A line of its log; what is no JSON has the level `text`. */
export interface LogLine {
  level: string
  message: string
}

export class Daemon {
  readonly log: Transcript<LogLine>

  private constructor(private readonly child: ChildProcess) {
    this.log = new Transcript('udev-proxy', parseLog)
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) this.log.read(stream)
  }

  /**
   * Starts the daemon and waits until it says that it is ready; rejects with its log when it ends before
   * that. `prefix` is a command line to start it with.
   */
  static async start(configFile: string, prefix: string[] = []): Promise<Daemon> {
    const [program, ...args] = [...prefix, resolve(MAIN), 'run', '--config', configFile]
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ENVIRONMENT,
    })
    const daemon = new Daemon(child)
    const ended = once(child, 'close').then(() => {
      throw new Error(`udev-proxy ended with ${child.exitCode ?? 'a signal'}:\n${daemon.log.text()}`)
    })
    try {
      await Promise.race([daemon.says('info', /^ready/), ended])
    } catch (error) {
      await daemon.stop()
      throw error
    }
    ended.catch(() => undefined)
    return daemon
  }

  get pid(): number {
    return this.child.pid ?? -1
  }

  /** The first line of this level whose message matches, past or to come. */
  async says(level: string, pattern: RegExp): Promise<LogLine> {
    return this.log.until(
      `${level} ${String(pattern)}`,
      (line) => line.level === level && pattern.test(line.message),
    )
  }

  /** Messages of a level so far. */
  messages(level: string): string[] {
    return this.log.entries.filter((line) => line.level === level).map(({ message }) => message)
  }

  /** Ends the daemon as a service manager would, and returns its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    if (!this.hasEnded) this.child.kill(signal)
    return this.end()
  }

  /** The exit code of a daemon that ends by itself; -1 when a signal ended it. */
  async end(): Promise<number> {
    if (!this.hasEnded) await once(this.child, 'exit')
    return this.child.exitCode ?? -1
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }
}

function parseLog(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return { level: 'text', message: line }
  }
}
