// The document that the daemon hands out to whoever asks for its state.
import type { Config } from '../config/index.js'
import type { AttachReport } from './report.js'

/** Times are in ISO 8601. */
export interface StatusReport extends DaemonReport {
  version: string
  pid: number
  config: ConfigReport
}

export interface ConfigReport {
  path: string
  loadedAt: string
  /** Why a later reload was not taken; absent when the last one was. */
  error?: { at: string; message: string }
  /** What holds now, with every default filled in. */
  active: Config
}

export interface DaemonReport extends AttachReport {
  startedAt: string
  /** In seconds. */
  uptime: number
  engine: {
    name: string
    state: 'unknown' | 'reached' | 'unreachable'
    /** Containers that it does not tell of now, and why. */
    unanswered: { container: string; reason: string }[]
  }
  counters: Counters
  /** Sizes of all that is kept while there is something to keep it for. */
  held: Readonly<Record<string, number>>
}

/** Since the daemon's start. */
export interface Counters {
  uevents: number
  /** Datagrams that were not taken for uevents, by why. */
  dropped: Readonly<Record<string, number>>
  overruns: number
  /** How often sysfs was looked at as a whole. */
  resyncs: number
  attaches: number
  detaches: number
  retries: number
}
