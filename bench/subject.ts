// What is measured: a process that serves one container, and what it costs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { output } from '../test/integration/harness/command.js'
import { Daemon } from '../test/integration/harness/daemon.js'
import type { DockerEngine } from '../test/integration/harness/docker-engine.js'

/** Where a subject works. */
export interface Place {
  engine: DockerEngine
  /** The name of the container that it serves. */
  container: string
  stage: string
  /** A directory that the container has at /results. */
  results: string
}

export interface Subject {
  pid: number
  end(): Promise<void>
}

/** Starts udev-proxy as a person does, with one route, and a container that has no volume of the stage. */
export async function startDaemon({ engine, container, stage, results }: Place): Promise<Subject> {
  const config = join(results, 'config.yaml')
  await writeFile(
    config,
    [
      'version: 1',
      `docker: { socket: ${engine.socket} }`,
      `stage: ${stage}`,
      'log: { format: json }',
      `routes: [{ name: pads, match: { name: "Bench*", vendor: "054c" }, container: ${container} }]`,
      '',
    ].join('\n'),
  )
  const daemon = await Daemon.start(config)
  await engine.run({ name: container, args: ['-v', `${results}:/results`] })
  return {
    pid: daemon.pid,
    end: async () => {
      await daemon.stop()
    },
  }
}

/** Starts the C daemon, with a container that has the stage as volumes. */
export async function startBaseline({ engine, container, stage, results }: Place): Promise<Subject> {
  await output('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'stage', stage])
  for (const path of ['input', 'udev/data', 'scratch']) await mkdir(join(stage, path), { recursive: true })
  await writeFile(join(stage, 'udev/control'), '')
  const volumes = [`${stage}/input:/dev/input:ro`, `${stage}/udev:/run/udev:ro`, `${results}:/results`]
  await engine.run({ name: container, args: volumes.flatMap((volume) => ['-v', volume]) })
  const containerPid = await engine.docker('inspect', '--format', '{{.State.Pid}}', container)
  const child = spawn('.cache/clients/baseline', [stage, containerPid], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    pid: child.pid ?? -1,
    end: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    },
  }
}

/**
 * CPU time that the process' threads have used, in microseconds (the first field of schedstat:
 * Documentation/scheduler/sched-stats.rst).
 */
export function cpuMicroseconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map(
      (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000,
    )
    .reduce((sum, time) => sum + time, 0)
}

/** Resident memory in MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}
