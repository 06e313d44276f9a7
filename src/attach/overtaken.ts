// Logs the units that the host's udevd announced before their nodes were there. Nobody announces them again on the host's network.
import type { Device } from '../kernel/index.js'
import type { Log } from '../service/log.js'
import { unitTitle } from './title.js'
import type { Trace } from './trace.js'

type Settled = Extract<Trace, { kind: 'settled' }>

export class Overtaken {
  /** By stage and unit; whether its line is in the log. */
  private readonly units = new Map<string, boolean>()

  constructor(private readonly log: Log) {}

  /** The host's udevd announced the device before it got its node on the stage. */
  note(stage: string, { unit }: Device): void {
    const key = keyOf(stage, unit)
    if (!this.units.has(key)) this.units.set(key, false)
  }

  /** Logs one line for each attachment of a unit, when its first devices are there. */
  settled({ stage, unit, route, devices }: Settled): void {
    const key = keyOf(stage, unit)
    const isLogged = this.units.get(key)
    if (isLogged === undefined) return
    if (devices.length === 0) {
      this.units.delete(key)
      return
    }
    if (isLogged) return
    this.units.set(key, true)
    const device = unitTitle(devices)
    this.log.info(
      `the host's udevd announced ${device} before ${stage} had its nodes: a program that runs there already may not see it until it is plugged again or the program is restarted`,
      { container: stage, device, route, action: 'attach' },
    )
  }

  /** The unit has another key. */
  moved(unit: string, to: string): void {
    for (const [key, isLogged] of [...this.units]) {
      if (!key.endsWith(` ${unit}`)) continue
      this.units.delete(key)
      this.units.set(keyOf(key.slice(0, -unit.length - 1), to), isLogged)
    }
  }

  /** The container of the stage has ended. */
  ended(stage: string): void {
    for (const key of [...this.units.keys()]) if (key.startsWith(`${stage} `)) this.units.delete(key)
  }
}

function keyOf(stage: string, unit: string): string {
  return `${stage} ${unit}`
}
