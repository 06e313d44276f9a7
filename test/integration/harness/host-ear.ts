// A udev client of the host, as far as its ear goes.
import { GROUP_UDEV, native } from '../../../src/native.js'
import { decodeMessage } from '../../../src/udev/message.js'

export class HostEar {
  /** All that was announced, for instance `add /devices/virtual/input/input7`. */
  readonly heard: string[] = []
  private readonly socket = native.openMonitor(GROUP_UDEV, 1 << 20, {
    onMessages: (messages) => {
      for (const message of messages) {
        const said = decodeMessage(message)
        this.heard.push(`${said?.get('ACTION') ?? '?'} ${said?.get('DEVPATH') ?? '?'}`)
      }
    },
    onOverrun: () => undefined,
    onError: (error) => {
      throw error
    },
  })

  /** What was announced at and below these devpaths, sorted. */
  of(...devpaths: string[]): string[] {
    const isOf = (line: string) => devpaths.some((devpath) => `${line}/`.includes(` ${devpath}/`))
    return this.heard.filter(isOf).toSorted()
  }

  stop(): void {
    this.socket.close()
  }
}
