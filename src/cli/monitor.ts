// `udev-proxy monitor`: what the kernel and udev say, on the host or in a container, and where each event goes.
import { ConfigError, EXIT, EnvironmentError, UnavailableError, isSystemError } from '../errors.js'
import { native } from '../native.js'
import { missingRequirements } from '../service/requirements.js'
import { watchConfig } from './config-watch.js'
import { controlPath, effectiveConfig } from './effective-config.js'
import { enterContainer } from './enter.js'
import type { Source } from './monitor-line.js'
import type { ConfigChoice } from './optional-config.js'
import { Printing } from './printing.js'
import { Routing } from './routing.js'
import { signalled } from './signalled.js'

export interface MonitorOptions {
  container: string | undefined
  sources: readonly Source[]
  property: boolean
  json: boolean
  config: ConfigChoice
}

/** Prints events until SIGINT or SIGTERM, or the end of the container, and returns the exit code. */
export async function monitor({
  container,
  sources,
  property,
  json,
  config,
}: MonitorOptions): Promise<number> {
  const missing = missingRequirements(native)
  if (missing !== undefined) throw new EnvironmentError(missing)
  const stopped = signalled('SIGINT', 'SIGTERM')
  const settings = await effectiveConfig(config, process.stderr)
  const visit = container === undefined ? undefined : await enterContainer(container, settings)
  const exited = new Promise<void>((resolve) => {
    visit?.handle.onExit(() => {
      tell(`container ${visit.name} has ended`)
      resolve()
    })
  })
  const routing = settings && new Routing(settings, sources, tell)
  const printing = new Printing({
    property,
    json,
    routing,
    open: (...socket) =>
      visit === undefined ? native.openMonitor(...socket) : visit.handle.openMonitor(...socket),
    print: (text) => process.stdout.write(text),
    tell,
  })
  const unwatch = routing && watchConfig(await controlPath(config), () => void follow(config, routing))
  const over = Promise.race([stopped, exited, printing.failed]).then(() => true)
  try {
    const isOver = await Promise.race([over, routing?.ready.then(() => false) ?? false])
    if (!isOver) printing.start(sources)
    await over
    return EXIT.ok
  } catch (error) {
    // It has ended between the engine's answer and the opening of the socket.
    if (visit !== undefined && isSystemError(error, 'ESRCH'))
      throw new UnavailableError(`container ${visit.name} does not run`)
    throw error
  } finally {
    unwatch?.()
    printing.stop()
    routing?.stop()
    visit?.handle.close()
  }
}

/** Goes by the config that the daemon has now. */
async function follow(choice: ConfigChoice, routing: Routing): Promise<void> {
  try {
    const config = await effectiveConfig(choice, process.stderr)
    if (config === undefined || !routing.configure(config)) return
    tell('the config has changed: what follows is shown with its routes')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    tell(`${error.message} (udev-proxy check): routes are those of before`)
  }
}

function tell(problem: string): void {
  process.stderr.write(`udev-proxy monitor: ${problem}\n`)
}
