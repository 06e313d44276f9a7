// A real Docker Engine in a directory of its own, and containers in it.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ENVIRONMENT, output, outcomeOf } from './command.js'
import { processesOf, unmountBelow } from './mounts.js'
import { Transcript } from './transcript.js'

export const IMAGE = 'udev-proxy-test'

export interface ContainerOptions {
  name: string
  /** An image that was loaded; that of the tests by default. */
  image?: string
  /** Further arguments of `docker run`. */
  args?: string[]
  /** What runs inside; it sleeps by default. */
  command?: string[]
  /** Value of --network; none by default. */
  network?: string
}

/** A dockerd that can be ended and started again in place; the directory survives until `destroy`. */
export class DockerEngine {
  readonly socket: string
  #daemon: ChildProcess | undefined

  /** `prefix` is a command line to start dockerd with, `args` are further ones of its own. */
  constructor(
    readonly directory: string,
    private readonly args: string[] = [],
    private readonly prefix: string[] = [],
  ) {
    this.socket = join(directory, 'docker.sock')
  }

  async start(): Promise<void> {
    await mkdir(this.directory, { recursive: true })
    const [program = '', ...args] = [
      ...this.prefix,
      'dockerd',
      ...['--iptables=false', '--bridge=none', '--group=root', '--shutdown-timeout=1'],
      ...['--data-root', join(this.directory, 'data'), '--exec-root', join(this.directory, 'exec')],
      ...['--pidfile', join(this.directory, 'docker.pid'), '--host', `unix://${this.socket}`],
      ...this.args,
    ]
    const log = createWriteStream(this.#logPath, { flags: 'a' })
    const daemon = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT })
    daemon.stdout.pipe(log, { end: false })
    daemon.stderr.pipe(log, { end: false })
    this.#daemon = daemon
    const failed = once(daemon, 'exit')
    for (let attempt = 0; attempt < 600; attempt++) {
      const { code } = await outcomeOf('docker', [...this.#host, 'version'])
      if (code === 0) return
      const exited = await Promise.race([failed.then(() => true), pause(50, false)])
      if (exited) break
    }
    throw new Error(`dockerd does not answer:\n${await readFile(this.#logPath, 'utf8')}`)
  }

  /** Ends dockerd and everything that it started; containers end with it. */
  async stop(): Promise<void> {
    const daemon = this.#daemon
    this.#daemon = undefined
    if (daemon === undefined) return
    const exited = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await exited
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      for (let attempt = 0; attempt < 20; attempt++) {
        const left = await processesOf(this.directory)
        if (left.length === 0) return
        if (attempt === 0) for (const pid of left) kill(pid, signal)
        await pause(50)
      }
    }
  }

  /** Ends everything and removes the directory. */
  async destroy(): Promise<void> {
    if (this.#daemon !== undefined) await this.removeAll().catch(() => undefined)
    await this.stop()
    await unmountBelow(this.directory)
    await rm(this.directory, { recursive: true, force: true })
  }

  /** Runs the docker CLI and returns what it prints. */
  async docker(...args: string[]): Promise<string> {
    return output('docker', [...this.#host, ...args])
  }

  async load(tar: string, image = IMAGE): Promise<void> {
    await this.docker('import', tar, image)
  }

  async run(options: ContainerOptions): Promise<Container> {
    const container = await this.create(options)
    await container.start()
    return container
  }

  async create({
    name,
    image = IMAGE,
    args = [],
    command = ['sleep', '100000'],
    network = 'none',
  }: ContainerOptions): Promise<Container> {
    // A first process ignores SIGTERM unless it has a handler.
    const options = ['--stop-signal', 'KILL', '--network', network, '--name', name, ...args]
    await this.docker('create', ...options, image, ...command)
    return new Container(this, name)
  }

  async removeAll(): Promise<void> {
    const ids = await this.docker('ps', '-aq')
    if (ids !== '') await this.docker('rm', '-f', '-v', ...ids.split('\n'))
  }

  /** Starts a docker command that goes on; its stdout and stderr are read by `transcript`. */
  follow<Entry>(transcript: Transcript<Entry>, ...args: string[]): ChildProcess {
    const child = spawn('docker', [...this.#host, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ENVIRONMENT,
    })
    transcript.read(child.stdout)
    transcript.read(child.stderr)
    return child
  }

  get #host(): string[] {
    return ['-H', `unix://${this.socket}`]
  }

  get #logPath(): string {
    return join(this.directory, 'dockerd.log')
  }
}

export class Container {
  constructor(
    readonly engine: DockerEngine,
    readonly name: string,
  ) {}

  async start(): Promise<void> {
    await this.engine.docker('start', this.name)
  }

  async stop(): Promise<void> {
    await this.engine.docker('stop', '--time', '2', this.name)
  }

  async remove(): Promise<void> {
    await this.engine.docker('rm', '-f', this.name)
  }

  /** The pid of its first process. */
  async pid(): Promise<number> {
    return Number(await this.engine.docker('inspect', '--format', '{{.State.Pid}}', this.name))
  }

  /** Runs a command inside and returns its stdout; rejects when it fails. */
  async exec(...command: string[]): Promise<string> {
    return this.engine.docker('exec', this.name, ...command)
  }

  /** Runs a shell line inside and returns its stdout. */
  async shell(line: string): Promise<string> {
    return this.exec('sh', '-c', line)
  }

  /** Waits until a path exists inside; rejects after 15 s. */
  async waitForPath(path: string): Promise<void> {
    await this.shell(`i=0; until [ -e ${path} ]; do i=$((i+1)); [ $i -lt 750 ] || exit 1; sleep 0.02; done`)
  }

  /** Names in a directory, sorted; empty when there is no such directory. */
  async list(directory: string): Promise<string[]> {
    const names = await this.shell(`ls -A ${directory} 2>/dev/null || true`)
    return names === '' ? [] : names.split('\n').toSorted()
  }

  /** Starts a command inside that goes on and is read by `transcript`. */
  follow<Entry>(transcript: Transcript<Entry>, ...command: string[]): ChildProcess {
    return this.engine.follow(transcript, 'exec', this.name, ...command)
  }

  /** Reads what the container's first process says, from its beginning. */
  followLog<Entry>(transcript: Transcript<Entry>): ChildProcess {
    return this.engine.follow(transcript, 'logs', '--follow', this.name)
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}
