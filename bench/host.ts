// What a subject takes for its host: network and mount namespaces of its own, with a /run and a /dev that nobody else sees.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, unlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { ENVIRONMENT, output } from '../test/integration/harness/command.js'
import type { Uevent } from '../test/integration/harness/pad.js'

const SET_UP = [
  'mount -t tmpfs -o mode=755 run /run',
  'mount -t tmpfs -o mode=755 dev /dev',
  'mknod -m 666 /dev/null c 1 3',
  'mkdir /dev/input',
  'echo ready',
  'exec sleep infinity',
].join(' && ')

/** Uevents that are sent in it reach only what runs in it. */
export class Host {
  private constructor(private readonly holder: ChildProcess) {}

  /** Its mounts are a copy of what is mounted now. */
  static async start(): Promise<Host> {
    const holder = spawn('unshare', ['--net', '--mount', 'sh', '-c', SET_UP], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: ENVIRONMENT,
    })
    const ended = once(holder, 'exit').then(() => {
      throw new Error('the namespaces of a host could not be made')
    })
    await Promise.race([once(holder.stdout, 'data'), ended])
    ended.catch(() => undefined)
    return new Host(holder)
  }

  /** A command line's beginning that runs the rest of it here; paths must be absolute. */
  get enter(): string[] {
    return ['nsenter', '--target', String(this.#pid), '--net', '--mount', '--']
  }

  /** A path of this host as others can use it. */
  path(path: string): string {
    return `/proc/${this.#pid}/root${path}`
  }

  async waitForPath(path: string): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt++) {
      if (existsSync(this.path(path))) return
      await pause(20)
    }
    throw new Error(`${path} did not appear within 10 s`)
  }

  /** What devtmpfs does before the uevents of new devices are sent (drivers/base/core.c: device_add). */
  async makeNodes(uevents: Uevent[]): Promise<void> {
    const lines = uevents.flatMap(({ properties: { DEVNAME, MAJOR, MINOR } }) =>
      DEVNAME === undefined
        ? []
        : [`mknod -m 600 ${this.path(`/dev/${DEVNAME}`)} c ${MAJOR ?? ''} ${MINOR ?? ''}`],
    )
    await output('sh', ['-ec', lines.join('\n')])
  }

  /** What devtmpfs does before the uevents of removed devices are sent (device_del). */
  removeNodes(uevents: Uevent[]): void {
    for (const { properties } of uevents)
      if (properties['DEVNAME'] !== undefined) unlinkSync(this.path(`/dev/${properties['DEVNAME']}`))
  }

  async end(): Promise<void> {
    const exit = once(this.holder, 'exit')
    this.holder.kill('SIGKILL')
    await exit
  }

  get #pid(): number {
    return this.holder.pid ?? -1
  }
}
