// One test's daemon, containers and devices, and their end.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, test as base } from 'vitest'
import { Client } from './client.js'
import { Daemon } from './daemon.js'
import type { ContainerOptions, Container } from './docker-engine.js'
import { DockerEngine } from './docker-engine.js'
import { unmountBelow } from './mounts.js'
import type { Pad, PadOptions } from './pad.js'
import { pad } from './pad.js'
import { UeventSender } from './uevents.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory of the Docker Engine that all tests share, and of the image's tar. */
    engineDirectory: string
    imageTar: string
  }
}

/** A container that may open what it is given. */
export const DEVICE_RULES = ['--device-cgroup-rule', 'c 13:* rw', '--device-cgroup-rule', 'c *:* rw']

/** Far above the numbers that real devices have. */
let nextNumber = 21_000

/** A container, and a libudev client in it. */
export interface Player {
  container: Container
  client: Client
}

export class Rig {
  readonly directory = mkdtempSync(join(tmpdir(), 'udev-proxy-test-'))
  readonly stage = join(this.directory, 'stage')
  readonly control = join(this.directory, 'control.sock')
  readonly kernel = UeventSender.kernel()
  readonly #daemons: Daemon[] = []
  readonly #containers: Container[] = []
  readonly #pads = new Set<Pad>()

  constructor(readonly engine: DockerEngine) {}

  /** Writes a config with these routes (YAML, a list), and these further keys, and returns its path. */
  config(routes: string, socket = this.engine.socket, options: Record<string, number> = {}): string {
    const path = join(this.directory, 'config.yaml')
    const control = `control: ${this.control}`
    const log = 'log: { format: json, level: debug }'
    const more = Object.entries(options).map(([key, value]) => `${key}: ${value}\n`)
    writeFileSync(
      path,
      `version: 1\ndocker: { socket: ${socket} }\nstage: ${this.stage}\n${control}\n${log}\n${more.join('')}routes:\n${routes}\n`,
    )
    return path
  }

  /** Starts the daemon with these routes. */
  async daemon(
    routes: string,
    socket?: string,
    options?: Record<string, number>,
    prefix?: string[],
  ): Promise<Daemon> {
    await mkdir(this.stage, { recursive: true })
    const daemon = await Daemon.start(this.config(routes, socket, options), prefix)
    this.#daemons.push(daemon)
    return daemon
  }

  /** Starts a container that may open devices; with `args`, with further arguments. */
  async container(
    name: string,
    args: string[] = [],
    options: Partial<ContainerOptions> = {},
  ): Promise<Container> {
    const container = await this.createContainer(name, args, options)
    await container.start()
    return container
  }

  async createContainer(
    name: string,
    args: string[] = [],
    options: Partial<ContainerOptions> = {},
  ): Promise<Container> {
    const container = await this.engine.create({ name, args: [...DEVICE_RULES, ...args], ...options })
    this.#containers.push(container)
    return container
  }

  /** Starts a container with a client in it that listens to input devices. */
  async player(name: string, args: string[] = []): Promise<Player> {
    const container = await this.container(name, args)
    return { container, client: await Client.start(container, '--subsystem', 'input') }
  }

  /** Volumes of `docker run` that give a container its stage from the first instruction. */
  volumes(name: string): string[] {
    return [
      '-v',
      `${this.stage}/${name}/input:/dev/input:ro`,
      '-v',
      `${this.stage}/${name}/udev:/run/udev:ro`,
    ]
  }

  /** A device that is not plugged yet. */
  pad(options: PadOptions = {}): Pad {
    return pad(nextNumber++, options)
  }

  async plug(...pads: Pad[]): Promise<void> {
    for (const one of pads) this.#pads.add(one)
    await this.kernel.send(pads.flatMap(({ add }) => add))
  }

  async unplug(...pads: Pad[]): Promise<void> {
    for (const one of pads) this.#pads.delete(one)
    await this.kernel.send(pads.flatMap(({ remove }) => remove))
  }

  async end(): Promise<void> {
    try {
      await this.unplug(...this.#pads)
    } finally {
      this.kernel.close()
      await Promise.all(this.#containers.map((container) => container.remove().catch(() => undefined)))
      await Promise.all(this.#daemons.map((daemon) => daemon.stop()))
      await unmountBelow(this.directory)
      await rm(this.directory, { recursive: true, force: true })
    }
  }
}

/** A test with a rig, on the Docker Engine that all tests share. */
export const test = base.extend<{ rig: Rig }>({
  // Vitest reads the names of the fixtures that this one needs off the pattern.
  rig: async ({}, use) => {
    const rig = new Rig(new DockerEngine(inject('engineDirectory')))
    await use(rig)
    await rig.end()
  },
})

/** A major that hidraw nodes can have: the kernel's own, or one that nobody has. */
export function hidrawMajor(): number {
  const devices = readFileSync('/proc/devices', 'utf8')
  const own = /^ *(\d+) hidraw$/m.exec(devices)?.[1]
  if (own !== undefined) return Number(own)
  const free = [240, 241, 242, 243, 244].find((major) => !new RegExp(`^ *${major} `, 'm').test(devices))
  if (free === undefined) throw new Error('/proc/devices: every major for local use is taken')
  return free
}

/** Whether the daemon's stage has been made for this container. */
export function isStaged(rig: Rig, name: string): boolean {
  return existsSync(join(rig.stage, name, 'udev/control'))
}
