// The libudev client of test/clients, running in a container.
import type { Container } from './docker-engine.js'
import { Transcript } from './transcript.js'

/**
 * One announcement as the client heard it, with what it found at that moment; see test/clients/libudev-
 * client.c.
 */
export interface Heard {
  clock_us: number
  checked_us: number
  action: string
  devpath: string
  subsystem: string
  devnode: string | null
  node: {
    exists: boolean
    devnum: string
    rdev: string | null
    mode?: string
    uid?: number
    gid?: number
    open_errno: number
  } | null
  record: string | null
  initialized: boolean
  tags: string[]
  properties: Partial<Record<string, string>>
  /** With --usb. */
  usb?: Record<'usb_interface' | 'usb_device', ParentFound | null>
}

/** What the client finds of a device above. */
export interface ParentFound {
  initialized: boolean
  properties: Partial<Record<string, string>>
}

/** A line of the client: an announcement, or something about itself. */
export type ClientLine = Heard | { ready: true } | { lost: true } | { rejected: true } | { text: string }

export class Client {
  constructor(readonly transcript: Transcript<ClientLine>) {}

  /**
   * Starts a client inside and waits until it listens; libudev needs /run/udev/control for that, so this
   * waits for it, too.
   */
  static async start(container: Container, ...options: string[]): Promise<Client> {
    const client = new Client(clientTranscript(container.name))
    container.follow(client.transcript, 'libudev-client', '--wait', ...options)
    await client.ready()
    return client
  }

  /** Reads a client that is the container's first process. */
  static ofLog(container: Container): Client {
    const client = new Client(clientTranscript(container.name))
    container.followLog(client.transcript)
    return client
  }

  async ready(): Promise<void> {
    await this.transcript.until('the client to be ready', (line) => 'ready' in line)
  }

  /** The announcement of `action` for `devpath`, past or to come. */
  async hears(action: string, devpath: string): Promise<Heard> {
    const line = await this.transcript.until(
      `${action} ${devpath}`,
      (entry) => isHeard(entry) && entry.action === action && entry.devpath === devpath,
    )
    return line as Heard
  }

  /** All that was announced so far, in order. */
  get heard(): Heard[] {
    return this.transcript.entries.filter(isHeard)
  }

  /** The same as `add inputN`, for comparing. */
  get summary(): string[] {
    return this.heard.map(({ action, devpath }) => `${action} ${devpath.slice(devpath.lastIndexOf('/') + 1)}`)
  }

  /** Overflows and messages that libudev did not accept; there should be none. */
  get mishaps(): ClientLine[] {
    return this.transcript.entries.filter((line) => 'lost' in line || 'rejected' in line)
  }
}

function clientTranscript(name: string): Transcript<ClientLine> {
  return new Transcript(`client in ${name}`, (line) =>
    line.startsWith('{') ? (JSON.parse(line) as ClientLine) : { text: line },
  )
}

function isHeard(line: ClientLine): line is Heard {
  return 'action' in line
}
