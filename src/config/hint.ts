// What to write instead of what is wrong.

import { BUSES } from './bus.js'
import { DEVICE_CLASSES } from './device-class.js'
import { EXAMPLES } from './field.js'
import { compileGlob } from './glob.js'
import { entryOfHabit } from './habit.js'
import { matchKeyHint, ruleHint } from './match-key.js'
import { QUOTED } from './odd-character.js'
import { otherKeyHint } from './other-key.js'
import { meantByPath } from './place.js'
import { nearest } from './nearest.js'
import { GLOB_SIGNS, looksLikeRegex } from './regex.js'
import { globOfRegex } from './regex-glob.js'
import { KEYS, LOG_FORMATS, LOG_LEVELS, NETWORKS, PROPERTY_SOURCES } from './schema.js'
import { SUBSYSTEMS } from './subsystem.js'

/** A value that is wrong. */
export interface Wrong {
  /** See fieldOf. */
  field: string
  /** The key to repeat in the hint; undefined in a list. */
  key: string | undefined
  value: unknown
  /** As it is written, quotes left out; undefined for what is no scalar. */
  written: string | undefined
}

/** What else people call a key. */
const KEY_SYNONYMS: Readonly<Record<string, string>> = {
  type: 'class',
  rules: 'routes',
  target: 'container',
  when: 'match',
  owner: 'uid',
  user: 'uid',
  group: 'gid',
  permissions: 'mode',
  net: 'network',
}

/** What else people call a class. */
const CLASS_SYNONYMS: Readonly<Record<string, string>> = {
  gamepad: 'joystick',
  controller: 'joystick',
  pad: 'joystick',
  trackpoint: 'pointingstick',
  touch: 'touchscreen',
  stylus: 'tablet',
  pen: 'tablet',
}

/** What else people call a bus; signs are left out. */
const BUS_SYNONYMS: Readonly<Record<string, string>> = {
  bt: 'bluetooth',
  ble: 'bluetooth',
  bluez: 'bluetooth',
  wireless: 'bluetooth',
  ps2: 'i8042',
  serio: 'i8042',
  uinput: 'virtual',
}

const LEVEL_SYNONYMS: Readonly<Record<string, string>> = {
  trace: 'debug',
  verbose: 'debug',
  all: 'debug',
  notice: 'info',
  normal: 'info',
  critical: 'error',
  fatal: 'error',
  quiet: 'error',
}

/** Fields that take any text, or nearly: a number in quotes is right there. */
const FREE_TEXTS = [
  'route name',
  'name',
  'uniq',
  'phys',
  'subsystem',
  'driver',
  'tag',
  'property value',
  'container',
  'label value',
  'project',
  'service',
]

const HINTS: Readonly<Record<string, (wrong: Wrong) => string | undefined>> = {
  config: ({ value }) => sub(value, /^(\w+) ?=/, () => 'a key ends in a colon and a space: version: 1'),
  'file version': ({ value }) => (value === '1' ? 'leave out the quotes: version: 1' : undefined),
  socket: pathHint,
  stage: pathHint,
  control: pathHint,
  level: (wrong) => wordHint(wrong, LOG_LEVELS, LEVEL_SYNONYMS),
  format: (wrong) => wordHint(wrong, LOG_FORMATS),
  routes: ({ value }) =>
    isMapping(value) ? `a dash begins each route: ${EXAMPLES['route'] ?? ''}` : undefined,
  match: matchHint,
  'match properties': ({ value }) =>
    PROPERTY_SOURCES.some((source) => source === value)
      ? `properties: ${String(value)} belongs in the route, beside match`
      : undefined,
  vendor: idHint,
  product: idHint,
  version: idHint,
  bus: (wrong) =>
    wordHint(wrong, Object.keys(BUSES), BUS_SYNONYMS) ??
    idHint(wrong) ??
    `the names are ${Object.keys(BUSES).join(', ')}`,
  class: (wrong) => entryOfHabit('class', wrong.value) ?? wordHint(wrong, DEVICE_CLASSES, CLASS_SYNONYMS),
  subsystem: (wrong) =>
    wordHint(wrong, SUBSYSTEMS) ??
    regexHint(wrong) ??
    'nothing else goes to containers; event, js and mouse nodes are of input: subsystem: input',
  devpath: devpathHint,
  container: containerHint,
  id: ({ key, value, written }) =>
    typeof value === 'number'
      ? sub(written, /^([0-9a-f]{12,64})$/i, (id) => `quote it: ${entry(key, quote(id))}`)
      : undefined,
  label: ({ value }) =>
    sub(Array.isArray(value) ? value[0] : value, /^([^=]+=.*)$/s, (pair) => {
      const [label = '', ...rest] = pair.split('=')
      return `label: { ${label}: ${quote(rest.join('='))} }`
    }),
  compose: ({ value }) => sub(value, /^([\w.-]+)$/, (service) => `compose: { service: ${service} }`),
  tag: ({ value }) => sub(value, /^(.*:.*)$/s, tagOf),
  number: ({ value }) => sub(value, /^([1-9]\d*)$/, (digits) => `leave out the quotes: number: ${digits}`),
  properties: ({ value }) => (isMapping(value) ? 'a mapping of udev properties belongs in match' : undefined),
  network: networkHint,
  mode: modeHint,
  uid: (wrong) => ownerHint(wrong, 'id -u'),
  gid: (wrong) => ownerHint(wrong, 'getent group'),
}

/** For a key that is not known in `object`: the key that was meant, or the object that it belongs in. */
export function keyHint(key: string, object: string, value?: unknown): string | undefined {
  const other = otherKeyHint(key, object, KEYS[object] ?? [], value)
  if (other !== undefined) return other
  if (object === 'match properties') return propertyHint(key, value)
  const match = object === 'match' ? matchKeyHint(key, value) : undefined
  if (match !== undefined) return match
  const homes = Object.keys(KEYS).filter((name) => KEYS[name]?.includes(key))
  if (homes.length > 0) return `${key} belongs ${homes.map(placeName).join(' or ')}`
  const meant = nearest(key, KEYS[object] ?? [], KEY_SYNONYMS)
  return meant && `did you mean ${meant}?`
}

/** Where a key of an object is, in words. */
export function placeName(object: string): string {
  if (object === 'config') return 'at the top level'
  if (object === 'match properties') return 'in properties'
  return object === 'route' ? 'in a route' : `in ${object}`
}

/** For a key that is missing. */
export function missingHint(field: string): string {
  return `add ${EXAMPLES[field] ?? field}`
}

/** For a value that is wrong. */
export function valueHint(wrong: Wrong): string | undefined {
  return (
    HINTS[wrong.field]?.(wrong) ??
    entryOfHabit(wrong.field, wrong.value) ??
    plainQuotesHint(wrong) ??
    regexHint(wrong) ??
    globHint(wrong) ??
    quoteHint(wrong) ??
    exampleHint(wrong)
  )
}

/** udev joins tags with colons: `:seat:uaccess:`. */
function tagOf(value: string): string {
  const tags = value.split(':').filter((tag) => tag !== '' && tag !== '*')
  if (tags.length > 1) return `tag: [${tags.map(quote).join(', ')}]`
  return `tag: ${quote(tags[0] ?? '*')}`
}

/** A name as udev's database or a rule has it, or in small letters. */
function propertyHint(key: string, value: unknown): string | undefined {
  const [, name, text = ''] = /^([A-Z][A-Z0-9_]*)=+(.+)$/s.exec(key) ?? []
  if (name !== undefined) return entry(name, quote(text.replace(/^"(.*)"$/s, '$1')))
  if (/^(?:CURRENT_)?TAGS$/.test(key))
    return `beside properties: ${typeof value === 'string' ? tagOf(value) : (EXAMPLES['tag'] ?? '')}`
  const meant = /^(?:E: ?|ENV\{)?(\.?[A-Za-z][\w]*)\}?$/.exec(key)?.[1]?.toUpperCase()
  return meant === undefined ? EXAMPLES['match properties'] : `did you mean ${meant}?`
}

function devpathHint({ key, value }: Wrong): string | undefined {
  if (typeof value !== 'string') return undefined
  const [, glob] = meantByPath(value) ?? []
  if (glob !== undefined) return entry(key, quote(glob))
  return sub(value, /^((?:usb\d+\/)?\d+-[\d.]+)\/?$/, (port) => entry(key, quote(`*/${port}/*`)))
}

function pathHint({ key, value }: Wrong): string | undefined {
  return sub(value, /^unix:\/\/(\/.+)$/s, (path) => entry(key, path))
}

function wordHint(
  { value }: Wrong,
  known: readonly string[],
  synonyms?: Readonly<Record<string, string>>,
): string | undefined {
  const meant = typeof value === 'string' ? nearest(value, known, synonyms) : undefined
  return meant && `did you mean ${meant}?`
}

function matchHint({ value }: Wrong): string | undefined {
  const rule = typeof value === 'string' ? ruleHint(value) : undefined
  if (rule !== undefined) return `a match is no rule of udev: ${rule}`
  const known = KEYS['match'] ?? []
  const entryLike = typeof value === 'string' ? /^(\w+)[:=]\s*(.+)$/s.exec(value) : null
  if (entryLike !== null && known.includes(entryLike[1] ?? ''))
    return `a colon and a space belong after the key: match: { ${entry(entryLike[1], quote(entryLike[2] ?? ''))} }`
  if (typeof value === 'string') return `match: { name: ${quote(value)} }`
  if (value === null)
    return `indent the keys of the match deeper than the word match; for instance: ${EXAMPLES['match'] ?? ''}`
  if (typeof value !== 'object' || Object.keys(value).length > 0) return undefined
  return 'for every device that is no keyboard: match: { name: "*" }'
}

/** `0x54c` and `54c` are 054c, and YAML reads `0123` as a number: the text is what counts. */
function idHint({ key, value, written }: Wrong): string | undefined {
  const pair = /^([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(written ?? '')
  if (pair !== null) return `vendor: ${quote(pair[1] ?? '')}, product: ${quote(pair[2] ?? '')}`
  const digits = /^(?:0x)?([0-9a-f]{1,4})$/i.exec(written ?? '')?.[1]
  if (digits === undefined) return undefined
  return `${typeof value === 'string' ? '' : 'quote it: '}${entry(key, quote(digits.padStart(4, '0')))}`
}

function containerHint({ value }: Wrong): string | undefined {
  if (Array.isArray(value)) return 'container: [retroarch-1, retroarch-2]'
  if (isMapping(value) && Object.keys(value).length > 1) return 'keep one of them'
  return sub(value, /^\/([\w.-]+)$/, (name) => `container: ${name}`)
}

function modeHint({ written, value }: Wrong): string | undefined {
  const [, special, bits] = /^(?:0o?)?([0-7]?)([0-7]{3})$/.exec(written ?? '') ?? []
  if (bits === undefined) return undefined
  if (special !== '' && special !== '0')
    return `a device node has no set-id and sticky bits: mode: "0${bits}"`
  return `${typeof value === 'string' ? '' : 'quote it: '}mode: "0${bits}"`
}

/** What Docker and compose call networks, `service:vpn` too, is served without the key. */
function networkHint(wrong: Wrong): string | undefined {
  return (
    sub(
      wrong.value,
      /^((?:service|container):.*|bridge|none|default)$/,
      (mode) => `leave network out: a container on ${mode} is served anyway`,
    ) ?? wordHint(wrong, NETWORKS)
  )
}

function ownerHint({ key, value }: Wrong, command: string): string | undefined {
  return (
    sub(value, /^(\d+)$/, (digits) => `leave out the quotes: ${entry(key, digits)}`) ??
    sub(value, /^([\w.-]+)$/, (name) => `\`${command} ${name}\` prints the number`)
  )
}

function regexHint({ key, value }: Wrong): string | undefined {
  if (typeof value !== 'string' || !looksLikeRegex(value)) return undefined
  const glob = globOfRegex(value)
  return glob === undefined ? GLOB_SIGNS : `as a glob: ${entry(key, quote(glob))}`
}

function globHint({ field, key, value }: Wrong): string | undefined {
  if (field === 'config' || field === 'match' || field === 'route') return undefined
  if (typeof value !== 'string' || value === '' || isGlob(value)) return undefined
  const plain = value.replaceAll(/\\[^]|[[\]{}]/g, (part) => (part.length > 1 ? part : `\\${part}`))
  return isGlob(plain) ? `brackets that stand for themselves: ${entry(key, quote(plain))}` : undefined
}

function plainQuotesHint({ key, value }: Wrong): string | undefined {
  return sub(value, QUOTED, (text) => `in plain quotes: ${entry(key, quote(text))}`)
}

/** "quote it" for what YAML read as a number or a boolean. */
function quoteHint({ field, key, value, written }: Wrong): string | undefined {
  if (!FREE_TEXTS.includes(field) || written === undefined || !['number', 'boolean'].includes(typeof value))
    return undefined
  // udev says 1 for yes, and nothing for no.
  if (field === 'property value' && value === true) return entry(key, quote('1'))
  return `quote it: ${entry(key, quote(written))}`
}

function exampleHint({ field }: Wrong): string | undefined {
  const example = EXAMPLES[field]
  return example && `for instance: ${example}`
}

/** What `words` makes of the first group of `pattern`, if the value is a text that fits. */
function sub(value: unknown, pattern: RegExp, words: (group: string) => string): string | undefined {
  const group = typeof value === 'string' ? pattern.exec(value)?.[1] : undefined
  return group === undefined ? undefined : words(group)
}

function entry(key: string | undefined, text: string): string {
  return key === undefined ? text : `${key}: ${text}`
}

function quote(text: string): string {
  return JSON.stringify(text)
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isGlob(text: string): boolean {
  try {
    compileGlob(text)
    return true
  } catch {
    return false
  }
}
