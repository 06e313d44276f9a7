// How much the world and the stages hold.
import type { Stage } from './stage.js'
import type { World } from './world.js'

export function heldIn(
  { units, containers, refused }: World,
  stages: readonly Stage[],
): Record<string, number> {
  return {
    units: units.size,
    devices: sum([...units.values()].map(({ members }) => members.size)),
    containers: containers.size,
    refused: refused.size,
    stages: stages.length,
    attachments: sum(stages.map(({ all }) => all.length)),
    blocked: sum(stages.map(({ blocked }) => blocked.size)),
    begun: sum(stages.map(({ ledger }) => ledger.begunSteps)),
    links: sum(stages.map(({ links }) => links.size)),
    usbRecords: sum(stages.map(({ parents }) => parents.size)),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
