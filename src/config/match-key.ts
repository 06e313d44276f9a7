// Keys that a match does not have, and what to write instead of each.

import { DEVICE_CLASSES } from './device-class.js'
import { EXAMPLES } from './field.js'
import { isLiteral } from './glob.js'
import { meantByNode, meantByPath, meantByPort } from './place.js'

/** An entry of a match that means the same: the key, for instance `phys` or `properties.ID_PATH`, and a glob. */
export type Meant = readonly [key: string, glob: string]

/** What tells devices apart, wherever it is asked for. */
const DEVICES = 'udev-proxy devices prints a match for each device'

interface Instead {
  /** Undefined for a value that can't be translated. */
  meant: (value: string) => Meant | undefined
  /** What to say of a value that can't be translated. */
  otherwise: string
}

const port: Instead = { meant: meantByPort, otherwise: instance('properties', 'phys') }
const node: Instead = {
  meant: meantByNode,
  otherwise: `nodes have other numbers after the next plug; ${instance('class', 'name')}`,
}
const link: Instead = {
  meant: meantByNode,
  otherwise: `a link that a container gets is made by the route: ${EXAMPLES['links'] ?? ''}; ${DEVICES}`,
}
const ids: Instead = { meant: () => undefined, otherwise: instance('vendor', 'product') }

/** By the key without case and signs. */
const KEYS: Readonly<Record<string, Instead>> = {
  devname: node,
  devnode: node,
  node,
  device: node,
  event: node,
  file: node,
  kernel: node,
  symlink: link,
  devlinks: link,
  devlink: link,
  byid: { ...node, meant: (value) => meantByNode(value) ?? meantByNode(`by-id/${value}`) },
  bypath: { ...node, meant: (value) => meantByNode(value) ?? meantByNode(`by-path/${value}`) },
  path: { ...node, meant: (value) => meantByPath(value) ?? meantByNode(value) },
  syspath: { ...node, meant: (value) => meantByPath(value) ?? meantByNode(value) },
  sysfs: { ...node, meant: (value) => meantByPath(value) ?? meantByNode(value) },
  port,
  ports: port,
  usbport: port,
  usbpath: port,
  idpath: same('properties.ID_PATH'),
  location: port,
  kernels: port,
  physical: port,
  serial: same('uniq'),
  serialnumber: same('uniq'),
  idserial: same('properties.ID_SERIAL'),
  idserialshort: same('properties.ID_SERIAL_SHORT'),
  mac: same('uniq'),
  macaddress: same('uniq'),
  address: same('uniq'),
  bdaddr: same('uniq'),
  bdaddress: same('uniq'),
  bluetooth: same('uniq'),
  bluetoothaddress: same('uniq'),
  usb: ids,
  usbid: ids,
  id: ids,
  ids,
  vidpid: ids,
  vendorproduct: ids,
  hwid: ids,
  vid: id('vendor'),
  pid: id('product'),
  idvendor: id('vendor'),
  vendorid: id('vendor'),
  idvendorid: id('vendor'),
  idproduct: id('product'),
  productid: id('product'),
  idmodelid: id('product'),
  model: same('name'),
  devicename: same('name'),
  hidname: same('name'),
  hiduniq: same('uniq'),
  hidphys: same('phys'),
  tags: same('tag'),
  currenttags: same('tag'),
  drivers: same('driver'),
  subsystems: same('subsystem'),
  attrname: same('name'),
  attruniq: same('uniq'),
  attrphys: same('phys'),
  attrserial: same('properties.ID_SERIAL_SHORT'),
}

/** What to write instead of `key` in a match; undefined where nothing is known of that key. */
export function matchKeyHint(key: string, value: unknown): string | undefined {
  const found = translated(key, value)
  return found === undefined || typeof found === 'string' ? found : `${shown(found)}${caveat(key, found)}`
}

const RULE = /([A-Z]+(?:\{[^{}]+\})?) ?(?:[=+:!-]?=) ?"([^"]*)"/g

/** The match that a rule of udev was meant to be, as far as it can be one; undefined for what is no rule. */
export function ruleHint(text: string): string | undefined {
  const pairs = [...text.matchAll(RULE)]
  if (pairs.length === 0) return undefined
  const meant = pairs.flatMap(([, key = '', value = '']) => {
    const found = translated(key, value)
    return typeof found === 'object' ? found : []
  })
  return meant.length === 0 ? `for instance: ${EXAMPLES['match'] ?? ''}` : `match: { ${shown(meant)} }`
}

/** The entries that mean the same, or words where none do; undefined where nothing is known of that key. */
function translated(key: string, value: unknown): Meant[] | string | undefined {
  const pair = idsOf(key)
  if (pair !== undefined) return pair
  if (/^ENV$/i.test(key) && typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value).map(([name, one]): Meant => [`properties.${name}`, String(one)])
  const udev = /^(?:(ENV)|ATTRS?)\{(.+)\}$/.exec(key)
  const name = udev === null ? key : udev[1] === undefined ? attribute(udev[2] ?? '') : (udev[2] ?? '')
  const texts = (Array.isArray(value) ? value : [value])
    .flatMap((one: unknown) => (typeof one === 'string' || typeof one === 'number' ? [String(one)] : []))
    // udev joins tags with colons.
    .flatMap((text) => (/tags$/i.test(name) ? text.split(':').filter((tag) => tag !== '') : [text]))
  if (/^ID_[A-Z0-9_]+$/.test(name)) return propertiesOf(name, texts)
  const plain = plainOf(name)
  const instead = Object.hasOwn(KEYS, plain) ? KEYS[plain] : undefined
  if (instead === undefined) return undefined
  const entries = instead === ids ? (idsOf(texts.join()) ?? []) : meantOf(instead, texts)
  return entries.length === 0 ? instead.otherwise : entries
}

/** None, where one of the texts can't be translated. */
function meantOf({ meant }: Instead, texts: readonly string[]): Meant[] {
  const found = texts.map(meant).filter((one) => one !== undefined)
  return found.length < texts.length ? [] : found
}

/** A serial number of USB is what the kernel says of a device, or what only udev knows. */
function caveat(key: string, meant: readonly Meant[]): string {
  const isGuess = plainOf(key).startsWith('serial') && meant.some(([found]) => found === 'uniq')
  return isGuess ? `, if the kernel says it; ${DEVICES}` : ''
}

function plainOf(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** Names as the files of sysfs have them; `ATTRS{name}` is the name, and `ATTRS{idVendor}` the vendor's id. */
function attribute(file: string): string {
  return /^(?:name|uniq|phys|serial)$/.test(file)
    ? `attr${file}`
    : file.replace(/^id\/(?=vendor|product)/, 'id_')
}

/** Properties of udev, as they stand in its rules. */
function propertiesOf(name: string, texts: readonly string[]): Meant[] {
  const device = /^ID_INPUT_([A-Z]+)$/.exec(name)?.[1]?.toLowerCase()
  if (device !== undefined && isClass(device) && texts.every((text) => text === '1'))
    return [['class', device]]
  return (texts.length === 0 ? ['*'] : texts).map((text): Meant => [`properties.${name}`, text])
}

function isClass(name: string): boolean {
  return DEVICE_CLASSES.some((known) => known === name)
}

/** `name: "a", properties: { ID_PATH: ["b", "c"] }`. */
function shown(meant: readonly Meant[]): string {
  const globs = new Map<string, string[]>()
  for (const [key, glob] of meant) globs.set(key, [...(globs.get(key) ?? []), glob])
  const entries = [...globs].map(([key, texts]) => {
    const [first = ''] = texts
    const value =
      texts.length === 1 ? JSON.stringify(first) : `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`
    return { property: /^properties\.(.+)$/.exec(key)?.[1], key, value }
  })
  const own = entries.flatMap(({ property, key, value }) =>
    property === undefined ? [`${key}: ${value}`] : [],
  )
  const properties = entries.flatMap(({ property, value }) =>
    property === undefined ? [] : [`${property}: ${value}`],
  )
  if (properties.length > 0) own.push(`properties: { ${properties.join(', ')} }`)
  return own.join(', ')
}

function same(key: string): Instead {
  return {
    meant: (value) => (value.trim() === '' ? undefined : [key, value]),
    otherwise: instance(key.startsWith('properties.') ? 'properties' : key),
  }
}

function id(key: 'vendor' | 'product'): Instead {
  return {
    meant: (value) => {
      const digits = /^(?:0x)?([0-9a-f]{1,4})$/i.exec(value)?.[1]
      if (digits !== undefined) return [key, digits.toLowerCase().padStart(4, '0')]
      return !isLiteral(value) && /^[0-9a-f?]{4}$/i.test(value) ? [key, value] : undefined
    },
    otherwise: instance(key),
  }
}

function idsOf(value: string): Meant[] | undefined {
  const [, vendor, product] = /^(?:0x)?([0-9a-f]{4})[:_/ -](?:0x)?([0-9a-f]{4})$/i.exec(value) ?? []
  if (vendor === undefined || product === undefined) return undefined
  return [
    ['vendor', vendor.toLowerCase()],
    ['product', product.toLowerCase()],
  ]
}

function instance(...keys: string[]): string {
  const examples = keys.map((key) => EXAMPLES[key === 'properties' ? 'match properties' : key] ?? key)
  return `for instance: ${examples.join(', or ')}; ${DEVICES}`
}
