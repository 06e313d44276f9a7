// `udev-proxy emit`: a hand-made event for the udev clients in a container.
import { hasListener } from '../container/listeners.js'
import { EXIT, UsageError } from '../errors.js'
import { GROUP_UDEV } from '../groups.js'
import { readSeqnum } from '../kernel/sysfs.js'
import type { ContainerHandle } from '../native.js'
import type { Handmade } from '../udev/handmade.js'
import { handmadeMessage } from '../udev/handmade.js'
import { readPayload } from '../udev/payload.js'
import { hexdump } from './hexdump.js'
import type { ConfigChoice } from './optional-config.js'
import { optionalConfig } from './optional-config.js'
import { printable } from './printable.js'

export interface EmitOptions {
  container: string | undefined
  /** In base64. */
  message: string | undefined
  remove: boolean
  dryRun: boolean
  properties: readonly string[]
  config: ConfigChoice
}

const NOTHING = 'there is nothing to send: write KEY=VALUE, or -m BASE64, or a message to stdin'
/** Far more than any form of a message of 8192 bytes needs. */
const MAX_INPUT = 65_536

/** Sends one event, or prints it, and returns the exit code. Throws UsageError with everything that is wrong before anything was sent. */
export async function emit(options: EmitOptions): Promise<number> {
  const handmade = await handmadeFrom(options)
  const { message, properties } = handmade
  if (options.dryRun) {
    process.stdout.write(hexdump(message))
    return EXIT.ok
  }
  const { name, deafness } = await send(message, options)
  const [action, devpath, subsystem] = ['ACTION', 'DEVPATH', 'SUBSYSTEM'].map(
    (key) => properties.get(key) ?? '',
  )
  const what = `${action} ${devpath} (${subsystem}), ${message.length} bytes`
  process.stdout.write(
    printable(
      deafness === undefined
        ? `sent to ${name}: ${what}`
        : `sent to ${name}: ${what}; but nobody there receives it: ${deafness}`,
    ) + '\n',
  )
  return EXIT.ok
}

async function handmadeFrom({
  container,
  message,
  remove,
  dryRun,
  properties,
}: EmitOptions): Promise<Handmade> {
  const mistakes: string[] = []
  if (container === undefined && !dryRun)
    mistakes.push('--container NAME is missing: the container that the event goes to')
  let strings: string[] = []
  if (message !== undefined || properties.length === 0) {
    const input = message === undefined ? await readInput() : Buffer.from(message)
    if (message === undefined && input.length === 0) throw new UsageError(...mistakes, NOTHING)
    const payload = readPayload(input)
    if ('mistake' in payload) throw new UsageError(...mistakes, payload.mistake)
    strings = payload.strings
  }
  const handmade = handmadeMessage(strings, properties, {
    seqnum: readSeqnum(),
    ...(remove && { action: 'remove' }),
  })
  if ('mistakes' in handmade) throw new UsageError(...mistakes, ...handmade.mistakes)
  if (mistakes.length > 0) throw new UsageError(...mistakes)
  return handmade
}

async function readInput(): Promise<Buffer> {
  if (process.stdin.isTTY) return Buffer.alloc(0)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Buffer)
    chunks.push(bytes)
    length += bytes.length
    if (length > MAX_INPUT)
      throw new UsageError(`stdin has more than ${MAX_INPUT} bytes, which no message has`)
  }
  return Buffer.concat(chunks)
}

/** Sends it; `deafness` is why nobody in the container can hear it. */
async function send(
  message: Buffer,
  { container = '', config }: EmitOptions,
): Promise<{ name: string; deafness: string | undefined }> {
  // Bytes can be printed on any machine: only this needs the addon.
  const { enterContainer } = await import('./enter.js')
  const { name, handle } = await enterContainer(container, await optionalConfig(config, process.stderr))
  try {
    const deafness = await deafnessOf(handle)
    handle.send(message, GROUP_UDEV)
    return { name, deafness }
  } finally {
    handle.close()
  }
}

async function deafnessOf(handle: ContainerHandle): Promise<string | undefined> {
  if (hasListener(handle.pid, GROUP_UDEV)) return undefined
  // libudev looks for it when a program begins to listen, and is deaf for ever where it is missing.
  if ((await handle.look('/run/udev/control')) === undefined)
    return 'it has no /run/udev/control, without which libudev does not listen; udev-proxy makes one in each container that a route names'
  return 'no program in it listens to udev'
}
