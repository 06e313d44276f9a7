// What the daemon asks of a container engine.
import type { Observable } from 'rxjs'

/** A container that exists, running or not. */
export interface Container {
  id: string
  /** Without the leading slash that Docker puts before it. */
  name: string
  labels: Readonly<Record<string, string>>
  /** Absent when it does not run. */
  running?: RunningContainer
}

export interface RunningContainer {
  pid: number
  /** Orders containers by start; milliseconds since the epoch, with the fraction that the engine gives. */
  startedAt: number
  /** st_dev:st_ino of its network namespace. */
  netns: string
}

export type EngineSignal =
  /** All containers that exist; comes first, and again after every reconnect. */
  | { kind: 'containers'; containers: Container[] }
  /** A container has appeared, started, stopped or changed its name. */
  | { kind: 'container'; container: Container }
  | { kind: 'gone'; id: string }
  /** The engine can't be reached; it is tried again by itself. What runs goes on running. */
  | { kind: 'unreachable'; error: Error; retryInMs: number }

export interface ContainerEngine {
  /** Shown to people, for instance `docker (/run/docker.sock)`. */
  name: string
  /** Follows the engine for ever; never errors, never completes. */
  signals: Observable<EngineSignal>
}

/** One run of a container: a container that was started again is a new one. */
export function runOf(container: Container): string | undefined {
  return container.running && `${container.id}@${container.running.startedAt}`
}
