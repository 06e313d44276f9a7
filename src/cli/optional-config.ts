// The config for a tool that can do without one.
import { existsSync } from 'node:fs'
import type { Config } from '../config/index.js'
import { ConfigError } from '../errors.js'

export interface ConfigChoice {
  /** What --config says; it has to be right. */
  path: string | undefined
  /** The service's, which need not be there. */
  usual: string
}

/** The config, or undefined when none was asked for and the usual one is missing, or, which is told on `err`, wrong. */
export async function optionalConfig(
  { path, usual }: ConfigChoice,
  err: NodeJS.WritableStream,
): Promise<Config | undefined> {
  if (path === undefined && !existsSync(usual)) return undefined
  // Its schema takes longer to load than all that a tool needs without it.
  const { loadConfig } = await import('../config/index.js')
  if (path !== undefined) return loadConfig(path)
  try {
    return loadConfig(usual)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    err.write(`udev-proxy: going on without ${usual}: ${error.message} (udev-proxy check)\n`)
    return undefined
  }
}
