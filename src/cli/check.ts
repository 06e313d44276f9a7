// `udev-proxy check`: is a config right?

import { missingAmong } from '../attach/absent.js'
import { stageProblem } from '../attach/root.js'
import type { Config } from '../config/index.js'
import { formatMistakes, formatWarnings, loadConfigFile } from '../config/index.js'
import { dockerSocket } from '../container/docker.js'
import { knownContainers } from '../container/names.js'
import { ConfigError, EXIT, EnvironmentError } from '../errors.js'

/**
 * Writes whether the config at `file` is right, or all that is wrong with it, and returns the exit code. Warnings change nothing about it; `strict` refuses also
 * what the daemon would: a file that others may write.
 */
export function check(file: string, out: NodeJS.WritableStream, strict = false): number {
  try {
    const { config, warnings, mistakeIn } = loadConfigFile(file, { strict })
    if (warnings.length > 0) out.write(`${formatWarnings(warnings)}\n`)
    const problem = stageProblemHere(config)
    if (problem !== undefined) {
      out.write(`${formatMistakes(new ConfigError([mistakeIn(['stage'], { message: problem })]))}\n`)
      return EXIT.environment
    }
    const remarks = warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning')}`
    out.write(`${file}: ok, ${count(config.routes.length, 'route')}${remarks}\n`)
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    out.write(`${formatMistakes(error)}\n${count(error.mistakes.length, 'mistake')}\n`)
    return EXIT.config
  }
}

/** What the daemon would refuse its stage for on this host. Root alone may look everywhere. */
function stageProblemHere({ stage, control }: Config): string | undefined {
  return process.geteuid?.() === 0 ? stageProblem(stage, control) : undefined
}

/** How long the engine may take to say which containers there are, in milliseconds. */
const PATIENCE = 1000

/** Writes what a config wants that is right for itself: containers that are not there. Nothing where the engine does not say. */
export async function checkContainers(file: string, out: NodeJS.WritableStream): Promise<void> {
  const { config, mistakeIn } = loadConfigFile(file)
  if (config.routes.length === 0) return
  const socket = socketOf(config)
  const known = socket === undefined ? undefined : await knownContainers(socket, PATIENCE)
  if (known === undefined) return
  const routed = config.routes.map(({ container }) => container)
  const remarks = config.routes.flatMap(({ container }, index) => {
    const message = missingAmong(known, container, routed)
    return message === undefined ? [] : [mistakeIn(['routes', index, 'container'], { message })]
  })
  if (remarks.length > 0) out.write(`\n${formatWarnings(remarks, 'remark')}`)
}

/** Where the daemon would look; nowhere when DOCKER_HOST is of another machine. */
function socketOf(config: Config): string | undefined {
  try {
    return dockerSocket(config.docker.socket, process.env['DOCKER_HOST'])
  } catch (error) {
    if (error instanceof EnvironmentError) return undefined
    throw error
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
