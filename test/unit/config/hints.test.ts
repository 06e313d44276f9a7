// What people write who have not read the README, and what `check` says of it: every example in a hint is accepted.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseConfig, readConfig } from '../../../src/config/index.js'
import { EXAMPLES } from '../../../src/config/field.js'
import type { ConfigMistake } from '../../../src/errors.js'
import { ConfigError } from '../../../src/errors.js'
import { KEYS } from '../../../src/config/schema.js'

type Place = 'match' | 'container' | 'compose' | 'route' | 'file'

const around: Record<Place, (text: string) => string> = {
  match: (text) => routeOf(`match:\n      ${text.replaceAll('\n', '\n      ')}\n    container: c`),
  container: (text) => routeOf(`match: { class: joystick }\n    container: ${text}`),
  compose: (text) =>
    routeOf(`match: { class: joystick }\n    container: { compose: { service: web, ${text} } }`),
  route: (text) => routeOf(`match: { class: joystick }\n    container: c\n    ${text}`),
  file: (text) => `version: 1\nroutes: []\n${text}\n`,
}

function routeOf(text: string): string {
  return `version: 1\nroutes:\n  - ${text}\n`
}

function remarksOn(text: string): readonly ConfigMistake[] {
  try {
    return readConfig(text, 'f').warnings
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
}

describe('in a match, the hint for', () => {
  it.each<[string, string | RegExp]>([
    // Ports.
    ['port: "pci-0000:00:14.0-usb-0:2:1.0"', 'properties: { ID_PATH: "pci-0000:00:14.0-usb-0:2:1.0" }'],
    ['port: usb-0000:00:14.0-2', 'phys: "usb-0000:00:14.0-2/*"'],
    ['port: usb-0000:00:14.0-2/input0', 'phys: "usb-0000:00:14.0-2/input0"'],
    ['port: usb1', 'devpath: "*/usb1/*"'],
    ['port: 1-2.4', 'devpath: "*/1-2.4/*"'],
    ['port: [1-2, 1-3]', 'devpath: ["*/1-2/*", "*/1-3/*"]'],
    ['port: 3', /^for instance: properties: \{ ID_PATH: .* \}, or phys: /],
    ['KERNELS: "1-2:1.0"', 'devpath: "*/1-2/*"'],
    ['devpath: "usb1/1-2"', 'devpath: "*/usb1/1-2/*"'],
    ['devpath: /sys/devices/pci0000:00/usb1/1-2', 'devpath: "/devices/pci0000:00/usb1/1-2/*"'],
    [
      'path: /sys/devices/pci0000:00/usb1/1-2/1-2:1.0/input/input7/event3',
      'devpath: "/devices/pci0000:00/usb1/1-2/1-2:1.0/*"',
    ],
    [
      'devpath: /devices/pci0000:00/usb1/1-2',
      'all that is plugged in there: devpath: "/devices/pci0000:00/usb1/1-2/*"',
    ],
    // Nodes and links.
    [
      'devname: /dev/input/by-path/pci-0000:00:14.0-usb-0:2:1.0-event-joystick',
      'properties: { ID_PATH: "pci-0000:00:14.0-usb-0:2:1.0" }',
    ],
    [
      'path: /dev/input/by-path/pci-0000:00:14.0-usb-0:2:1.0-joystick',
      'properties: { ID_PATH: "pci-0000:00:14.0-usb-0:2:1.0" }',
    ],
    [
      'path: /dev/input/by-path/platform-i8042-serio-0-event-kbd',
      'properties: { ID_PATH: "platform-i8042-serio-0" }',
    ],
    [
      'path: /dev/input/by-path/pci-0000:00:14.0-usbv2-0:2:1.0-event-mouse',
      'properties: { ID_PATH_WITH_USB_REVISION: "pci-0000:00:14.0-usbv2-0:2:1.0" }',
    ],
    [
      'devname: /dev/input/by-id/usb-Sony_PLAYSTATION_R_3_Controller-event-joystick',
      'properties: { ID_SERIAL: "Sony_PLAYSTATION_R_3_Controller" }',
    ],
    ['devname: /dev/input/by-id/usb-A_B_12-if01-event-mouse', 'properties: { ID_SERIAL: "A_B_12" }'],
    [
      'devname: /dev/input/event7',
      /^nodes have other numbers after the next plug; for instance: class: joystick/,
    ],
    [
      'devname: /dev/input/event*',
      /^nodes have other numbers after the next plug; for instance: class: joystick/,
    ],
    ['device: /dev/input/js*', 'class: "joystick"'],
    ['KERNEL: hidraw*', 'subsystem: "hidraw"'],
    [
      'SYMLINK: input/player1',
      /^a link that a container gets is made by the route: links: \["input\/player1"\]/,
    ],
    // Serial numbers, addresses, ids.
    ['serial: { a: b }', /^for instance: uniq: "a0:5a:5c:\*"; /],
    ['serial: A1B2', /^uniq: "A1B2", if the kernel says it/],
    ['mac_address: a0:5a:5c:01:02:03', 'uniq: "a0:5a:5c:01:02:03"'],
    ['mac: a0:5a:5c:01:02:03', 'uniq: "a0:5a:5c:01:02:03"'],
    ['idVendor: 0541', 'vendor: "0541"'],
    ['ID_VENDOR_ID: 054c', 'properties: { ID_VENDOR_ID: "054c" }'],
    ['vid: 0x54c', 'vendor: "054c"'],
    ['id: "045e:028e"', 'vendor: "045e", product: "028e"'],
    ['vendor: 054c:0ce6', 'vendor: "054c", product: "0ce6"'],
    ['vendor: 0e12', 'quote it: vendor: "0e12"'],
    // Rules of udev.
    ['"ENV{ID_PATH}": "pci-*"', 'properties: { ID_PATH: "pci-*" }'],
    ['"ATTRS{name}": Pad', 'name: "Pad"'],
    ['"ATTRS{idVendor}": "054c"', 'vendor: "054c"'],
    ['"ATTR{id/product}": "0ce6"', 'product: "0ce6"'],
    ['env: { ID_PATH: "pci-*", ID_BUS: usb }', 'properties: { ID_PATH: "pci-*", ID_BUS: "usb" }'],
    ['ID_INPUT_JOYSTICK: 1', 'class: "joystick"'],
    [
      'ATTRS{name}=="Pad", ENV{ID_PATH}=="x", ENV{ID_BUS}=="usb"',
      'a match is no rule of udev: match: { name: "Pad", properties: { ID_PATH: "x", ID_BUS: "usb" } }',
    ],
    ['{ ATTRS{name}=="Pad" }', 'match: { name: "Pad" }'],
    // Tags.
    ['tag: ":uaccess:"', 'tag: "uaccess"'],
    ['tag: ":seat:uaccess:"', 'tag: ["seat", "uaccess"]'],
    ['TAGS: ":seat:uaccess:"', 'tag: ["seat", "uaccess"]'],
    ['properties: { TAGS: ":uaccess:" }', 'beside properties: tag: "uaccess"'],
    ['properties: { CURRENT_TAGS: "*:uaccess:*" }', 'beside properties: tag: "uaccess"'],
    // How it is written.
    ['{name:Pad}', 'a space belongs after the colon: name: "Pad"'],
    ['name:Pad', 'a colon and a space belong after the key: match: { name: "Pad" }'],
    ['name=Pad', 'a colon and a space belong after the key: match: { name: "Pad" }'],
    ['name: “Pad”', 'in plain quotes: name: "Pad"'],
    ['name: ‘Pad’', 'in plain quotes: name: "Pad"'],
    ['“name”: Pad', 'without these quotes: name'],
    ['name: Pad\u00a02', /^with plain spaces: name: "Pad 2"/],
    ['name\u00a0: Pad', 'there is a no-break space (U+00A0) in this key: write name'],
    ['name: \u00a0Pad', /^with plain spaces: name: " Pad"/],
    ['name:\u00a0Pad\nvendor: "054c"', 'write a plain space, which is all that YAML takes for one'],
    ['{ name: Pad #1 }', 'quote it: name: "Pad #1"'],
    ['{ name: [a #b] }', 'quote it: "a #b"'],
    ['{ name: Pad [v2] }', 'quote it: name: "Pad [v2]"'],
    ['{ name: {Xbox,Sony}* }', 'quote it: name: "{Xbox,Sony}*"'],
    ["name: 'Bob's Pad'", 'quote it: name: "Bob\'s Pad"'],
    ['name: @Pad', 'quote it: "@Pad"'],
    ['name: *Pad*', 'quote it: name: "*Pad*"'],
    ['name: !Pad', 'quote it: "!Pad"'],
    ['name: 8', 'quote it: name: "8"'],
    ['name: true', 'quote it: name: "true"'],
    ['name: "Pad [9-0]"', String.raw`brackets that stand for themselves: name: "Pad \\[9-0\\]"`],
    ['name: "^Xbox.*"', 'as a glob: name: "Xbox*"'],
    ['name: "/xbox/i"', 'as a glob: name: "*[xX][bB][oO][xX]*"'],
    ['name: "(?!Sony).*"', 'as a glob: name: "!Sony*"'],
    ['name: "Xbox.+"', 'as a glob: name: "*Xbox?*"'],
    ['name: "Pad(s)?"', 'if this is a regular expression, as a glob: name: "*Pad{,s}*"'],
    ['class: gamepad', 'did you mean joystick?'],
    ['class: "joy*"', 'a class is no glob: class: joystick'],
    ['class: "touch*"', 'a class is no glob: class: [touchpad, touchscreen]'],
    ['bus: bt', 'did you mean bluetooth?'],
    ['vendor: Sony', 'an id is four hex digits, as lsusb shows it; by name: name: "*Sony*"'],
    ['name: "a", "b"', 'name: ["a", "b"]'],
    ['name: "Xbox" or "Sony"', 'name: ["Xbox", "Sony"]'],
    ['not: { name: Pad }', 'a ! before a glob excludes, for instance: name: "!Sony*"'],
    ['or: [{ name: a }]', /^a list of mappings means any of them: match: /],
    ['properties: [ID_PATH=x]', 'properties: { ID_PATH: "x" }'],
    ['properties: { ID_PATH=x }', 'ID_PATH: "x"'],
    ['properties: { ID_INPUT_JOYSTICK: true }', 'ID_INPUT_JOYSTICK: "1"'],
  ])('%s', (written, hint) => {
    const [remark] = remarksOn(around.match(written))
    if (typeof hint === 'string') expect(remark?.hint).toBe(hint)
    else expect(remark?.hint).toMatch(hint)
    expect(examplesIn(remark?.hint ?? '').flatMap(refused)).toEqual([])
  })
})

describe('elsewhere, the hint for', () => {
  it.each<[Place, string, string | RegExp]>([
    ['compose', 'index: 2', 'number: 2'],
    ['compose', 'scale: 3', 'number: 3'],
    ['compose', 'instance: 2', 'number: 2'],
    ['compose', 'container: 2', 'number: 2'],
    ['compose', 'number: "2"', 'leave out the quotes: number: 2'],
    ['compose', 'number: 0', 'for instance: number: 2'],
    ['container', '{ name: retro }', 'container: retro'],
    ['container', '{ container_name: retro }', 'container: retro'],
    ['container', '{ service: web }', 'container: { compose: { service: web } }'],
    ['container', '{ labels: { seat: couch } }', 'container: { label: { "seat": "couch" } }'],
    ['container', '{ label: [seat=couch] }', 'label: { seat: "couch" }'],
    ['container', '{ image: x/y }', 'a container is found by its name, for instance: container: retroarch-1'],
    ['container', '“retro”', 'in plain quotes: container: "retro"'],
    ['container', '/retro', 'container: retro'],
    ['container', '{ compose: web }', 'compose: { service: web }'],
    ['route', 'labels: [seat=couch]', 'container: { label: { "seat": "couch" } }'],
    ['route', 'container_name: retro', 'container: retro'],
    ['route', 'image: x/y', 'a container is found by its name, for instance: container: retroarch-1'],
    ['container', '"c1, c2"', 'if several are meant: container: [c1, c2]'],
    ['container', 'ghcr.io/x/y:latest', /^a container is found by its name, and not by its image/],
    ['container', '$NAME', 'variables are not filled in here: write the name itself'],
    ['container', '3f4e8a9b01c2', 'if it is one: container: { id: "3f4e8a9b01c2" }'],
    ['container', '{ compose: games/web }', 'compose: { project: games, service: web }'],
    ['route', 'node: 0660', 'node: { mode: "0660" }'],
    ['route', 'node: { mode: rw-rw---- }', 'mode: "0660"'],
    ['route', 'node: { user: 1000:1000 }', 'uid: 1000, gid: 1000'],
    ['route', 'legacyJs: yes', 'legacyJs: true'],
    ['route', 'legacyJs: "false"', 'legacyJs: false'],
    ['route', 'properties: { ID_PATH: x }', 'a mapping of udev properties belongs in match'],
    ['file', 'log: debug', 'log: { level: debug }'],
    ['file', 'hostTimeout: 2s', 'hostTimeout: 2000'],
    ['file', 'udevVersion: "252"', 'leave out the quotes: udevVersion: 252'],
    ['file', 'docker: /run/docker.sock', 'docker: { socket: /run/docker.sock }'],
    [
      'file',
      'docker: { socket: "tcp://1.2.3.4:2375" }',
      'only a socket of this host is asked: socket: /run/docker.sock',
    ],
    ['file', 'services: {}', 'this is a key of a compose file; a config has version: 1 and routes: []'],
    ['file', 'x-pad: &pad { vendor: "054c" }', /^an anchor stands where it is first used: match: &pad /],
    ['file', 'include: more.yaml', 'a config is one file: write its routes into this one'],
    ['route', 'priority: 5', 'the first route that matches wins: move this one up or down'],
    ['route', 'devices: [js0]', 'what a route takes is in its match: { class: joystick }'],
    ['route', 'mode: "0660"', 'mode belongs in node'],
    ['route', 'node: { mode: 660 }', 'quote it: mode: "0660"'],
    ['route', 'links: /dev/input/player1', 'links: ["input/player1"]'],
    ['route', 'network: bridge', 'leave network out: a container on bridge is served anyway'],
  ])('%s: %s', (place, written, hint) => {
    const [remark] = remarksOn(around[place](written))
    if (typeof hint === 'string') expect(remark?.hint).toBe(hint)
    else expect(remark?.hint).toMatch(hint)
    expect(examplesIn(remark?.hint ?? '').flatMap(refused)).toEqual([])
  })
})

it('every example of a field is accepted', () => {
  const examples = Object.entries(EXAMPLES).filter(([field]) => field !== 'route')
  expect(examples.flatMap(([, example]) => refused(example))).toEqual([])
})

it('every example in what is said of a file with mistakes is accepted', () => {
  const folder = new URL('mistakes/', import.meta.url)
  const hints = readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .flatMap((file) => readFileSync(new URL(file, folder), 'utf8').match(/(?<= hint: ).*/g) ?? [])
  expect(hints.length).toBeGreaterThan(150)
  expect(hints.flatMap(examplesIn).length).toBeGreaterThan(70)
  expect(hints.flatMap(examplesIn).flatMap(refused)).toEqual([])
})

/** What is a key in a hint, and none that is English. */
const KEY = `(?:${[
  ...Object.values(KEYS)
    .flat()
    .filter((key) => /^\w+$/.test(key)),
  '[A-Z][A-Z_]+',
].join('|')})`
const TEXT = String.raw`"(?:[^"\\]|\\.)*"`
const INNER = String.raw`\{(?:[^{}"]|${TEXT})*\}`
const MAPPING = String.raw`\{(?:[^{}"]|${TEXT}|\{(?:[^{}"]|${TEXT}|${INNER})*\})*\}`
const VALUE = String.raw`(?:&\w+ )?(?:${TEXT}|\[[^\]]*\]|${MAPPING}|[\w./-]+)`
const ENTRY = new RegExp(String.raw`(?<!["{,] ?|\w)${KEY}: ${VALUE}(?:, ${KEY}: ${VALUE})*`, 'g')

/** The entries of YAML in a hint, such as `phys: "usb-…"`. */
function examplesIn(hint: string): string[] {
  return hint.match(ENTRY) ?? []
}

/** An example in the place that it is for, when that is not accepted. */
function refused(example: string): string[] {
  const key = /^\w+/.exec(example)?.[0] ?? ''
  const texts = [
    `${routeOf('match: { class: joystick }\n    container: c')}${example}\n`,
    `version: 1\n${example}\n`,
    `routes: []\n${example}\n`,
    ...(['docker', 'log'] as const).map((home) => `version: 1\nroutes: []\n${home}: { ${example} }\n`),
    routeOf(`${example}\n    container: c`),
    routeOf(`${example}\n    match: { class: joystick }`),
    around.route(example),
    around.route(`node: { ${example} }`),
    around.match(`{ ${example} }`),
    around.match(`{ properties: { ${example} } }`),
    around.container(`{ ${example} }`),
    around.container(`{ label: { ${example} } }`),
    around.compose(example),
    routeOf(
      `match: { class: joystick }\n    container: { compose: { ${key === 'service' ? example : `service: web, ${example}`} } }`,
    ),
    `version: 1\nroutes:\n  ${example}\n`,
  ]
  return texts.some((text) => isAccepted(text)) ? [] : [example]
}

function isAccepted(text: string): boolean {
  try {
    parseConfig(text, 'f')
    return readConfig(text, 'f').warnings.length === 0
  } catch {
    return false
  }
}
