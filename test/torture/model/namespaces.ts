// Containers as namespaces of the kernel: a process each, with mounts, nodes and a netlink of its own.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Subject, concat, map, timer } from 'rxjs'
import type { ContainerEngine, EngineSignal } from '../../../src/container/engine.js'
import { GROUP_UDEV, native } from '../../../src/native.js'
import type { ContainerHandle, MonitorSocket } from '../../../src/native.js'
import type { Containers, ModelContainer, ModelRun } from './container.js'
import { LIST_DELAY, described, hear } from './container.js'

/** A /dev and a /run as an engine makes them; the mounts die with the namespace. */
const SETUP = `
mount -t tmpfs -o mode=0755,nosuid tmpfs /dev && mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /run &&
echo ready && exec sleep infinity`

interface Run extends ModelRun {
  child: ChildProcess
  netns: string
  client: Set<string>
  listener: MonitorSocket
}

interface NamespaceContainer extends ModelContainer {
  run: Run | undefined
}

export class NamespaceContainers implements Containers {
  readonly all: NamespaceContainer[]
  readonly violations: string[] = []
  private readonly signals = new Subject<EngineSignal>()
  private starts = 0

  constructor(names: readonly string[]) {
    this.all = names.map((name, index) => ({ id: String(index).repeat(64), name, run: undefined }))
  }

  readonly engine: ContainerEngine = {
    name: 'namespaces',
    signals: concat(
      timer(LIST_DELAY).pipe(
        map((): EngineSignal => ({ kind: 'containers', containers: this.all.map(told) })),
      ),
      this.signals,
    ),
  }

  async start(container: NamespaceContainer): Promise<void> {
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--propagation', 'private']
    const child = spawn('unshare', [...namespaces, '--kill-child=SIGKILL', '--', 'sh', '-c', SETUP], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim())
    const { dev, ino } = statSync(`/proc/${pid}/ns/net`, { bigint: true })
    const handle = await native.openContainer(pid)
    const listener = handle.openMonitor(GROUP_UDEV, 1024 * 1024, {
      onMessages: (messages) => {
        for (const message of messages) {
          const violation = hear(container, message)
          if (violation !== undefined) this.violations.push(violation)
        }
      },
      onOverrun: () => this.violations.push(`${container.name}: overrun`),
      onError: (error) => this.violations.push(`${container.name}: ${error.message}`),
    })
    handle.close()
    const run = { pid, child, netns: `${dev}:${ino}`, startedAt: ++this.starts, client: new Set<string>() }
    container.run = { ...run, listener }
    this.signals.next({ kind: 'container', container: told(container) })
  }

  async stop(container: NamespaceContainer): Promise<void> {
    const { run } = container
    if (run === undefined) return
    container.run = undefined
    run.listener.close()
    const closed = once(run.child, 'close')
    run.child.kill('SIGKILL')
    await closed
    // The pidfd may tell it first.
    await sleep(2)
    this.signals.next({ kind: 'container', container: told(container) })
  }

  rename(container: NamespaceContainer, name: string): void {
    container.name = name
    this.signals.next({ kind: 'container', container: told(container) })
  }

  inputOf(container: NamespaceContainer): string[] {
    return list(container, 'dev/input')
  }

  recordsOf(container: NamespaceContainer): string[] {
    return list(container, 'run/udev/data')
  }

  boundOf(container: NamespaceContainer): string[] {
    return list(container, 'dev')
      .filter((name) => name.startsWith('hidraw'))
      .map((name) => `/dev/${name}`)
  }

  linkOf({ run }: NamespaceContainer, path: string): string | undefined {
    try {
      return run && readlinkSync(`/proc/${run.pid}/root${path}`)
    } catch {
      return undefined
    }
  }

  async open(pid: number): Promise<ContainerHandle> {
    return native.openContainer(pid)
  }

  async turn(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await sleep(2)
  }

  async end(): Promise<void> {
    for (const container of this.all) await this.stop(container)
  }
}

function told(container: NamespaceContainer) {
  return described(container, container.run?.netns ?? '')
}

function list({ run }: NamespaceContainer, directory: string): string[] {
  if (run === undefined) return []
  try {
    return readdirSync(`/proc/${run.pid}/root/${directory}`).sort()
  } catch {
    return []
  }
}
