// How a unit is called in front of people.
import { shownBytes } from '../bytes.js'
import type { Device } from '../kernel/index.js'

/** For instance `"Xbox Wireless Controller" (045e:028e)`; its sysname when the kernel has told no name. */
export function unitTitle(devices: readonly Device[]): string {
  const named = devices.find(({ facts }) => facts.name !== undefined) ?? devices[0]
  if (named === undefined) return 'a device'
  const { name, vendor, product } = named.facts
  const title = name === undefined ? named.sysname : `"${shownBytes(name)}"`
  return vendor === undefined || product === undefined ? title : `${title} (${vendor}:${product})`
}

/** The names of the devices' nodes below /dev, for instance `event7, js0`. */
export function nodeList(devices: readonly Device[]): string {
  const names = devices.flatMap(({ node }) => (node === undefined ? [] : [node.name.replace(/^input\//, '')]))
  return names.length === 0 ? 'no node' : names.join(', ')
}
