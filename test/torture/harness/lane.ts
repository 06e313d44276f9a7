// A daemon with fault points, its stage, its containers with trackers, and its devices; several can run side by side.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, inject, test as base } from 'vitest'
import { output } from '../../integration/harness/command.js'
import { Daemon, MAIN } from '../../integration/harness/daemon.js'
import { Container, DockerEngine } from '../../integration/harness/docker-engine.js'
import { unmountBelow } from '../../integration/harness/mounts.js'
import type { Pad, Uevent } from '../../integration/harness/pad.js'
import { DEVICE_RULES } from '../../integration/harness/rig.js'
import { UeventSender } from '../../integration/harness/uevents.js'
import { Faults } from './faults.js'
import { holds, settles } from './settles.js'
import { believed, insideOf, isHid, stageFiles } from './snapshot.js'
import { plugInSysfs, unplugInSysfs } from './sysfs.js'
import type { TrackerState } from './tracker.js'
import { Tracker } from './tracker.js'

export interface PlayerOptions {
  /** Whether it has its stage as a volume, from its first instruction. */
  isGiven?: boolean
}

export class Lane {
  readonly directory = mkdtempSync(join(tmpdir(), 'udev-proxy-torture-'))
  readonly stage = join(this.directory, 'stage')
  readonly faults = new Faults(join(this.directory, 'faults'), this.stage)
  readonly players: Player[] = []
  private readonly kernel = UeventSender.kernel()
  private readonly plugged = new Set<Pad>()
  private running: Daemon | undefined
  private latest: Daemon | undefined

  constructor(
    readonly engine: DockerEngine,
    /** What the config says of Docker's socket. */
    private readonly socket = engine.socket,
  ) {
    mkdirSync(this.stage, { recursive: true })
  }

  get daemon(): Daemon {
    if (this.running === undefined) throw new Error('no daemon runs in this lane')
    return this.running
  }

  /** Writes the config: these routes (YAML, a list). */
  configure(routes: string, level = 'debug'): void {
    writeFileSync(
      this.configFile,
      `version: 1\ndocker: { socket: ${this.socket} }\nstage: ${this.stage}\ncontrol: ${this.stage}.sock\nlog: { format: json, level: ${level} }\nproperties: builtin\nroutes:\n${routes}\n`,
    )
  }

  /** What the daemon keeps, by kind, as `udev-proxy status` tells it. */
  async held(): Promise<Record<string, number>> {
    const args = [resolve(MAIN), 'status', '--json', '--config', this.configFile]
    const { held } = JSON.parse(await output(process.execPath, args)) as { held: Record<string, number> }
    return held
  }

  /** With its fault points, unless `prefix` is another one. */
  async start(prefix = this.faults.prefix): Promise<Daemon> {
    this.running = await Daemon.start(this.configFile, prefix)
    this.latest = this.running
    return this.running
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.daemon.stop(signal)
    this.running = undefined
  }

  /** Waits for the daemon to be killed by one of its fault points; false when it still lives after `patience` milliseconds. */
  async dies(patience = 3000): Promise<boolean> {
    const { pid } = this.daemon
    try {
      await holds('the daemon to die', () => !existsSync(`/proc/${pid}`), patience)
    } catch {
      return false
    }
    this.running = undefined
    return true
  }

  /** Starts a container with a tracker; its stage must be there when it has it as a volume. */
  async player(name: string, options: PlayerOptions = {}): Promise<Player> {
    const player = new Player(this, name, options)
    this.players.push(player)
    await player.create()
    await player.start()
    return player
  }

  /** Makes devices appear, in sysfs as well; at once. */
  async plug(...pads: Pad[]): Promise<void> {
    for (const pad of pads) {
      plugInSysfs(pad)
      this.plugged.add(pad)
    }
    await this.kernel.send(pads.flatMap(({ add }) => add))
  }

  async unplug(...pads: Pad[]): Promise<void> {
    for (const pad of pads) {
      unplugInSysfs(pad)
      this.plugged.delete(pad)
    }
    await this.kernel.send(pads.flatMap(({ remove }) => remove))
  }

  /** The uevents alone: what sysfs has stays as it is. */
  async send(uevents: Uevent[]): Promise<void> {
    await this.kernel.send(uevents)
  }

  /** Runs `action` while the daemon is stopped (SIGSTOP): all that the kernel says meanwhile waits in its socket. */
  async whileStopped(action: () => Promise<void>): Promise<void> {
    const { pid } = this.daemon
    process.kill(pid, 'SIGSTOP')
    try {
      await action()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  }

  /** The end of the last daemon's log. */
  lastWords(): string {
    const lines = this.latest?.log.text().split('\n') ?? []
    return `the daemon's last words:\n${lines.slice(-40).join('\n')}`
  }

  /** What the kernel's own tables show of the daemon. */
  resources(): { rss: number; fds: number; mounts: number } {
    const { pid } = this.daemon
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return {
      rss: Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
      fds: readdirSync(`/proc/${pid}/fd`).length,
      mounts: readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n').length - 1,
    }
  }

  async end(): Promise<void> {
    try {
      await this.unplug(...this.plugged)
    } finally {
      this.kernel.close()
      await Promise.all(this.players.map((player) => player.end()))
      await this.running?.stop('SIGKILL')
      await unmountBelow(this.directory)
      await rm(this.directory, { recursive: true, force: true })
    }
  }

  private get configFile(): string {
    return join(this.directory, 'config.yaml')
  }
}

/** A container whose first process is a tracker. */
export class Player {
  readonly tracker: Tracker
  private pid = 0

  constructor(
    private readonly lane: Lane,
    public name: string,
    private readonly options: PlayerOptions = {},
  ) {
    this.tracker = new Tracker(lane.directory, name)
  }

  get container(): Container {
    return new Container(this.lane.engine, this.name)
  }

  async create(): Promise<void> {
    const { engine, stage } = this.lane
    const { args, command } = this.tracker.container
    const volumes = ['input:/dev/input', 'udev:/run/udev'].flatMap((pair) => [
      '-v',
      `${stage}/${this.name}/${pair}:ro`,
    ])
    await engine.create({
      name: this.name,
      command,
      args: [...DEVICE_RULES, ...args, ...(this.options.isGiven === true ? volumes : [])],
    })
  }

  async start(): Promise<void> {
    await this.startsBy(() => this.container.start())
  }

  /** Its next run begins with `action`. */
  async startsBy(action: () => Promise<unknown>): Promise<void> {
    this.tracker.expect()
    await action()
    this.pid = await this.container.pid()
  }

  async stop(): Promise<void> {
    await this.container.engine.docker('kill', this.name)
  }

  async remove(): Promise<void> {
    await this.container.remove()
  }

  /** Waits until its tracker listens. */
  async ready(patience?: number): Promise<void> {
    await this.tracker.ready(patience)
  }

  get hostPid(): number {
    return this.pid
  }

  async state(): Promise<TrackerState> {
    return this.tracker.state()
  }

  /** Waits until its tracker has heard nothing for a while. */
  async quiet(patience = 60_000): Promise<void> {
    let [last, since] = [-1, Date.now()]
    await holds(
      `${this.name} to hear no more`,
      async () => {
        const { adds, removes, others } = await this.tracker.counts()
        const heard = adds + removes + others
        if (heard !== last) [last, since] = [heard, Date.now()]
        return Date.now() - since > 500
      },
      patience,
    )
  }

  /** Waits until its tracker's list is of these devices and no others, and nobody has seen what no client should. */
  async has(pads: Pad[], patience?: number): Promise<TrackerState> {
    const names = new Set(pads.flatMap(({ add }) => add.map(({ devpath }) => devpath)))
    // Who has enumerated knows no HID devices; one that has gone must be gone for everybody.
    const isNeeded = (devpath: string) => !isHid(devpath) || !names.has(devpath)
    const needed = [...names].filter(isNeeded).toSorted()
    // What is many is not looked at in full before it can be right.
    const end = Date.now() + (patience ?? 20_000)
    while ((await this.tracker.counts()).count < needed.length && Date.now() < end) await pause(20)
    await settles(
      `the devices of ${this.name}`,
      async () => {
        const { devices, suspicions } = await this.state()
        return {
          devices: devices
            .map(({ devpath }) => devpath)
            .filter(isNeeded)
            .toSorted(),
          suspicions,
        }
      },
      { devices: needed, suspicions: 0 },
      patience,
    )
    const state = await this.state()
    expect({ violations: state.violations, lost: state.lost }).toEqual({ violations: [], lost: 0 })
    return state
  }

  /** All that it has of its devices, on its stage, in its namespaces, and as its tracker sees it. */
  async snapshot(): Promise<{ stage: string[]; inside: string[]; believed: string[]; suspicions: number }> {
    const state = await this.state()
    return {
      stage: stageFiles(join(this.lane.stage, this.name)),
      inside: insideOf(this.pid),
      believed: believed(state),
      suspicions: state.suspicions,
    }
  }

  async end(): Promise<void> {
    this.tracker.close()
    await this.remove().catch(() => undefined)
  }
}

/** A test with lanes, on the Docker Engine that all tests share. */
export const test = base.extend<{ lanes: () => Lane }>({
  lanes: async ({ onTestFailed }, use) => {
    const all: Lane[] = []
    onTestFailed(() => {
      for (const lane of all) console.log(lane.lastWords())
    })
    await use(() => {
      const lane = new Lane(new DockerEngine(inject('engineDirectory')))
      all.push(lane)
      return lane
    })
    await Promise.all(all.map((lane) => lane.end()))
  },
})
