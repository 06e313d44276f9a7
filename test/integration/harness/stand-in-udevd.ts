// A udevd as far as its messages go: it hears the kernel, and broadcasts what the test has it say.
import type { Uevent } from '../../../src/kernel/uevent.js'
import { parseUevent } from '../../../src/kernel/uevent.js'
import type { MonitorSocket } from '../../../src/native.js'
import { GROUP_KERNEL, native } from '../../../src/native.js'
import { encodeMessage } from '../../../src/udev/message.js'
import { UeventSender } from './uevents.js'

/** What is said of an event, beside what the kernel has said; undefined for silence. */
export type Answer = (uevent: Uevent) => Record<string, string> | undefined

export class StandInUdevd {
  readonly #sender = UeventSender.udevd()
  readonly #socket: MonitorSocket
  /** Events of the kernel, in order. */
  readonly heard: Uevent[] = []

  constructor(answer: Answer) {
    this.#socket = native.openMonitor(GROUP_KERNEL, 1 << 20, {
      onMessages: (messages) => {
        for (const message of messages) {
          const uevent = parseUevent(message)
          if (typeof uevent === 'string') continue
          this.heard.push(uevent)
          const said = answer(uevent)
          if (said !== undefined) void this.say(uevent, said)
        }
      },
      onOverrun: () => undefined,
      onError: (error) => {
        throw error
      },
    })
  }

  async say({ subsystem, properties }: Uevent, said: Record<string, string>): Promise<void> {
    const devname = properties.get('DEVNAME')
    const message = new Map([
      ['UDEV_DATABASE_VERSION', '1'],
      ...properties,
      ...(devname === undefined ? [] : [['DEVNAME', `/dev/${devname}`] as const]),
      ...Object.entries(said),
    ])
    const tags = (message.get('TAGS') ?? '').split(':').filter((tag) => tag !== '')
    await this.#sender.sendRaw([encodeMessage({ subsystem, tags }, message)])
  }

  stop(): void {
    this.#socket.close()
    this.#sender.close()
  }
}
