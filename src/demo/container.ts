// A throwaway container without an engine: namespaces of its own, its own /dev and /run, and one application.
import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { NEVER, concat, of } from 'rxjs'
import type { Container, ContainerEngine } from '../container/engine.js'
import { EnvironmentError, InvariantError } from '../errors.js'
import type { Report } from './protocol.js'
import { reportSchema } from './protocol.js'

/** What a container engine sets up before an application's first instruction; the mounts die with the namespace. */
const SETUP = `
set -e
mount -t tmpfs -o mode=0755,nosuid udev-proxy-demo /dev
mknod -m 0666 /dev/null c 1 3
mknod -m 0666 /dev/zero c 1 5
mknod -m 0666 /dev/urandom c 1 9
mount -t tmpfs -o mode=0755,nosuid,nodev udev-proxy-demo /run
exec "$@"
`

type DemoProcess = ChildProcessByStdio<null, Readable, null>

export class ThrowawayContainer {
  private constructor(
    private readonly child: DemoProcess,
    readonly pid: number,
    readonly engine: ContainerEngine,
  ) {}

  /** Starts the application in namespaces of its own. Throws EnvironmentError when the kernel does not allow them. */
  static async start(name: string, onReport: (report: Report) => void): Promise<ThrowawayContainer> {
    const application = fileURLToPath(new URL('./application.js', import.meta.url))
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--propagation', 'private']
    const command = ['sh', '-c', SETUP, 'container', process.execPath, application]
    // A group of its own: Ctrl-C ends the demo, and the demo ends the container. --kill-child ends it even when the demo is killed.
    const child = spawn('unshare', [...namespaces, '--kill-child=SIGKILL', '--', ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    try {
      await started(child, onReport)
      const pid = childOf(child.pid)
      const { dev, ino } = statSync(`/proc/${pid}/ns/net`, { bigint: true })
      const running = { pid, startedAt: Date.now(), netns: `${dev}:${ino}`, isOwnChild: true as const }
      return new ThrowawayContainer(child, pid, engineOf({ id: 'throwaway', name, labels: {}, running }))
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** Ends it, with everything in it. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    // unshare's end is the end of its child (--kill-child), and of all in its pid namespace: the pipe closes with the last of them.
    const closed = once(this.child, 'close')
    this.child.kill('SIGKILL')
    await closed
  }
}

/** Follows what the application reports; ends when it runs, and the container is complete with that. */
async function started(child: DemoProcess, onReport: (report: Report) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const report = reportSchema.parse(JSON.parse(line))
      if (report.kind === 'started') resolve()
      onReport(report)
    })
    child.once('error', reject)
    child.once('exit', () => {
      const message = 'unshare(1) could not make a mount, network and pid namespace; see its message above'
      reject(new EnvironmentError(message))
    })
  })
}

/** An engine that has this one container, for ever. */
function engineOf(container: Container): ContainerEngine {
  return {
    name: 'demo',
    signals: concat(of({ kind: 'containers' as const, containers: [container] }), NEVER),
  }
}

/** The pid, here, of the process that is 1 inside: the only child of unshare. */
function childOf(parent: number | undefined): number {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  const child = pids.map(Number).find((pid) => {
    try {
      // proc_pid_stat(5): the parent is the second field behind the name, which may itself contain spaces and parentheses.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
    } catch {
      return false
    }
  })
  if (child === undefined) throw new InvariantError('the container has no process')
  return child
}
