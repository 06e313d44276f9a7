// Keys that are not known where they stand, outside a match too, and what to write instead.

import { ODD_SPACES, QUOTES, unicode } from './odd-character.js'

/** Keys whose values have no quotes. */
const BARE = ['uid', 'gid', 'number', 'hostTimeout', 'udevVersion', 'legacyJs', 'libudevZero', 'version']
/** What else people call the number of a container of a service. */
const NUMBERS = [
  'index',
  'scale',
  'instance',
  'replica',
  'replicas',
  'container',
  'containernumber',
  'nr',
  'no',
  'id',
]

const ANCHOR = 'an anchor stands where it is first used: match: &pad { vendor: "054c" }, and then match: *pad'
const COMPOSE_FILE = 'this is a key of a compose file; a config has version: 1 and routes: []'
const ORDER = 'the first route that matches wins: move this one up or down'
const OFF = 'a route is switched off by a # before each of its lines'
const EXCLUDE = 'a ! before a glob excludes, for instance: name: "!Sony*"'
const ANY = 'a list of mappings means any of them: match: [{ name: "Sony*" }, { vendor: "045e" }]'

/** What an object has no key for, though other programs have; by the key in small letters. */
const HABITS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  config: {
    services: COMPOSE_FILE,
    networks: COMPOSE_FILE,
    volumes: COMPOSE_FILE,
    include: 'a config is one file: write its routes into this one',
    includes: 'a config is one file: write its routes into this one',
    import: 'a config is one file: write its routes into this one',
    defaults: ANCHOR,
    templates: ANCHOR,
    anchors: ANCHOR,
  },
  docker: {
    host: 'socket: /run/docker.sock',
    url: 'socket: /run/docker.sock',
    endpoint: 'socket: /run/docker.sock',
    path: 'socket: /run/docker.sock',
  },
  route: {
    priority: ORDER,
    order: ORDER,
    weight: ORDER,
    device: 'what a route takes is in its match: { class: joystick }',
    devices: 'what a route takes is in its match: { class: joystick }',
    enabled: OFF,
    enable: OFF,
    disabled: OFF,
    comment: 'a comment begins with a #',
    description: 'a comment begins with a #',
    exclude: EXCLUDE,
    not: EXCLUDE,
  },
  match: {
    not: EXCLUDE,
    none: EXCLUDE,
    exclude: EXCLUDE,
    except: EXCLUDE,
    ignore: EXCLUDE,
    or: ANY,
    any: ANY,
    anyof: ANY,
    oneof: ANY,
    and: 'all keys of a match must hold: write them beside each other',
    all: 'all keys of a match must hold: write them beside each other',
    allof: 'all keys of a match must hold: write them beside each other',
  },
}

/** What is wrong with how a known key is written, or the right key for a value that is meant to choose a container. */
export function otherKeyHint(
  key: string,
  object: string,
  known: readonly string[],
  value: unknown,
): string | undefined {
  return writtenHint(key, known) ?? chosenHint(key.toLowerCase().replaceAll(/[^a-z]/g, ''), object, value)
}

function writtenHint(key: string, known: readonly string[]): string | undefined {
  if (key.startsWith('//')) return 'a comment begins with a #'
  if (key.startsWith('x-')) return ANCHOR
  const space = ODD_SPACES.exec(key)?.[0]
  const plain = key.replaceAll(new RegExp(`${ODD_SPACES.source}|${QUOTES.source}|["'\`]`, 'g'), '').trim()
  if (known.includes(plain))
    return space === undefined
      ? `without these quotes: ${plain}`
      : `there is ${unicode(space)} in this key: write ${plain}`
  const [, name = '', rest = ''] = /^([\w-]+):(\S.*)$/s.exec(key) ?? []
  if (!known.includes(name)) return undefined
  const value =
    BARE.includes(name) && name !== 'version' ? rest : JSON.stringify(rest.replace(/^(["'])(.*)\1$/s, '$2'))
  return `a space belongs after the colon: ${name}: ${value}`
}

function chosenHint(plain: string, object: string, value: unknown): string | undefined {
  const habits = HABITS[object] ?? {}
  if (Object.hasOwn(habits, plain)) return habits[plain]
  const text = typeof value === 'string' && /^[\w.-]+$/.test(value) ? value : undefined
  if (object === 'node' && /^(?:user|owner|chown)$/.test(plain)) return ownerOf(value)
  if (object === 'compose') {
    if (NUMBERS.includes(plain)) return `number: ${/^[1-9]\d*$/.test(String(value)) ? String(value) : '2'}`
    return plain === 'name' ? `service: ${text ?? 'retroarch'}` : undefined
  }
  if (object !== 'container' && object !== 'route') return undefined
  if (/^(?:(?:docker)?container)?name$/.test(plain) || plain === 'target')
    return `container: ${text ?? 'retroarch-1'}`
  if (plain === 'image') return 'a container is found by its name, for instance: container: retroarch-1'
  if (plain === 'service' || plain === 'composeservice')
    return `container: { compose: { service: ${text ?? 'retroarch'} } }`
  if (plain === 'project' || plain === 'composeproject')
    return `container: { compose: { project: ${text ?? 'games'}, service: retroarch } }`
  if (plain !== 'label' && plain !== 'labels') return undefined
  return `container: { label: ${labels(value) ?? '{ seat: couch }'} }`
}

/** `1000:1000`. */
function ownerOf(value: unknown): string | undefined {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(String(value)) ?? []
  return gid === undefined ? undefined : `uid: ${uid ?? '0'}, gid: ${gid}`
}

/** Labels as a mapping, as a list of KEY=VALUE, or as one of these. */
function labels(value: unknown): string | undefined {
  const pairs =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value as Record<string, unknown>)
      : [value].flat().map((one: unknown): unknown[] => String(one).split(/=(.*)/s, 2))
  const entries = pairs.map(([label, text]) =>
    [label, text].map((one) => (typeof one === 'string' ? one : '')),
  )
  if (entries.length === 0 || entries.some(([label, text]) => label === '' || text === '')) return undefined
  return `{ ${entries.map(([label, text]) => `${JSON.stringify(label)}: ${JSON.stringify(text)}`).join(', ')} }`
}
