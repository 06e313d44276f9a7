// `udev-proxy monitor`, kept running until a test has read enough.
import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { ENVIRONMENT } from './command.js'
import { MAIN } from './daemon.js'
import { Transcript } from './transcript.js'

export class Monitor {
  readonly out = new Transcript('udev-proxy monitor', (line) => line)
  readonly err = new Transcript('udev-proxy monitor, stderr', (line) => line)

  private constructor(private readonly child: ChildProcessByStdio<null, Readable, Readable>) {
    this.out.read(child.stdout)
    this.err.read(child.stderr)
  }

  /** Starts it in its usual layout, and waits until it listens. */
  static async start(...args: string[]): Promise<Monitor> {
    const monitor = Monitor.spawn(args)
    // A machine that is busy takes its time to load it.
    const isFirst = (line: string): boolean => line.startsWith('monitor will print')
    await monitor.out.until('its first lines', isFirst, 45_000)
    return monitor
  }

  /** Starts it without waiting: JSON has no first lines. */
  static spawn(args: string[]): Monitor {
    return new Monitor(
      spawn(MAIN, ['monitor', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT }),
    )
  }

  async prints(pattern: RegExp): Promise<string> {
    return this.out.until(String(pattern), (line) => pattern.test(line))
  }

  async tells(pattern: RegExp): Promise<string> {
    return this.err.until(String(pattern), (line) => pattern.test(line))
  }

  /** Waits until it has ended by itself, and returns its exit code. */
  async ended(): Promise<number> {
    if (this.child.exitCode === null) await once(this.child, 'exit')
    return this.child.exitCode ?? -1
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.child.kill(signal)
    return this.ended()
  }
}
