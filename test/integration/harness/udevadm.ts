// `udevadm monitor --udev --property` in a container.
import type { Container } from './docker-engine.js'
import { Transcript } from './transcript.js'

export interface Block {
  /** `add /devices/virtual/input/input7 (input)` */
  title: string
  properties: Partial<Record<string, string>>
}

export class UdevadmMonitor {
  private constructor(readonly transcript: Transcript<Block>) {}

  /** Starts it and waits until it listens; /run/udev/control must be there. */
  static async start(container: Container): Promise<UdevadmMonitor> {
    const transcript = new Transcript(`udevadm in ${container.name}`, blockParser())
    container.follow(transcript, 'udevadm', 'monitor', '--udev', '--property')
    await transcript.until('its first lines', ({ title }) => title.startsWith('monitor will print'))
    return new UdevadmMonitor(transcript)
  }

  async prints(title: string): Promise<Block> {
    return this.transcript.until(title, (block) => block.title === title)
  }

  get titles(): string[] {
    return this.transcript.entries.slice(1).map(({ title }) => title)
  }
}

/**
 * Blocks end with an empty line. The first one says what is monitored, and is printed when the socket is
 * bound.
 */
function blockParser(): (line: string) => Block | undefined {
  let lines: string[] = []
  return (line) => {
    if (line !== '') {
      lines.push(line)
      return undefined
    }
    const [title = '', ...pairs] = lines
    lines = []
    return {
      title: title.replace(/^UDEV +\[[\d.]+\] +/, '').replace(/ +/, ' '),
      properties: Object.fromEntries(
        pairs.map((pair) => [pair.replace(/=.*/, ''), pair.replace(/^[^=]*=/, '')]),
      ),
    }
  }
}
