// What the daemon tells systemd: sd_notify(3) and the watchdog.
import { Subscription, interval } from 'rxjs'
import { messageOf } from '../errors.js'
import type { Native } from '../native.js'
import type { Log } from './log.js'

/** Does nothing when systemd has not asked to be told. */
export interface Notifier {
  /** The start is complete; units that are ordered after this one may start. */
  ready(): void
  /** The config is being read anew; `ready` ends it. */
  reloading(): void
  /** One line, for `systemctl status`. */
  status(text: string): void
  stopping(): void
}

/** Speaks to the service manager at NOTIFY_SOCKET. A message that it can't take is a warning in the log. */
export function notifier(env: NodeJS.ProcessEnv, addon: Pick<Native, 'sendDatagram'>, log: Log): Notifier {
  const send = sender(env, addon, log)
  return {
    ready: () => send('READY=1'),
    // sd_notify(3) wants the time with it, by which it is told from an earlier one.
    reloading: () => send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    // The protocol separates assignments by newlines.
    status: (text) => send(`STATUS=${text.replaceAll('\n', ' ')}`),
    stopping: () => send('STOPPING=1'),
  }
}

/**
 * Tells systemd twice in each WatchdogSec that the daemon works, for as long as `healthy` says so: the timer alone proves that the event loop
 * turns, `healthy` that it gets somewhere. Does nothing without a watchdog. Unsubscribe to end it.
 */
export function startWatchdog(
  env: NodeJS.ProcessEnv,
  healthy: () => boolean,
  addon: Pick<Native, 'sendDatagram'>,
  log: Log,
): Subscription {
  const period = watchdogPeriod(env, process.pid)
  if (period === undefined) return Subscription.EMPTY
  const send = sender(env, addon, log)
  return interval(period).subscribe(() => {
    if (healthy()) send('WATCHDOG=1')
  })
}

/** Milliseconds between two heartbeats: half of what systemd allows, as sd_watchdog_enabled(3) advises; undefined without a watchdog. */
export function watchdogPeriod(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const allowed = Number(env['WATCHDOG_USEC'])
  if (!Number.isSafeInteger(allowed) || allowed <= 0) return undefined
  // The variables are inherited: those of another process are not for us.
  const owner = env['WATCHDOG_PID']
  if (owner !== undefined && owner !== String(pid)) return undefined
  return allowed / 2 / 1000
}

function sender(
  env: NodeJS.ProcessEnv,
  addon: Pick<Native, 'sendDatagram'>,
  log: Log,
): (message: string) => void {
  const socket = env['NOTIFY_SOCKET']
  if (socket === undefined || socket === '') return () => undefined
  return (message) => {
    try {
      addon.sendDatagram(socket, Buffer.from(message), false)
    } catch (error) {
      log.warn(`could not send ${message} to systemd: ${messageOf(error)}`)
    }
  }
}
