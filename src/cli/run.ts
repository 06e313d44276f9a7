// `udev-proxy run`: the daemon in the foreground.
import { resolve } from 'node:path'
import { EMPTY, Subscription, fromEvent, interval } from 'rxjs'
import { stageProblem } from '../attach/root.js'
import type { ConfigReport, StatusReport } from '../attach/status-report.js'
import { jsonOf } from '../bytes.js'
import type { LoadedConfig } from '../config/index.js'
import { loadConfigFile, mistakeLine } from '../config/index.js'
import { dockerEngine, dockerSocket } from '../container/docker.js'
import type { ContainerEngine } from '../container/engine.js'
import { Daemon } from '../daemon.js'
import { EXIT, EnvironmentError, StageLostError, messageOf } from '../errors.js'
import { native } from '../native.js'
import { labelsRead } from '../route/select.js'
import { ControlSocket, createLog, missingRequirements, notifier, startWatchdog } from '../service/index.js'
import { bugText, endAtBugs, endSoon } from './bug.js'
import { reload } from './reload.js'
import { signalled } from './signalled.js'
import { version } from './version.js'

/** How often systemd's status line is looked at, in milliseconds; it is sent when it has changed. */
const STATUS_INTERVAL = 5000

/** Runs until SIGTERM or SIGINT, reloads the config at SIGHUP, and returns the exit code. Throws ConfigError and EnvironmentError before anything was touched. */
export async function run(configFile: string): Promise<number> {
  const loaded = loadConfigFile(configFile, { strict: true })
  const { config } = loaded
  const missing = missingRequirements(native)
  if (missing !== undefined) throw new EnvironmentError(missing)
  const problem = stageProblem(config.stage, config.control)
  if (problem !== undefined) throw new EnvironmentError(problem)
  const engine = dockerEngine(
    dockerSocket(config.docker.socket, process.env['DOCKER_HOST']),
    labelsRead(config.routes.map(({ container }) => container)),
  )
  const control = await ControlSocket.open(config.control)
  try {
    return await serve(configFile, loaded, engine, control)
  } finally {
    control.close()
  }
}

async function serve(
  configFile: string,
  { config, warnings }: LoadedConfig,
  engine: ContainerEngine,
  control: ControlSocket,
): Promise<number> {
  // Modes of directories and records are meant as written.
  process.umask(0o022)

  const log = createLog(config.log, native)
  const tellBug = (text: string): void => log.error(`stopping because of a bug: ${text}`)
  endAtBugs(tellBug)
  for (const warning of warnings) log.warn(mistakeLine(warning), { action: 'load' })
  const stopped = signalled('SIGTERM', 'SIGINT')
  const daemon = new Daemon({ config, engine, log, addon: native })
  const now = (): string => new Date().toISOString()
  let loaded: ConfigReport = { path: resolve(configFile), loadedAt: now(), active: daemon.config }
  const report = (): StatusReport => ({
    version: version(),
    pid: process.pid,
    config: loaded,
    ...daemon.report(),
  })
  control.serve(
    () => jsonOf(report()),
    (error) => log.error(`udev-proxy status got no answer: ${messageOf(error)}`),
  )
  const systemd = notifier(process.env, native, log)
  const statusNow = (): string =>
    loaded.error === undefined ? daemon.status : `${loaded.error.message}; ${daemon.status}`
  let status = statusNow()
  const heartbeat = startWatchdog(process.env, () => daemon.isAlive, native, log)
  // Without a service manager nobody asks, and an idle daemon need not wake up.
  const ticks = process.env['NOTIFY_SOCKET'] === undefined ? EMPTY : interval(STATUS_INTERVAL)
  const tellStatus = (): void => {
    if (statusNow() === status) return
    status = statusNow()
    systemd.status(status)
  }
  const reporting = new Subscription()
  reporting.add(ticks.subscribe(tellStatus))
  // Before it is said to be ready: the signal would end it.
  reporting.add(
    fromEvent(process, 'SIGHUP').subscribe(() => {
      systemd.reloading()
      const message = reload(configFile, daemon, log)
      loaded =
        message === undefined
          ? { path: loaded.path, loadedAt: now(), active: daemon.config }
          : { ...loaded, error: { at: now(), message } }
      if (message === undefined) control.noteChange()
      tellStatus()
      systemd.ready()
    }),
  )

  systemd.status(status)
  systemd.ready()
  log.info(`ready: ${status} (${configFile})`)

  let code: number = EXIT.ok
  try {
    const signal = await Promise.race([stopped, daemon.failed])
    log.info(`${signal}: stopping; the containers keep their devices`)
    systemd.stopping()
  } catch (error) {
    const isOurs = !(error instanceof StageLostError || error instanceof EnvironmentError)
    if (isOurs) tellBug(bugText(error))
    else log.error(`${error.message}; the containers keep what they have`)
    // Another one on the way out is no news.
    endAtBugs(() => undefined)
    code = isOurs ? EXIT.internal : error instanceof StageLostError ? EXIT.again : EXIT.environment
  }
  endSoon(code)
  reporting.unsubscribe()
  heartbeat.unsubscribe()
  try {
    await daemon.stop()
  } catch (error) {
    if (code === EXIT.ok) throw error
  }
  return code
}
