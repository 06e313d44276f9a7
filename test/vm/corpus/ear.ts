// A libudev client that listens for the whole of a comparison, on the host or in a container.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ENVIRONMENT } from '../../integration/harness/command.js'
import { until } from '../harness/until.js'
import type { Message } from './facts.js'

/** What devices can be given: the client hears of nothing else. */
const SUBSYSTEMS = ['input', 'hidraw', 'hid']
/** For a process to start, in milliseconds. */
const PATIENCE = 120_000
const OPTIONS = ['--datagram', ...SUBSYSTEMS.flatMap((subsystem) => ['--subsystem', subsystem])]

export class Ear {
  /** Messages by action and devpath, which no two devices of one boot share. */
  private readonly heard = new Map<string, Message[]>()
  /** Lines that are no messages: overflows, and messages that libudev did not accept. */
  readonly mishaps: string[] = []
  private isReady = false
  private readonly process: ChildProcess

  /** Starts the client by a command line; options go behind it. */
  constructor(
    readonly place: string,
    [program = '', ...args]: readonly string[],
    options: readonly string[] = [],
  ) {
    const child = spawn(program, [...args, ...OPTIONS, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ENVIRONMENT,
    })
    this.process = child
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        this.take(line)
      })
  }

  async ready(): Promise<void> {
    await until(`the client ${this.place} to listen`, () => this.isReady, PATIENCE)
  }

  /** All messages of this action and device, in their order. */
  of(action: string, devpath: string): readonly Message[] {
    return this.heard.get(`${action} ${devpath}`) ?? []
  }

  /** Actions that were heard of a device. */
  actionsOf(devpath: string): string[] {
    return [...this.heard.values()].flatMap(([first]) => (first?.devpath === devpath ? [first.action] : []))
  }

  stop(): void {
    this.process.kill()
  }

  private take(line: string): void {
    const entry: unknown = line.startsWith('{') ? JSON.parse(line) : undefined
    if (isMessage(entry)) {
      const key = `${entry.action} ${entry.devpath}`
      this.heard.set(key, [...(this.heard.get(key) ?? []), entry])
    } else if (line === '{"ready":true}') this.isReady = true
    else this.mishaps.push(line)
  }
}

function isMessage(entry: unknown): entry is Message {
  return typeof entry === 'object' && entry !== null && 'datagram' in entry
}
