// What libudev demands of the properties in a message, and what it would take but misread (device_amend and device_verify in
// src/libsystemd/sd-device/device-private.c).
import { quotedBytes } from '../bytes.js'
import { ACTIONS } from '../kernel/uevent.js'

/** What a value has to be, when it is not. */
type Check = (value: string) => string | undefined

/** 12 and 20 bits (linux/kdev_t.h). */
const MAX_MAJOR = 0xfffn
const MAX_MINOR = 0xfffffn
const MAX_U32 = 0xffffffffn
const MAX_U64 = 0xffffffffffffffffn

const REQUIRED: Readonly<Record<string, string>> = {
  DEVPATH: 'it is the path below /sys, for instance DEVPATH=/devices/virtual/input/input7/event7',
  SUBSYSTEM: 'for instance SUBSYSTEM=input',
  ACTION: `one of ${[...ACTIONS].join(', ')}`,
  SEQNUM: 'a number above 0',
}

const CHECKS: Readonly<Record<string, Check>> = {
  ACTION: (value) =>
    (ACTIONS as ReadonlySet<string>).has(value) ? undefined : `one of ${[...ACTIONS].join(', ')}`,
  DEVPATH: (value) =>
    isPath(value) ? undefined : 'the path below /sys, for instance /devices/virtual/input/input7',
  SUBSYSTEM: (value) => (value === '' ? 'a name, for instance input' : undefined),
  DEVTYPE: (value) => (value === '' ? 'a name; leave it out for none' : undefined),
  DEVNAME: (value) => (isBelowDev(value) ? undefined : 'a path below /dev, for instance /dev/input/event7'),
  DEVLINKS: (value) =>
    value.split(' ').every(isBelowDev) ? undefined : 'paths below /dev with single spaces between',
  TAGS: tagList,
  CURRENT_TAGS: tagList,
  SEQNUM: number(1n, MAX_U64),
  MAJOR: number(0n, MAX_MAJOR),
  MINOR: number(0n, MAX_MINOR),
  IFINDEX: number(1n, 0x7fffffffn),
  DISKSEQ: number(1n, MAX_U64),
  DEVUID: number(0n, MAX_U32 - 1n),
  DEVGID: number(0n, MAX_U32 - 1n),
  DEVMODE: (value) => (/^0[0-7]{1,4}$/.test(value) ? undefined : 'octal with a leading 0, for instance 0660'),
  USEC_INITIALIZED: number(1n, MAX_U64),
  UDEV_DATABASE_VERSION: number(0n, MAX_U32),
}

/** All that is wrong with the properties of a message, one sentence each; empty when every libudev takes them as they are meant. */
export function verifyProperties(properties: ReadonlyMap<string, string>): string[] {
  const missing = Object.entries(REQUIRED)
    .filter(([key]) => !properties.has(key))
    .map(([key, hint]) => `${key} is missing: ${hint}`)
  const wrong = [...properties].flatMap(([key, value]) => {
    // From 252 on libudev cuts a value there, and before that what follows would be a line of its own in every listing.
    if ((key + value).includes('\n'))
      return [`${quotedBytes(key)} has a newline: libudev ends the value there`]
    const wanted = Object.hasOwn(CHECKS, key) ? CHECKS[key]?.(value) : undefined
    return wanted === undefined ? [] : [`${quotedBytes(`${key}=${value}`)}: must be ${wanted}`]
  })
  // libudev ignores a minor without its major, and takes 0 for a minor that is missing.
  const [present, absent] = properties.has('MAJOR') ? ['MAJOR', 'MINOR'] : ['MINOR', 'MAJOR']
  const half = properties.has(present) && !properties.has(absent)
  return [...missing, ...wrong, ...(half ? [`${present} is there without ${absent}`] : [])]
}

/** Absolute and normalised, as sd_device_get_devpath has it. */
function isPath(value: string): boolean {
  const [root, ...parts] = value.split('/')
  return (
    root === '' && parts.length > 0 && parts.every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

function isBelowDev(value: string): boolean {
  return value.startsWith('/dev/') && isPath(value)
}

/** The form that udevd writes; sd-device refuses a tag with a space. */
function tagList(value: string): string | undefined {
  return /^:(?:[^:\s]+:)+$/.test(value) ? undefined : 'tags between colons, for instance :seat:uaccess:'
}

/** Decimal: libudev reads a leading 0 as octal. */
function number(least: bigint, most: bigint): Check {
  return (value) => {
    if (/^(?:0|[1-9]\d{0,19})$/.test(value) && BigInt(value) >= least && BigInt(value) <= most)
      return undefined
    return `a decimal number from ${least.toString()} to ${most.toString()}`
  }
}
