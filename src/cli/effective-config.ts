// The config that a tool goes by: the daemon's, where one runs, so that both say the same of a device.
import { existsSync, realpathSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { ConfigReport } from '../attach/status-report.js'
import { DEFAULT_CONTROL } from '../config/config.js'
import type { Config } from '../config/index.js'
import { ConfigError, EnvironmentError, UnavailableError } from '../errors.js'
import { askDaemon } from './ask.js'
import type { ConfigChoice } from './optional-config.js'
import { optionalConfig } from './optional-config.js'

/**
 * The config of the daemon that runs, unless another file was asked for than its own; `err` is told when its file says otherwise by now. Without a daemon, or
 * for a user who may not ask it, what optionalConfig returns.
 */
export async function effectiveConfig(
  choice: ConfigChoice,
  err: NodeJS.WritableStream,
): Promise<Config | undefined> {
  const held = await heldConfig(await controlPath(choice))
  const file = choice.path ?? (existsSync(choice.usual) ? choice.usual : undefined)
  if (held === undefined || (choice.path !== undefined && !isSameFile(choice.path, held.path)))
    return optionalConfig(choice, err)
  const news = file === undefined ? undefined : await newsOf(file, held)
  if (news !== undefined) err.write(`udev-proxy: ${news}\n`)
  return held.active
}

/** The socket at which the daemon of this config is asked, as far as its file can be read. */
export async function controlPath({ path, usual }: ConfigChoice): Promise<string> {
  if (path === undefined && !existsSync(usual)) return DEFAULT_CONTROL
  const { controlOf } = await import('../config/control.js')
  return controlOf(path ?? usual) ?? DEFAULT_CONTROL
}

async function heldConfig(control: string): Promise<ConfigReport | undefined> {
  try {
    const { config } = await askDaemon(control)
    // A daemon of an older version does not tell it.
    return 'active' in config ? config : undefined
  } catch (error) {
    if (error instanceof UnavailableError || error instanceof EnvironmentError) return undefined
    throw error
  }
}

/** What a person should know who has this file in mind; undefined when it is what the daemon has. */
async function newsOf(file: string, { path, active }: ConfigReport): Promise<string | undefined> {
  if (!isSameFile(file, path))
    return `this follows ${path}, the config of the running daemon, and not ${file}`
  const { loadConfig } = await import('../config/index.js')
  try {
    if (isDeepStrictEqual(loadConfig(file), active)) return undefined
    return `${file} has changed since the daemon read it, and this follows what the daemon read (to make it read the file again: systemctl reload udev-proxy)`
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return `${file}: ${error.message} (udev-proxy check), and this follows what the daemon read before`
  }
}

function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b)
  } catch {
    return a === b
  }
}
