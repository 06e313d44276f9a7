// `udev-proxy devices`: the input devices of this host, and who owns each by the config.
import { jsonOf } from '../bytes.js'
import { EXIT } from '../errors.js'
import { listUnits, unitsText } from './device-list.js'
import { effectiveConfig } from './effective-config.js'
import type { ConfigChoice } from './optional-config.js'
import { surveyHost } from './survey.js'

export interface DevicesOptions {
  json: boolean
  config: ConfigChoice
}

/** Prints the list, and returns the exit code. */
export async function devices({ json, config }: DevicesOptions): Promise<number> {
  const { world, problem, close } = await surveyHost(await effectiveConfig(config, process.stderr))
  if (problem !== undefined) {
    process.stderr.write(`udev-proxy: ${problem}: owners are shown by the container that the route names\n`)
  }
  const units = listUnits(world)
  close()
  process.stdout.write(json ? `${jsonOf(units, 2)}\n` : unitsText(units))
  return EXIT.ok
}
