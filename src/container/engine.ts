// What the daemon asks of a container engine.
import type { Observable } from 'rxjs'

/** A container that exists, running or not. */
export interface Container {
  id: string
  /** Without the leading slash that Docker puts before it. Fit to be the name of a directory. */
  name: string
  /** Those that a route reads. */
  labels: Readonly<Record<string, string>>
  /** Absent when it does not run. */
  running?: RunningContainer
  /** What it was created with, as far as it explains a refusal. */
  hostConfig?: HostConfig
  /** Why the engine says no more of it now: without `running`, it is not known whether it runs; with it, that was so before. */
  unanswered?: string
}

export interface RunningContainer {
  pid: number
  /** Orders containers by start; milliseconds since the epoch, with the fraction that the engine gives. */
  startedAt: number
  /** st_dev:st_ino of its network namespace; of a process that is not proved to be the container's, nobody's. */
  netns: string
  /** Why the process with that pid can't be the container's. */
  unproved?: string
  /** This engine has started the process itself: nothing is to be proved. */
  isOwnChild?: true
}

/** Paths are those inside. */
export interface HostConfig {
  privileged: boolean
  devices: string[]
  deviceCgroupRules: string[]
  /** Where volumes and mounts are. */
  binds: string[]
  networkMode: string
  readonlyRootfs: boolean
}

export type EngineSignal =
  /** All containers that exist; comes first, and again whenever all were listed. */
  | { kind: 'containers'; containers: Container[] }
  /** A container has appeared, started, stopped or changed its name. */
  | { kind: 'container'; container: Container }
  | { kind: 'gone'; id: string }
  /** The engine can't be asked about one container, or what it answers can't be used. It is asked again by itself. */
  | { kind: 'problem'; id: string; name?: string; message: string }
  /** The engine can't be reached; it is tried again by itself. What runs goes on running. */
  | { kind: 'unreachable'; error: Error; retryInMs: number }

export interface ContainerEngine {
  /** Shown to people, for instance `docker (/run/docker.sock)`. */
  name: string
  /** Follows the engine for ever; never errors, never completes. */
  signals: Observable<EngineSignal>
  /** From now on containers have these labels, as far as they have any. */
  readLabels?(labels: ReadonlySet<string>): void
  /** From now on those that `isMeant` names are asked about before others. */
  prefer?(isMeant: (container: Container) => boolean): void
}

/** One run of a container: a container that was started again is a new one. */
export function runOf(container: Container): string | undefined {
  return container.running && `${container.id}@${container.running.startedAt}`
}
