// What the host's udevd says of a device, as its message or its database has it, made fit for a container.
import type { Device } from '../kernel/device.js'
import { decimal } from '../kernel/number.js'
import type { UdevRecord } from './record.js'

const VERSION = 'UDEV_DATABASE_VERSION'

/** Keys of a message that are no properties of the record: kept elsewhere, or made anew for every message. */
const NOT_STORED = new Set([
  VERSION,
  'ACTION',
  'DEVPATH',
  'SUBSYSTEM',
  'DEVNAME',
  'MAJOR',
  'MINOR',
  'SEQNUM',
  'SYNTH_UUID',
  'USEC_INITIALIZED',
  'DEVLINKS',
  'TAGS',
  'CURRENT_TAGS',
])

/** Said by rules to keep the host itself away from a device that is a container's. */
const HOST_ONLY = /^(?:LIBINPUT_IGNORE_DEVICE$|UDEV_PROXY_)/
/** A record with it is not complete yet: from systemd 256 on there is one while programs of the rules still run (udev-event.c). */
const PROCESSING = 'ID_PROCESSING'

/** `said` without what is meant for the host alone: seats other than seat0, libinput's ignoring, and marks of udevd's own work. */
export function forContainer(said: ReadonlyMap<string, string>): Map<string, string> {
  const kept = new Map(said)
  const seat = said.get('ID_SEAT')
  for (const key of said.keys()) if (HOST_ONLY.test(key) || key === PROCESSING) kept.delete(key)
  if (seat === undefined || seat === 'seat0') return kept
  kept.delete('ID_SEAT')
  // 73-seat-late.rules tags a device with the name of its seat.
  for (const key of ['TAGS', 'CURRENT_TAGS']) {
    const tags = splitTags(said.get(key)).filter((tag) => tag !== seat)
    if (tags.length > 0) kept.set(key, `:${tags.join(':')}:`)
    // Where the list is missing, and the version, all tags are taken for current ones.
    else if (said.has(key) && !said.has(VERSION)) kept.set(key, '')
    else kept.delete(key)
  }
  return kept
}

/** The record of `device` from udevd's message `said`, which came of a kernel event with the properties `kernel`. */
export function recordFromMessage(
  device: Device,
  kernel: ReadonlyMap<string, string>,
  said: ReadonlyMap<string, string>,
): UdevRecord {
  const tags = splitTags(said.get('TAGS'))
  const current = said.get('CURRENT_TAGS')
  return {
    device,
    initializedAt: decimal(said.get('USEC_INITIALIZED')) ?? device.initializedAt,
    // udevd stores what its rules set, also where the kernel had said something else.
    properties: new Map(
      [...said].filter(([key, value]) => !NOT_STORED.has(key) && firstLine(kernel.get(key)) !== value),
    ),
    tags,
    // Releases before 247 know no current tags; one that has none of them says of which version its database is.
    currentTags: current === undefined && !said.has(VERSION) ? tags : splitTags(current),
    links: (said.get('DEVLINKS') ?? '')
      .split(' ')
      .filter((link) => link.startsWith('/dev/'))
      .map((link) => link.slice('/dev/'.length)),
  }
}

/** As udevd has taken it: it ends a value of the kernel's at a newline (device_new_from_nulstr). */
function firstLine(value: string | undefined): string | undefined {
  return value?.includes('\n') === true ? value.slice(0, value.indexOf('\n')) : value
}

/** The record of `device` from the text of udevd's own, which `fit` makes fit for whoever asks; undefined when udevd has not finished it. */
export function recordFromDatabase(device: Device, text: string, fit = forContainer): UdevRecord | undefined {
  const said = new Map<string, string>()
  const links: string[] = []
  const tags: string[] = []
  const currentTags: string[] = []
  for (const line of text.split('\n')) {
    const value = line.slice(2)
    const equals = value.indexOf('=')
    if (line.startsWith('S:')) links.push(value)
    else if (line.startsWith('I:')) said.set('USEC_INITIALIZED', value)
    else if (line.startsWith('E:') && equals > 0) said.set(value.slice(0, equals), value.slice(equals + 1))
    else if (line.startsWith('G:')) tags.push(value)
    else if (line.startsWith('Q:')) currentTags.push(value)
    else if (line.startsWith('V:')) said.set(VERSION, value)
  }
  if (said.has(PROCESSING)) return undefined
  if (links.length > 0) said.set('DEVLINKS', links.map((link) => `/dev/${link}`).join(' '))
  if (tags.length > 0) said.set('TAGS', `:${tags.join(':')}:`)
  if (currentTags.length > 0) said.set('CURRENT_TAGS', `:${currentTags.join(':')}:`)
  return recordFromMessage(device, new Map(), fit(said))
}

/** udevd's parser makes an additional empty tag of the leading colon; there is none. */
function splitTags(list: string | undefined): string[] {
  return (list ?? '').split(':').filter((tag) => tag !== '')
}
