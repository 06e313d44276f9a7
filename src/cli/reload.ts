// SIGHUP: the config is read anew.
import { loadConfigFile, mistakeLine } from '../config/index.js'
import type { Daemon } from '../daemon.js'
import { ConfigError } from '../errors.js'
import type { Log } from '../service/index.js'

/**
 * Lets the daemon go on with the config as it is in the file now. Returns undefined, or, for a config with mistakes, one line about it: then all are in the log, and
 * the daemon goes on with what it had.
 */
export function reload(configFile: string, daemon: Daemon, log: Log): string | undefined {
  try {
    const { config, warnings } = loadConfigFile(configFile, { strict: true })
    const fixed = daemon.reload(config)
    for (const warning of warnings) log.warn(mistakeLine(warning), { action: 'reload' })
    log.info(`reloaded ${configFile}: ${daemon.status}`, { action: 'reload' })
    if (fixed.length > 0) {
      log.warn(
        `${fixed.join(', ')} in ${configFile} changed: systemctl restart udev-proxy applies that, a reload does not`,
        {
          action: 'reload',
        },
      )
    }
    return undefined
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { mistakes } = error
    for (const mistake of mistakes) log.error(mistakeLine(mistake), { action: 'reload' })
    const [first] = mistakes
    const at = first === undefined ? '' : ` at ${first.file}:${first.line}:${first.column}`
    const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes, the first`
    const summary = `config not reloaded, it has ${count}${at}`
    log.error(`${summary}; udev-proxy keeps the config that it had`, { action: 'reload' })
    return summary
  }
}
