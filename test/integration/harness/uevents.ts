// The sender of uevents: test/clients/netlink-send.c, kept running.
import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { encodeBytes } from '../../../src/bytes.js'
import type { Uevent } from './pad.js'
import { Transcript } from './transcript.js'

const PROGRAM = '.cache/clients/netlink-send'

export interface Sent {
  /** CLOCK_MONOTONIC just before, in microseconds. */
  clock_us: number
  /** `sent`, or the error. */
  result: string
}

export class UeventSender {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #answers = new Transcript<Sent>('netlink-send', (line) => {
    const [clock = '', ...result] = line.split(' ')
    return { clock_us: Number(clock), result: result.join(' ') }
  })
  #count = 0

  private constructor(commandLine: string[]) {
    const [program = '', ...args] = commandLine
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#answers.read(this.#child.stdout)
  }

  /** Has the kernel broadcast uevents, as UEVENT_SEND does: they come from nl_pid 0. `prefix` is a command line to start it with. */
  static kernel(prefix: string[] = []): UeventSender {
    return new UeventSender([...prefix, resolve(PROGRAM), 'kernel'])
  }

  /** Multicasts datagrams of its own to the kernel's group: they come from a nl_pid that is not 0. */
  static forged(): UeventSender {
    return new UeventSender([PROGRAM, 'forged', '1'])
  }

  /** Multicasts as a udevd does, to those who listen to one. */
  static udevd(): UeventSender {
    return new UeventSender([PROGRAM, 'forged', '2'])
  }

  /** Sends in order, as fast as it goes; resolves when the last one is out. */
  async send(uevents: Uevent[]): Promise<Sent[]> {
    return this.sendRaw(uevents.map(encode))
  }

  async sendRaw(bodies: Buffer[]): Promise<Sent[]> {
    if (bodies.length === 0) return []
    const from = this.#count
    this.#count += bodies.length
    const to = this.#count
    this.#child.stdin.write(bodies.map((body) => `${body.toString('hex')}\n`).join(''))
    await this.#answers.until(`the answer to message ${to}`, () => this.#answers.entries.length >= to)
    const answers = this.#answers.entries.slice(from, to)
    const failed = answers.find(({ result }) => result !== 'sent')
    if (failed !== undefined) throw new Error(`a uevent could not be sent: ${failed.result}`)
    return answers
  }

  close(): void {
    this.#child.stdin.end()
  }
}

/** `action@devpath\0KEY=value\0...`, without SEQNUM: the kernel appends it. */
export function encode({ action, devpath, properties }: Uevent): Buffer {
  const pairs = Object.entries({ ACTION: action, DEVPATH: devpath, ...properties })
  return encodeBytes(
    [`${action}@${devpath}`, ...pairs.map(([key, value]) => `${key}=${value}`), ''].join('\0'),
  )
}
