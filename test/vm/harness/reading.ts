// What an application reads from an event node; see --read of test/clients/libudev-client.c.
import type { Client, ClientLine } from '../../integration/harness/client.js'

interface InputEvent {
  devnode: string
  type: number
  code: number
  value: number
}

/** Waits until the client has read the event from the node `devnode`. */
export async function reads(client: Client, devnode: string, code: number, value: number): Promise<void> {
  await client.transcript.until(`${code} ${value} from ${devnode}`, (line) => {
    const event = inputOf(line)
    return event?.devnode === devnode && event.code === code && event.value === value
  })
}

function inputOf(line: ClientLine): InputEvent | undefined {
  return 'input' in line ? (line.input as InputEvent) : undefined
}
