// `udev-proxy status`: the daemon's state, once or again and again.
import { setTimeout as pause } from 'node:timers/promises'
import type { StatusReport } from '../attach/status-report.js'
import { EXIT, UnavailableError } from '../errors.js'
import { askDaemon } from './ask.js'
import { controlPath } from './effective-config.js'
import { inPlace } from './in-place.js'
import type { ConfigChoice } from './optional-config.js'
import { signalled } from './signalled.js'
import { statusText } from './status-text.js'

export interface StatusOptions {
  json: boolean
  watch: boolean
  config: ConfigChoice
}

/** How often a daemon that is watched is asked, in milliseconds. */
const INTERVAL = 1000

/** Prints the state, and returns the exit code. Throws what askDaemon throws. */
export async function status({ json, watch, config }: StatusOptions): Promise<number> {
  const path = await controlPath(config)
  const report = await askDaemon(path)
  if (watch) return watchFrom(report, path, json)
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : statusText(report))
  return EXIT.ok
}

/** Shows the state until it is stopped; a daemon that ends meanwhile is waited for. */
async function watchFrom(first: StatusReport, path: string, json: boolean): Promise<number> {
  const stop = new AbortController()
  void signalled('SIGINT', 'SIGTERM').then(() => stop.abort())
  const show = json || !process.stdout.isTTY ? showChanges(json) : showInPlace()
  show(first)
  while (await passes(INTERVAL, stop.signal)) {
    try {
      show(await askDaemon(path))
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      show(error)
    }
  }
  return EXIT.ok
}

type Show = (state: StatusReport | UnavailableError) => void

function showInPlace(): Show {
  const show = inPlace(process.stdout)
  return (state) => show(state instanceof Error ? `${state.message}\n` : statusText(state))
}

/** A block, or a line of JSON, for each state that differs in more than its age. */
function showChanges(json: boolean): Show {
  const textOf = (report: StatusReport): string =>
    json ? `${JSON.stringify(report)}\n` : `${statusText(report)}\n`
  let before: string | undefined
  return (state) => {
    const now = state instanceof Error ? state.message : textOf({ ...state, uptime: 0 })
    if (now === before) return
    before = now
    if (state instanceof Error) process.stderr.write(`udev-proxy: ${now}\n`)
    else process.stdout.write(textOf(state))
  }
}

/** True after that time, false at once when it is over. */
async function passes(ms: number, over: AbortSignal): Promise<boolean> {
  return pause(ms, true, { signal: over }).catch(() => false)
}
