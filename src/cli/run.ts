// `udev-proxy run`: the daemon in the foreground.
import { EMPTY, interval } from 'rxjs'
import { loadConfig } from '../config/index.js'
import { dockerEngine, dockerSocket } from '../container/docker.js'
import { Daemon } from '../daemon.js'
import { EXIT, EnvironmentError, messageOf } from '../errors.js'
import { native } from '../native.js'
import { createLog, missingRequirements, notifier, startWatchdog } from '../service/index.js'

/** How often systemd's status line is looked at, in milliseconds; it is sent when it has changed. */
const STATUS_INTERVAL = 5000

/** Runs until SIGTERM or SIGINT and returns the exit code. Throws ConfigError and EnvironmentError before anything was touched. */
export async function run(configFile: string): Promise<number> {
  const config = loadConfig(configFile)
  const missing = missingRequirements(native)
  if (missing !== undefined) throw new EnvironmentError(missing)
  const engine = dockerEngine(dockerSocket(config.docker.socket, process.env['DOCKER_HOST']))
  // Modes of directories and records are meant as written.
  process.umask(0o022)

  const log = createLog(config.log, native)
  const stopped = signalled('SIGTERM', 'SIGINT')
  const daemon = new Daemon({ config, engine, log, addon: native })
  const systemd = notifier(process.env, native, log)
  let status = daemon.status
  const heartbeat = startWatchdog(process.env, () => daemon.isAlive, native, log)
  systemd.status(status)
  systemd.ready()
  log.info(`ready: ${status} (${configFile})`)
  // Without a service manager nobody asks, and an idle daemon need not wake up.
  const ticks = process.env['NOTIFY_SOCKET'] === undefined ? EMPTY : interval(STATUS_INTERVAL)
  const reporting = ticks.subscribe(() => {
    if (daemon.status === status) return
    status = daemon.status
    systemd.status(status)
  })

  try {
    const signal = await Promise.race([stopped, daemon.failed])
    log.info(`${signal}: stopping; what is on the stages stays`)
    systemd.stopping()
    return EXIT.ok
  } catch (error) {
    log.error(
      `stopping because of a bug: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`,
    )
    return EXIT.internal
  } finally {
    reporting.unsubscribe()
    heartbeat.unsubscribe()
    await daemon.stop()
  }
}

/** The first of the signals to arrive. */
async function signalled(...signals: NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal))
  })
}
