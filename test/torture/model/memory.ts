// Containers, their mounts, and a udev client in each, in memory.
import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs'
import { Subject, concat, map, timer } from 'rxjs'
import type { ContainerEngine, EngineSignal } from '../../../src/container/engine.js'
import { InvariantError } from '../../../src/errors.js'
import type { ContainerHandle } from '../../../src/native.js'
import type { Containers, ModelContainer, ModelRun } from './container.js'
import { LIST_DELAY, described, hear } from './container.js'

/** One run of a container: what dies with it. */
interface Run extends ModelRun {
  /** File descriptors of the directories that are mounted inside, by target. */
  mounts: Map<string, number>
  nodes: Set<string>
  links: Map<string, string>
  exit: (() => void)[]
}

interface MemoryContainer extends ModelContainer {
  run: Run | undefined
}

/** An engine with containers that are no processes. */
export class MemoryContainers implements Containers {
  readonly all: MemoryContainer[]
  readonly violations: string[] = []
  private readonly signals = new Subject<EngineSignal>()
  private nextPid = 100_000

  constructor(names: readonly string[]) {
    this.all = names.map((name, index) => ({ id: String(index).repeat(64), name, run: undefined }))
  }

  /** The list first, then what happens, as from Docker. */
  readonly engine: ContainerEngine = {
    name: 'memory',
    signals: concat(
      timer(LIST_DELAY).pipe(
        map((): EngineSignal => ({ kind: 'containers', containers: this.all.map(told) })),
      ),
      this.signals,
    ),
  }

  async start(container: MemoryContainer): Promise<void> {
    const pid = this.nextPid++
    container.run = {
      pid,
      startedAt: pid,
      mounts: new Map(),
      nodes: new Set(),
      links: new Map(),
      client: new Set(),
      exit: [],
    }
    this.signals.next({ kind: 'container', container: told(container) })
    return Promise.resolve()
  }

  async stop(container: MemoryContainer): Promise<void> {
    const { run } = container
    if (run === undefined) return Promise.resolve()
    container.run = undefined
    for (const mount of run.mounts.values()) closeSync(mount)
    for (const listener of run.exit) listener()
    this.signals.next({ kind: 'container', container: told(container) })
    return Promise.resolve()
  }

  rename(container: MemoryContainer, name: string): void {
    container.name = name
    this.signals.next({ kind: 'container', container: told(container) })
  }

  /** Names in /dev/input. */
  inputOf({ run }: MemoryContainer): string[] {
    const mount = run?.mounts.get('/dev/input')
    return mount === undefined ? [] : readdirSync(`/proc/self/fd/${mount}`).sort()
  }

  /** Names in /run/udev/data. */
  recordsOf({ run }: MemoryContainer): string[] {
    const mount = run?.mounts.get('/run/udev')
    return mount === undefined ? [] : readdirSync(`/proc/self/fd/${mount}/data`).sort()
  }

  boundOf({ run }: MemoryContainer): string[] {
    return [...(run?.nodes ?? [])].sort()
  }

  linkOf({ run }: MemoryContainer, path: string): string | undefined {
    return run?.links.get(path)
  }

  async open(pid: number): Promise<ContainerHandle> {
    return Promise.resolve().then(() => this.handleOf(pid))
  }

  async turn(): Promise<void> {
    return Promise.resolve()
  }

  async end(): Promise<void> {
    for (const container of this.all) await this.stop(container)
  }

  private handleOf(pid: number): ContainerHandle {
    const container = this.all.find(({ run }) => run?.pid === pid)
    const run = container?.run
    if (run === undefined || container === undefined)
      throw Object.assign(new Error('ESRCH: no such process'), { code: 'ESRCH' })
    const isOpen = { value: true }
    const alive = (): Run => {
      if (container.run !== run) throw Object.assign(new Error('ESRCH: no such process'), { code: 'ESRCH' })
      return run
    }
    return {
      pid,
      netns: netnsOf(pid),
      mntns: `mnt:${pid}`,
      rootUid: 0,
      rootGid: 0,
      startedAt: 0,
      hostGid: () => undefined,
      onExit: (listener) => run.exit.push(() => isOpen.value && listener()),
      send: (message) => {
        if (container.run !== run) return
        const violation = hear(container, message)
        if (violation !== undefined) this.violations.push(violation)
      },
      openMonitor: () => {
        throw new InvariantError('the daemon listens in no container')
      },
      look: async (path) => Promise.resolve().then(() => look(alive(), path)),
      readFile: async () => Promise.resolve(undefined),
      readDirectory: async () => Promise.resolve([]),
      replaceMount: async (source, target) =>
        Promise.resolve().then(() => void alive().mounts.set(target, openSync(source, 'r'))),
      listensAt: async () => Promise.resolve(false),
      mountDirectory: async (source, target) =>
        Promise.resolve().then(() => void alive().mounts.set(target, openSync(source, 'r'))),
      bindNode: async (_source, target) =>
        Promise.resolve().then(() => {
          if (alive().nodes.has(target)) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
          run.nodes.add(target)
        }),
      unbindNode: async (target) => Promise.resolve().then(() => void alive().nodes.delete(target)),
      placeLink: async (target, path) =>
        Promise.resolve().then(() => {
          const there = alive().links.get(path) ?? target
          if (there !== target) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
          run.links.set(path, target)
        }),
      removeLink: async (target, path) =>
        Promise.resolve().then(() => {
          if (alive().links.get(path) === target) run.links.delete(path)
        }),
      close: () => (isOpen.value = false),
    }
  }
}

function told(container: MemoryContainer) {
  return described(container, netnsOf(container.run?.pid ?? 0))
}

function netnsOf(pid: number): string {
  return `net:${pid}`
}

function look({ mounts }: Run, path: string): Awaited<ReturnType<ContainerHandle['look']>> {
  const mount = mounts.get(path)
  if (mount === undefined) return undefined
  const { dev, ino } = fstatSync(mount, { bigint: true })
  return { kind: 'directory', identity: `${dev}:${ino}`, device: String(dev), entries: [], mount: 0 }
}
