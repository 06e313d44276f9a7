// What is measured: processes that bring uevents to a client, each on a host of its own.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ENVIRONMENT, output } from '../test/integration/harness/command.js'
import { Daemon } from '../test/integration/harness/daemon.js'
import type { DockerEngine } from '../test/integration/harness/docker-engine.js'
import { UeventSender } from '../test/integration/harness/uevents.js'
import { Host } from './host.js'
import { Watcher } from './watcher.js'

export interface Subject {
  host: Host
  /** Sends the uevents of its host's kernel. */
  sender: UeventSender
  /** The process whose costs are measured. */
  pid: number
  /** The client that it serves. */
  client: Watcher
  /** A client on the host that hears udevd's messages of the same events. */
  hostClient?: Watcher
  /** Whether it gives a HID device away at the end of its driver's probe. */
  waitsForBind?: boolean
  end(): Promise<void>
}

/** Where a subject works. */
export interface Place {
  engine: DockerEngine
  /** The name of the container that it serves. */
  container: string
  stage: string
  /** A directory that the container has at /results. */
  results: string
}

const UDEVD = ['/usr/lib/systemd/systemd-udevd', '/lib/systemd/systemd-udevd']
const CLIENT_OPTIONS = ['--wait', '--brief', '--subsystem', 'input', '--output']

/** The C daemon, with a container that has the stage as volumes. */
export async function startBaseline({ engine, container, stage, results }: Place): Promise<Subject> {
  await output('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'stage', stage])
  for (const path of ['input', 'udev/data', 'scratch']) await mkdir(join(stage, path), { recursive: true })
  await writeFile(join(stage, 'udev/control'), '')
  const volumes = [`${stage}/input:/dev/input:ro`, `${stage}/udev:/run/udev:ro`, `${results}:/results`]
  await engine.run({ name: container, args: volumes.flatMap((volume) => ['-v', volume]) })
  const containerPid = await engine.docker('inspect', '--format', '{{.State.Pid}}', container)
  const host = await Host.start()
  const child = start([...host.enter, resolve('.cache/clients/baseline'), stage, containerPid])
  if (child.stdout !== null) await once(child.stdout, 'data')
  const client = await clientInContainer(engine, container, results)
  return subject(host, { pid: pidOf(child), client, end: () => ended(child) })
}

/** udev-proxy as a person starts it, with one route, and a container that has no volume of the stage. */
export async function startBuiltin(place: Place): Promise<Subject> {
  const host = await Host.start()
  const { daemon, client } = await startDaemon(place, host, 'builtin')
  return subject(host, { pid: daemon.pid, client, waitsForBind: true, end: () => stopped(daemon) })
}

/** systemd-udevd alone, and a client on its host. */
export async function startUdevd({ results }: Place): Promise<Subject> {
  const host = await Host.start()
  const udevd = await udevdOn(host)
  const client = await clientOnHost(host, results)
  return subject(host, { pid: pidOf(udevd), client: client.watcher, end: () => ended(client.child, udevd) })
}

/** udev-proxy beside a systemd-udevd, whose messages a client on the host hears as well. */
export async function startHost(place: Place): Promise<Subject> {
  const host = await Host.start()
  const udevd = await udevdOn(host)
  const { daemon, client } = await startDaemon(place, host, 'host')
  const onHost = await clientOnHost(host, place.results)
  const end = async (): Promise<void> => {
    await stopped(daemon)
    await ended(onHost.child, udevd)
  }
  return subject(host, { pid: daemon.pid, client, hostClient: onHost.watcher, waitsForBind: true, end })
}

function subject(host: Host, rest: Omit<Subject, 'host' | 'sender'>): Subject {
  const sender = UeventSender.kernel(host.enter)
  const end = async (): Promise<void> => {
    sender.close()
    rest.client.close()
    rest.hostClient?.close()
    await rest.end()
    await host.end()
  }
  return { ...rest, host, sender, end }
}

async function startDaemon(
  { engine, container, stage, results }: Place,
  host: Host,
  properties: 'host' | 'builtin',
): Promise<{ daemon: Daemon; client: Watcher }> {
  const config = join(results, 'config.yaml')
  await writeFile(
    config,
    [
      'version: 1',
      `docker: { socket: ${engine.socket} }`,
      `stage: ${stage}`,
      `control: ${join(results, 'control.sock')}`,
      `properties: ${properties}`,
      'log: { format: json }',
      `routes: [{ name: pads, match: { name: "Bench*", vendor: "054c" }, container: ${container} }]`,
      '',
    ].join('\n'),
  )
  const daemon = await Daemon.start(config, host.enter)
  await engine.run({ name: container, args: ['-v', `${results}:/results`] })
  return { daemon, client: await clientInContainer(engine, container, results) }
}

async function udevdOn(host: Host): Promise<ChildProcess> {
  const program = UDEVD.find((path) => existsSync(path))
  if (program === undefined) throw new Error(`there is no ${UDEVD.join(' and no ')}`)
  const udevd = start([...host.enter, program])
  await host.waitForPath('/run/udev/control')
  return udevd
}

async function clientInContainer(engine: DockerEngine, container: string, results: string): Promise<Watcher> {
  const command = ['libudev-client', ...CLIENT_OPTIONS, '/results/client']
  await engine.docker('exec', '--detach', container, ...command)
  return Watcher.of(join(results, 'client'))
}

async function clientOnHost(host: Host, results: string): Promise<{ child: ChildProcess; watcher: Watcher }> {
  const path = join(results, 'host-client')
  const child = start([...host.enter, resolve('.cache/clients/libudev-client'), ...CLIENT_OPTIONS, path])
  return { child, watcher: await Watcher.of(path) }
}

function start([program = '', ...args]: string[]): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: ENVIRONMENT })
}

function pidOf({ pid = -1 }: ChildProcess): number {
  return pid
}

async function stopped(daemon: Daemon): Promise<void> {
  await daemon.stop()
}

async function ended(...children: ChildProcess[]): Promise<void> {
  for (const child of children) {
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
  }
}
