// The daemon on containers in memory, and a plain idea of what must come of it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setImmediate as eventLoop } from 'node:timers/promises'
import { Subject, takeUntil } from 'rxjs'
import { vi } from 'vitest'
import { parseConfig } from '../../../src/config/index.js'
import { Daemon } from '../../../src/daemon.js'
import { InvariantError } from '../../../src/errors.js'
import { PROBE_TIME } from '../../../src/kernel/index.js'
import type { MonitorListener } from '../../../src/native.js'
import { native } from '../../../src/native.js'
import type { Pad, Uevent } from '../../integration/harness/pad.js'
import { moveUevent, movedTo, pad } from '../../integration/harness/pad.js'
import { hidrawMajor } from '../../integration/harness/rig.js'
import { plugInSysfs, unplugInSysfs } from '../harness/sysfs.js'
import { guardedNative } from './addon.js'
import type { Containers, ModelContainer } from './container.js'

export const KINDS = ['a', 'b', 'c', 'd'] as const
export type Kind = (typeof KINDS)[number]
/** A container's name for each kind of pad, as a glob; kinds that are left out stay with the host. */
export type Routes = Partial<Record<Kind, string>>

/** Names that containers may have. */
export const NAMES = ['m-w', 'm-x', 'm-y', 'm-z'] as const

const HIDRAW_MAJOR = hidrawMajor()
/** Pads of kind d have hidraw nodes, and this link; there is one at a time. */
const LINK = '/dev/player'
/** Where pads are moved to. */
const ELSEWHERE = '/devices/platform/elsewhere'
/** Far above any SEQNUM of the machine. */
let seqnum = 1e12
/** A HID device's instance has four hexadecimal digits. */
const NUMBERS = 45_000
let plugs = 0
/** After so much real time, in milliseconds, work that the daemon still has in hand will never end. */
const NEVER = 30_000

export class Bench {
  /** `home` is the pad as it was plugged, before it was moved. */
  readonly plugged = new Map<number, { kind: Kind; pad: Pad; home: Pad }>()
  readonly complaints: string[] = []
  private readonly directory = mkdtempSync(join(tmpdir(), 'udev-proxy-model-'))
  private readonly stage = join(this.directory, 'stage')
  private daemon: Daemon | undefined
  private kernel: () => MonitorListener | undefined = () => undefined
  private killed = new Subject<void>()
  /** How many changes of the outside world are left until the daemon is killed. */
  private left = Number.POSITIVE_INFINITY

  constructor(
    readonly containers: Containers,
    private routes: Routes,
  ) {
    mkdirSync(this.stage)
  }

  get isRunning(): boolean {
    return this.daemon !== undefined
  }

  start(): void {
    const killed = new Subject<void>()
    this.killed = killed
    this.left = Number.POSITIVE_INFINITY
    const life = { isOver: false }
    killed.subscribe(() => (life.isOver = true))
    const { addon, kernel } = guardedNative(
      this.containers,
      () => {
        if (!life.isOver && this.left-- <= 0) this.die()
        if (life.isOver) throw new InvariantError('killed')
      },
      () => !life.isOver,
    )
    const complain = (message: string): void => {
      if (!life.isOver) this.complaints.push(message)
    }
    const { name, signals } = this.containers.engine
    this.kernel = kernel
    const daemon = new Daemon({
      config: this.config(),
      engine: { name, signals: signals.pipe(takeUntil(killed)) },
      log: {
        error: complain,
        warn: (message) => {
          if (!message.includes('started first')) complain(message)
        },
        info: () => undefined,
        debug: () => undefined,
        setLevel: () => undefined,
      },
      addon,
    })
    daemon.failed.catch((error: unknown) => complain(String(error)))
    // It may have been killed at once.
    if (!life.isOver) this.daemon = daemon
  }

  /** Ends it as a service manager would. */
  async stop(): Promise<void> {
    const { daemon } = this
    if (daemon === undefined) return
    const stopped = daemon.stop().catch((error: unknown) => {
      // It may be killed while it stops.
      if (this.daemon === daemon) this.complaints.push(String(error))
    })
    await this.settle(0)
    await stopped
    // Its own containers' ends are no business of it any more.
    this.forgetDaemon()
  }

  /** Kills it once it has changed the outside world `changes` times more. */
  killAfter(changes: number): void {
    if (changes === 0) this.die()
    else this.left = changes
  }

  reload(routes: Routes): void {
    this.routes = routes
    this.daemon?.reload(this.config())
  }

  /** Plugs a new pad, or one that was there before: under the same devpath and numbers. */
  plug(slot: number, kind: Kind, before?: Pad): void {
    const options = { name: `Pad ${kind}`, ...(kind === 'd' && { hidrawMajor: HIDRAW_MAJOR }) }
    const plugged = before ?? pad(20_000 + (plugs++ % NUMBERS), options)
    this.plugged.set(slot, { kind, pad: plugged, home: plugged })
    plugInSysfs(plugged)
    this.tell(plugged.add)
  }

  has(kind: Kind): boolean {
    return [...this.plugged.values()].some((plugged) => plugged.kind === kind)
  }

  unplug(slot: number): void {
    const plugged = this.plugged.get(slot)?.pad
    if (plugged === undefined) return
    this.plugged.delete(slot)
    unplugInSysfs(plugged)
    this.tell(plugged.remove)
  }

  /** Moves what is plugged elsewhere, or back again. */
  move(slot: number): void {
    const plugged = this.plugged.get(slot)
    const top = plugged?.pad.add[0]?.devpath
    if (plugged === undefined || top === undefined) return
    const home = dirname(top) === ELSEWHERE ? plugged.home : undefined
    const moved = home ?? movedTo(plugged.pad, top, `${ELSEWHERE}/${basename(top)}`)
    unplugInSysfs(plugged.pad)
    plugInSysfs(moved)
    this.plugged.set(slot, { ...plugged, pad: moved })
    this.tell([moveUevent(plugged.pad, moved)])
  }

  /** Lets time pass. What the daemon does by then may go on: the next thing happens in the midst of it. */
  async settle(milliseconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(milliseconds)
    await this.containers.turn()
    if (this.daemon === undefined) vi.clearAllTimers()
  }

  /** Lets everything come to its end. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await this.finish(100)
    // What has a driver at the daemon's start may still be in its probe.
    await this.finish(PROBE_TIME)
    await this.finish(100)
    // Clients have yet to read what was announced last.
    await this.containers.turn()
  }

  /**
   * Lets time pass, and the daemon finish what it does by then. The kernel and its threads work in real time, and a
   * look at /proc or a mount takes them tenths of a second on a machine that has much to do.
   */
  private async finish(milliseconds: number): Promise<void> {
    await this.settle(milliseconds)
    const until = performance.now() + NEVER
    while (this.isBusy) {
      if (performance.now() > until) {
        this.complaints.push(`work does not end: ${JSON.stringify(this.daemon?.report().held)}`)
        return
      }
      await eventLoop()
      await this.containers.turn()
    }
  }

  private get isBusy(): boolean {
    return this.daemon !== undefined && this.daemon.report().held['busyStages'] !== 0
  }

  /** What is wrong with what the containers have, in words; empty when it is as it must be. */
  differences(): string[] {
    const running = this.containers.all.filter(({ run }) => run !== undefined)
    return [
      ...this.complaints.map((message) => `said: ${message}`),
      ...this.containers.violations,
      ...running.flatMap((container) => {
        const pads = [...this.plugged.values()].filter(({ kind }) => this.ownerOf(kind) === container)
        const uevents = pads.flatMap(({ pad: { add } }) => add).filter(({ action }) => action === 'add')
        const nodes = uevents.map(({ properties }) => properties['DEVNAME'] ?? '')
        const isMeant = Object.values(this.routes).some((glob) => matches(glob, container.name))
        return [
          ...unlike(
            `client of ${container.name}`,
            [...(container.run?.client ?? [])],
            uevents.map(({ devpath }) => devpath),
          ),
          ...unlike(
            `/dev/input of ${container.name}`,
            this.containers.inputOf(container),
            isMeant ? nodes.filter((name) => name.startsWith('input/')).map((name) => name.slice(6)) : [],
          ),
          ...unlike(
            `bound nodes of ${container.name}`,
            this.containers.boundOf(container),
            nodes.filter((name) => name.startsWith('hidraw')).map((name) => `/dev/${name}`),
          ),
          ...unlike(
            `${LINK} of ${container.name}`,
            [this.containers.linkOf(container, LINK) ?? ''],
            [
              nodes.find(
                (name) =>
                  pads.some(({ kind }) => kind === 'd') &&
                  name.startsWith('input/event') &&
                  this.isOf('d', name),
              ) ?? '',
            ],
          ),
          ...unlike(
            `records of ${container.name}`,
            this.containers.recordsOf(container).filter((name) => name.startsWith('c13:')),
            uevents.flatMap(({ properties: { MAJOR, MINOR } }) =>
              MAJOR === '13' ? [`c13:${MINOR ?? ''}`] : [],
            ),
          ),
        ]
      }),
    ]
  }

  async end(): Promise<void> {
    await this.stop()
    await this.containers.end()
    for (const slot of [...this.plugged.keys()]) this.unplug(slot)
    vi.clearAllTimers()
    native.unmount(this.stage)
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Whether the node, relative to /dev, is of the pad of this kind. */
  private isOf(wanted: Kind, name: string): boolean {
    return [...this.plugged.values()].some(
      ({ kind, pad: { eventNode } }) => kind === wanted && eventNode === `/dev/${name}`,
    )
  }

  /** The container that must have a pad of this kind: of those that run and are meant, the one started first. */
  private ownerOf(kind: Kind): ModelContainer | undefined {
    const glob = this.routes[kind]
    return this.containers.all
      .filter(({ name, run }) => run !== undefined && matches(glob, name))
      .toSorted((a, b) => (a.run?.startedAt ?? 0) - (b.run?.startedAt ?? 0))[0]
  }

  private config() {
    const routes = Object.entries(this.routes).map(
      ([kind, container]) =>
        `  - { name: ${kind}, match: { name: "Pad ${kind}" }, container: "${container}"${kind === 'd' ? ', links: [player]' : ''} }`,
    )
    const list = routes.length === 0 ? ' []' : `\n${routes.join('\n')}`
    return parseConfig(
      `version: 1\nstage: ${this.stage}\nproperties: builtin\nroutes:${list}\n`,
      'model.yaml',
    )
  }

  private tell(uevents: readonly Uevent[]): void {
    for (const { action, devpath, properties } of uevents) {
      seqnum++
      const lines = [
        `${action}@${devpath}`,
        ...[`ACTION=${action}`, `DEVPATH=${devpath}`],
        ...Object.entries(properties).map(([key, value]) => `${key}=${value}`),
        `SEQNUM=${seqnum}`,
      ]
      this.kernel()?.onMessages([Buffer.from(`${lines.join('\0')}\0`)])
    }
  }

  private die(): void {
    this.killed.next()
    this.forgetDaemon()
  }

  private forgetDaemon(): void {
    this.killed.next()
    this.daemon = undefined
    this.kernel = () => undefined
    vi.clearAllTimers()
  }
}

function matches(glob: string | undefined, name: string): boolean {
  if (glob === undefined) return false
  return new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(name)
}

function unlike(what: string, is: readonly string[], should: readonly string[]): string[] {
  const [a, b] = [is.toSorted().join(' '), should.toSorted().join(' ')]
  return a === b ? [] : [`${what}: has ${a === '' ? 'nothing' : a}, should have ${b === '' ? 'nothing' : b}`]
}
