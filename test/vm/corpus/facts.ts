// What udev says of a device, be it in a message, in the database or in the file system, in one form that can be compared.

/** A message as the libudev client of test/clients reports it with --datagram. */
export interface Message {
  action: string
  devpath: string
  subsystem: string
  devnode: string | null
  properties: Readonly<Record<string, string>>
  /** The datagram in hexadecimal. */
  datagram: string
}

export interface Facts {
  /** Properties by name, sets among them sorted. */
  properties: ReadonlyMap<string, string>
  /** Names of properties in an order that counts. */
  order?: readonly string[]
  /** The hashes and the bloom filter of a message's header, in hexadecimal. */
  header?: string
}

/** Properties that are sets, whose order udevd takes from a hash with a random key. */
const SETS: Readonly<Record<string, string>> = { TAGS: ':', CURRENT_TAGS: ':', DEVLINKS: ' ' }
/** struct monitor_netlink_header: filter_subsystem_hash to filter_tag_bloom_lo. */
const HASHES = { start: 24, end: 40 }

export function messageFacts({ properties, datagram }: Message): Facts {
  return {
    properties: new Map(Object.entries(properties).map(([key, value]) => [key, sorted(key, value)])),
    header: datagram.slice(2 * HASHES.start, 2 * HASHES.end),
  }
}

/** The facts of a file in /run/udev/data, under the names that a message has for them; `undefined` is no file. */
export function recordFacts(text: string | undefined): Facts {
  if (text === undefined) return { properties: new Map([['(record)', 'none']]) }
  const properties = new Map<string, string>()
  const order: string[] = []
  const lists = { G: [] as string[], Q: [] as string[], S: [] as string[] }
  const lines = text.split('\n').filter((line) => line !== '')
  for (const line of lines) {
    const kind = line.slice(0, 1)
    const rest = line.slice(2)
    if (kind === 'G' || kind === 'Q' || kind === 'S') lists[kind].push(rest)
    else if (kind === 'I') properties.set('USEC_INITIALIZED', rest)
    else if (kind === 'E') {
      const key = rest.slice(0, rest.indexOf('='))
      order.push(key)
      properties.set(key, rest.slice(key.length + 1))
    } else properties.set(`(${kind}:)`, rest)
  }
  // device_update_db writes all links first, then the time, properties, tags and the version.
  const kinds = lines.map((line) => line.slice(0, 1))
  properties.set('(lines)', kinds.filter((kind, index) => kind !== kinds[index - 1]).join(''))
  if (lists.G.length > 0) properties.set('TAGS', sorted('TAGS', lists.G.join(':')))
  if (lists.Q.length > 0) properties.set('CURRENT_TAGS', sorted('CURRENT_TAGS', lists.Q.join(':')))
  if (lists.S.length > 0)
    properties.set('DEVLINKS', sorted('DEVLINKS', lists.S.map((link) => `/dev/${link}`).join(' ')))
  return { properties, order }
}

/** A set in a message, with its members in alphabetical order; other values as they are. */
export function sorted(key: string, value: string): string {
  const separator = SETS[key]
  if (separator === undefined) return value
  return members(value, separator).toSorted().join(separator)
}

/** The tags in a value of TAGS or CURRENT_TAGS. */
export function tagsIn(value: string | undefined): string[] {
  return members(value ?? '', ':')
}

function members(value: string, separator: string): string[] {
  return value.split(separator).filter((member) => member !== '')
}
