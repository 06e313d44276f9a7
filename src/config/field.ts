// What a place in the config is called in messages and hints.

import type { Path } from './document.js'

/**
 * A place by the key that holds it: `vendor` for routes[0].match.vendor[1]. Where a key alone would not tell:
 * `match properties` and `property value` in a match, `config` for the whole, `route` for an item of routes, `route name`, `file version`, and `label value` for
 * what is below label.
 */
export function fieldOf(path: Path): string {
  const keys = path.filter((step) => typeof step === 'string')
  const key = keys.at(-1)
  if (key === undefined) return 'config'
  if (keys.at(-2) === 'label') return 'label value'
  if (keys.at(-2) === 'properties') return 'property value'
  if (key === 'properties' && keys.at(-2) === 'match') return 'match properties'
  if (key === 'version' && keys.length === 1) return 'file version'
  if (key === 'name' && keys.length === 2) return 'route name'
  if (key === 'routes' && path.length === 2) return 'route'
  return key
}

/** True where a mapping is wanted, or a list of mappings. */
export function takesMapping(path: Path): boolean {
  return [
    'config',
    'docker',
    'log',
    'routes',
    'route',
    'match',
    'match properties',
    'label',
    'compose',
    'node',
  ].includes(fieldOf(path))
}

/** One right way to write each field. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  config: 'version: 1',
  'file version': 'version: 1',
  docker: 'docker: { socket: /run/docker.sock }',
  socket: 'socket: /run/docker.sock',
  stage: 'stage: /run/udev-proxy/stage',
  control: 'control: /run/udev-proxy/control.sock',
  log: 'log: { level: info }',
  level: 'level: info',
  format: 'format: auto',
  properties: 'properties: auto',
  hostTimeout: 'hostTimeout: 500',
  udevVersion: 'udevVersion: 252',
  libudevZero: 'libudevZero: true',
  legacyJs: 'legacyJs: true',
  links: 'links: ["input/player1"]',
  network: 'network: host',
  routes: 'routes: []',
  route: '- { match: { class: joystick }, container: retroarch-1 }',
  'route name': 'name: player-one',
  match: 'match: { name: "Sony*Wireless Controller*" }',
  container: 'container: retroarch-1',
  id: 'id: "3f4e8a9b01c2"',
  label: 'label: { seat: couch }',
  'label value': 'seat: couch',
  compose: 'compose: { project: games, service: retroarch }',
  service: 'service: retroarch',
  project: 'project: games',
  number: 'number: 2',
  node: 'node: { mode: "0660", uid: 1000, gid: 1000 }',
  mode: 'mode: "0660"',
  uid: 'uid: 1000',
  gid: 'gid: 1000',
  name: 'name: "Sony*Wireless Controller*"',
  vendor: 'vendor: "054c"',
  product: 'product: "0ce6"',
  version: 'version: "8111"',
  bus: 'bus: usb',
  uniq: 'uniq: "a0:5a:5c:*"',
  phys: 'phys: "usb-0000:00:14.0-2/*"',
  class: 'class: joystick',
  subsystem: 'subsystem: input',
  devpath: 'devpath: "/devices/pci*/usb1/1-2/*"',
  driver: 'driver: xpad',
  tag: 'tag: uaccess',
  'match properties': 'properties: { ID_PATH: "pci-*-usb-0:2:*" }',
  'property value': 'ID_PATH: "pci-*-usb-0:2:*"',
}
