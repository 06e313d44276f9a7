// The VM's own systemd, journal and Docker Engine.
import { readFileSync } from 'node:fs'
import { Container, DockerEngine } from '../../integration/harness/docker-engine.js'
import type { ContainerOptions } from '../../integration/harness/docker-engine.js'
import { output, outcomeOf } from '../../integration/harness/command.js'
import { until } from './until.js'

export const STAGE = '/run/udev-proxy/stage'
export const CONFIG = '/etc/udev-proxy/config.yaml'
export const SERVICE = 'udev-proxy.service'

/** The engine of docker.service; systemd has started it, and it ends with the machine. */
export const engine = new DockerEngine('/run')

/** Containers that run from before the first test to the last: what each gets is in ROUTES of install.ts. */
export const PADS = new Container(engine, 'retroarch-1')
export const DESK = new Container(engine, 'kodi')
export const ARCADE = new Container(engine, 'arcade')

/** Creates a container that may open any input and hidraw device, as the README says. */
export async function createContainer(options: ContainerOptions): Promise<Container> {
  const rules = ['c 13:* rw', `c ${hidrawMajor()}:* rw`].map((rule) => `--device-cgroup-rule=${rule}`)
  return engine.create({ ...options, args: [...rules, ...(options.args ?? [])] })
}

/** Its root directory, seen from outside: an exec takes more than a second here. It ends with the container's first process. */
export async function rootOf({ name }: Container): Promise<string> {
  return `/proc/${await engine.docker('inspect', '--format', '{{.State.Pid}}', name)}/root`
}

/** The major of hidraw nodes; the kernel assigns it anew at every boot. */
export function hidrawMajor(): number {
  const major = /^ *(\d+) hidraw$/m.exec(readFileSync('/proc/devices', 'utf8'))?.[1]
  if (major === undefined) throw new Error('/proc/devices has no hidraw')
  return Number(major)
}

/** Runs systemctl on the daemon's service; rejects with what the journal says of it. */
export async function systemctl(verb: 'start' | 'stop' | 'restart' | 'reload'): Promise<void> {
  const { code, stderr } = await outcomeOf('systemctl', [verb, SERVICE])
  if (code === 0) return
  throw new Error(
    `systemctl ${verb} ${SERVICE}: ${stderr}${await output('journalctl', ['-u', SERVICE, '-n', '40'])}`,
  )
}

/** Properties of the service, as `systemctl show` has them. */
export async function serviceState(...names: string[]): Promise<Partial<Record<string, string>>> {
  const shown = await output('systemctl', ['show', SERVICE, '--property', names.join(',')])
  return Object.fromEntries(
    shown.split('\n').map((line) => [line.split('=', 1).join(), line.replace(/^.*?=/, '')]),
  )
}

export type JournalEntry = Partial<Record<string, string>>

/** The journal's entries that match `FIELD=value`s, oldest first, of this boot. */
export async function journal(...matches: string[]): Promise<JournalEntry[]> {
  const lines = await output('journalctl', ['-b', '-o', 'json', ...matches])
  return lines
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JournalEntry)
}

/** The last of them, as soon as there is one. */
export async function journalEntry(...matches: string[]): Promise<JournalEntry> {
  return until(`an entry in the journal with ${matches.join(' ')}`, async () =>
    (await journal(...matches)).at(-1),
  )
}
