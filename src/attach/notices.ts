// Tells people, once each, why a unit is not where its route would have it.
import type { Container } from '../container/engine.js'
import { runOf } from '../container/engine.js'
import { selectorText } from '../route/select.js'
import type { Log } from '../service/log.js'
import { unitTitle } from './title.js'
import type { Unit, World } from './world.js'
import { placeOf, refusalOf } from './world.js'

export class Notices {
  /** What was told of each unit. */
  private readonly told = new Map<string, Set<string>>()

  constructor(
    private readonly world: World,
    private readonly log: Log,
  ) {}

  /** Tells what is new about the unit; forgets it when it has gone. */
  look(key: string): void {
    const unit = this.world.units.get(key)
    if (unit === undefined) this.told.delete(key)
    else if (unit.found !== undefined && this.world.containersKnown) this.tell(unit)
  }

  private tell(unit: Unit): void {
    const { found } = unit
    if (found === undefined) return
    const { route } = found
    const device = unitTitle([...unit.members.values()].map((member) => member.device))
    const fields = { device, route: route.name }
    if ('withheld' in found) {
      this.once(unit, 'keyboard', () => {
        const message = `${device} stays with the host: route ${route.name} matches, but a keyboard goes only to a route that says name: or class: keyboard`
        this.log.info(message, { ...fields, action: 'withhold' })
      })
      return
    }
    const place = placeOf(this.world, unit)
    switch (place?.kind) {
      case 'refused':
        this.tellRefusal(unit, place.container, device, route.name)
        return
      case 'owner':
        if (place.rivals.length > 0) this.tellRivals(unit, place.stage, place.rivals, device, route.name)
        else if (!this.isRunning(place.stage)) this.tellWaiting(unit, `container ${place.stage}`, fields)
        return
      case 'absent':
        this.tellWaiting(unit, `a container (${selectorText(route.container)})`, fields)
        return
      case undefined:
        return
    }
  }

  private tellRefusal(unit: Unit, container: Container, device: string, route: string): void {
    this.once(unit, `refused ${runOf(container) ?? ''}`, () => {
      const reason = refusalOf(this.world, container) ?? ''
      const fields = { container: container.name, device, route, action: 'refuse' }
      this.log.warn(`${device} is not attached to ${container.name}, container refused: ${reason}`, fields)
    })
  }

  private tellRivals(
    unit: Unit,
    owner: string,
    rivals: readonly string[],
    device: string,
    route: string,
  ): void {
    this.once(unit, `rivals ${[owner, ...rivals].join(' ')}`, () => {
      const fields = { container: owner, device, route, action: 'route' }
      this.log.warn(
        `route ${route} means ${owner} and ${rivals.join(', ')}: ${device} goes to ${owner}, which was started first`,
        fields,
      )
    })
  }

  private tellWaiting(unit: Unit, owner: string, fields: { device: string; route: string }): void {
    this.once(unit, `waiting ${owner}`, () => {
      this.log.info(`${fields.device} waits for ${owner} to run`, { ...fields, action: 'wait' })
    })
  }

  private isRunning(name: string): boolean {
    return [...this.world.containers.values()].some(
      (container) => container.name === name && container.running,
    )
  }

  private once(unit: Unit, what: string, tell: () => void): void {
    const told = this.told.get(unit.key) ?? new Set<string>()
    this.told.set(unit.key, told)
    if (told.has(what)) return
    told.add(what)
    tell()
  }
}
