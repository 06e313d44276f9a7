// A throwaway container without an engine: namespaces of its own, its own /dev and /run, and one application.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { NEVER, concat, of } from 'rxjs'
import type { ContainerEngine } from '../container/engine.js'
import { EnvironmentError } from '../errors.js'
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

export class ThrowawayContainer {
  private constructor(
    private readonly child: ChildProcess,
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
    await once(child, 'spawn')
    createInterface({ input: child.stdout }).on('line', (line) =>
      onReport(reportSchema.parse(JSON.parse(line))),
    )
    const pid = await firstProcess(child)
    const { dev, ino } = statSync(`/proc/${pid}/ns/net`, { bigint: true })
    const container = {
      id: 'throwaway',
      name,
      labels: {},
      running: { pid, startedAt: Date.now(), netns: `${dev}:${ino}` },
    }
    const engine: ContainerEngine = {
      name: 'demo',
      signals: concat(of({ kind: 'containers' as const, containers: [container] }), NEVER),
    }
    return new ThrowawayContainer(child, pid, engine)
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

/** The pid, here, of the process that is 1 inside: the only child of unshare, once its namespaces are complete. */
async function firstProcess(unshare: ChildProcess): Promise<number> {
  const own = statSync('/proc/self/ns/net', { bigint: true }).ino
  while (unshare.exitCode === null && unshare.pid !== undefined) {
    const pid = childOf(unshare.pid)
    if (pid !== undefined && statSync(`/proc/${pid}/ns/net`, { bigint: true }).ino !== own) return pid
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new EnvironmentError(
    'unshare(1) could not make a mount, network and pid namespace; see its message above',
  )
}

function childOf(parent: number): number | undefined {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  return pids.map(Number).find((pid) => {
    try {
      // proc_pid_stat(5): the parent is the second field behind the name, which may itself contain spaces and parentheses.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
    } catch {
      return false
    }
  })
}
