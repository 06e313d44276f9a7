// The containers of the clients: the files of a Debian suite, and nothing of udev-proxy's.
import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Container } from '../../integration/harness/docker-engine.js'
import { Transcript } from '../../integration/harness/transcript.js'
import { createContainer, engine } from '../harness/machine.js'
import type { Client, Room } from './client.js'
import { ROOMS } from './client.js'
import { OWN_SUITE, TREES } from './suites.js'

const SHARED = '/run/clients'

/** What all clients of a room have said. */
export type Said = Transcript<{ client: string; line: string }>

/** Creates the rooms' containers and waits until the daemon has given each its stage. */
export async function startRooms(): Promise<Map<Room, Container>> {
  await mkdir(`${SHARED}/x11`, { recursive: true })
  // The file that SDL takes for the sign of a sandbox without udev (SDL_DetectSandbox in SDL_sandbox.c).
  await writeFile(`${SHARED}/container-manager`, 'docker\n')
  await engine.load(`${TREES}/${OWN_SUITE}/image.tar`, OWN_SUITE)
  return new Map(await Promise.all(ROOMS.map(async (room) => [room, await startRoom(room)] as const)))
}

async function startRoom(room: Room): Promise<Container> {
  const volumes = [
    `${TREES}/${OWN_SUITE}/tree/usr:/usr:ro`,
    `${TREES}:/trees:ro`,
    `${resolve('.cache/clients')}:/clients:ro`,
    `${SHARED}/x11:/tmp/.X11-unix`,
    ...(room === 'sandbox' ? [`${SHARED}/container-manager:/run/host/container-manager:ro`] : []),
  ]
  const container = await createContainer({
    name: room,
    image: OWN_SUITE,
    args: volumes.flatMap((volume) => ['-v', volume]),
    // GLFW does nothing without a display.
    ...(room === 'clients' && {
      command: ['Xvfb', ':0', '-screen', '0', '64x64x8', '-extension', 'GLX', '-ac'],
    }),
  })
  await container.start()
  await container.waitForPath('/run/udev/control')
  await container.waitForPath('/tmp/.X11-unix/X0')
  return container
}

export function sayingsOf(room: Room): Said {
  return new Transcript(`clients in ${room}`, (text) => {
    const end = text.indexOf('\t')
    return { client: text.slice(0, end), line: text.slice(end + 1) }
  })
}

/** Runs shell commands side by side in a container; `said` gets what they say, each line under its client's name. */
export function runAll(container: Container, said: Said, commands: ReadonlyMap<Client, string>): void {
  const lines = [...commands].map(
    ([{ name }, command]) => `{ ${command}; } 2>&1 </dev/null | sed -u "s/^/${name}\\t/" &`,
  )
  container.follow(said, 'sh', '-c', `${lines.join('\n')}\nwait`)
}

/** Waits until a client has said what `sign` matches; rejects at the time `deadline`, with all that it has said instead. */
export async function says(said: Said, client: Client, sign: RegExp, deadline: number): Promise<void> {
  const patience = Math.max(deadline - Date.now(), 0)
  const isIts = (entry: { client: string }) => entry.client === client.name
  await said
    .until(client.name, (entry) => isIts(entry) && sign.test(entry.line), patience)
    .catch(() => {
      const lines = said.entries.filter(isIts).map(({ line }) => line)
      throw new Error(`${client.name} has not said ${String(sign)}, but only:\n${lines.join('\n')}`)
    })
}

/** Ends all that runs in a container beside its first process. */
export async function endAll(container: Container): Promise<void> {
  // kill(2): a pid of -1 leaves out the first process, and Linux the caller.
  await container.shell('kill -9 -1')
}
