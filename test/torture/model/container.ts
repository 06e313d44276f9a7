// What the model's runs ask of containers, wherever they are.
import type { Container, ContainerEngine } from '../../../src/container/engine.js'
import type { ContainerHandle } from '../../../src/native.js'
import { decodeMessage } from '../../../src/udev/message.js'

/** How long the engine takes to list its containers, in milliseconds: what happens until then happens to a daemon that knows of none. */
export const LIST_DELAY = 10

/** A container, of which one run follows the other. */
export interface ModelContainer {
  readonly id: string
  name: string
  run: ModelRun | undefined
}

export interface ModelRun {
  pid: number
  startedAt: number
  /** What a client that runs from the start has: devpaths, in the order of their arrival. */
  client: Set<string>
}

export interface Containers {
  readonly all: readonly ModelContainer[]
  /** What a client would have stumbled over. */
  readonly violations: string[]
  readonly engine: ContainerEngine
  start(container: ModelContainer): Promise<void>
  stop(container: ModelContainer): Promise<void>
  rename(container: ModelContainer, name: string): void
  /** Names in /dev/input, in /run/udev/data, and of the nodes that were bound in /dev. */
  inputOf(container: ModelContainer): string[]
  recordsOf(container: ModelContainer): string[]
  boundOf(container: ModelContainer): string[]
  /** Where the symlink at this path leads, if there is one. */
  linkOf(container: ModelContainer, path: string): string | undefined
  /** As the addon opens a container. */
  open(pid: number): Promise<ContainerHandle>
  /** Lets the kernel and the threads do what they are asked, where there are any; timers are the test's own. */
  turn(): Promise<void>
  end(): Promise<void>
}

export function described({ id, name, run }: ModelContainer, netns: string): Container {
  const container = { id, name, labels: {} }
  return run === undefined
    ? container
    : { ...container, running: { pid: run.pid, startedAt: run.startedAt, netns, isOwnChild: true } }
}

/** What becomes of a client that hears the message; what is wrong with that in words, if anything is. */
export function hear({ name, run }: ModelContainer, message: Uint8Array): string | undefined {
  const said = decodeMessage(Buffer.from(message))
  const devpath = said?.get('DEVPATH')
  if (devpath === undefined) return `${name}: a message that libudev would not take`
  const action = said?.get('ACTION')
  if (action === 'remove') run?.client.delete(devpath)
  if (action === 'move') return hearMove(name, run?.client, said?.get('DEVPATH_OLD') ?? '', devpath)
  if (action !== 'add') return undefined
  const isTwice = run?.client.has(devpath) === true
  run?.client.add(devpath)
  return isTwice ? `${name}: ${devpath} was added twice` : undefined
}

/** What is below a device that was moved is known to have moved along. */
function hearMove(
  name: string,
  client: Set<string> | undefined,
  from: string,
  to: string,
): string | undefined {
  if (client === undefined) return undefined
  const isKnown = client.has(from) || client.has(to)
  for (const devpath of [...client]) {
    if (!`${devpath}/`.startsWith(`${from}/`)) continue
    client.delete(devpath)
    client.add(to + devpath.slice(from.length))
  }
  return isKnown ? undefined : `${name}: ${to} was moved, and was not known`
}
