// The single values of a config file, each with the words for what was expected.

import * as z from 'zod'
import { messageOf } from '../errors.js'
import { BUSES, isBusName } from './bus.js'
import { DEVICE_CLASSES } from './device-class.js'
import { compileGlob } from './glob.js'
import { looksLikeRegex } from './regex.js'
import { SUBSYSTEMS } from './subsystem.js'

const ABSOLUTE = 'an absolute path without ..'
const SOCKET = 'an absolute path without .., of at most 107 bytes'
const GLOB = 'a glob in quotes'
const NO_REGEX = 'a glob, not a regular expression'
const TAG = 'a tag, without the colons that udev joins tags with'
const SUBSYSTEM = `${SUBSYSTEMS.join(', ')}, or a glob of them`
const DEVPATH = 'a glob in quotes for a path that begins with /devices'
const ID = 'four hex digits in quotes, such as "054c", or a glob of them'
const BUS = 'a bus such as usb or bluetooth, or four hex digits in quotes'
const CLASS = `one of ${DEVICE_CLASSES.join(', ')}`
const COMPOSE_NAME = 'a name as compose has it, of letters, digits, _ . and -; no glob'
const CONTAINER_ID = 'the id of a container, at least 12 hex digits in quotes'
const COMPOSE_NUMBER = 'the number of a container of the service, from 1'
const MODE = 'permission bits in octal, in quotes, such as "0660"'
const OWNER = 'a number from 0 to 4294967294'
const TIMEOUT = 'milliseconds from 1 to 60000'
const LINK = 'a path relative to /dev such as input/player1, of letters, digits and # + - . : = @ _ /'
const NODE_NAME = "a name of its own: that one is a device node's"

/** Absolute, not the root, and nothing in it that climbs. */
const PATH = /^\/(?!(?:.*\/)?\.\.(?:\/|$)).*[^/.].*$/s
/** sun_path has 108 bytes with its NUL (linux/un.h); libuv cuts what is longer short, and says nothing. */
const MAX_SOCKET_PATH = 107
/** Where only `?` is special the length still counts. */
const HEX_GLOB = /^(?:[0-9a-fA-F?]{4}|(?=.*[*[{!])[!0-9a-fA-F*?,^{}[\]-]+)$/
const BUS_GLOB = new RegExp(`^(?:${Object.keys(BUSES).join('|')})$|${HEX_GLOB.source}`)
const CONTAINER_GLOB = /^[\w.*?,^!{}[\]-]+$/

/** A text that is not empty. */
export function text(expected: string): z.ZodString {
  return z.string({ error: expected }).min(1, { error: expected, abort: true })
}

export const path = text(ABSOLUTE).regex(PATH, { error: ABSOLUTE })

export const socketPath = text(SOCKET)
  .regex(PATH, { error: SOCKET, abort: true })
  .refine((value) => Buffer.byteLength(value) <= MAX_SOCKET_PATH, { error: SOCKET })

const glob = text(GLOB).check(compiles).check(isNoRegex)

export const globs = anyOf(glob, GLOB)

export const tags = anyOf(glob.regex(/^[^:]*$/, { error: TAG }), TAG)

export const subsystems = anyOf(
  text(SUBSYSTEM)
    .check(compiles)
    .check(({ value, issues }) => {
      if (issues.length > 0 || SUBSYSTEMS.some((name) => compileGlob(value)(name))) return
      issues.push({ code: 'custom', input: value, message: SUBSYSTEM })
    }),
  SUBSYSTEM,
)

export const ids = anyOf(
  text(ID)
    .regex(HEX_GLOB, { error: ID, abort: true })
    .check(compiles)
    .transform((value) => value.toLowerCase()),
  ID,
)

/** As `udevadm info` shows them, without its `E: `; those with a dot are gone when the event is over. Tags have a key of their own. */
export const propertyName = z.string().regex(/^(?!(?:CURRENT_)?TAGS$)\.?[A-Z][A-Z0-9_]*$/)

export const buses = anyOf(
  text(BUS)
    .regex(BUS_GLOB, { error: BUS, abort: true })
    .check(compiles)
    .transform((value) => (isBusName(value) ? BUSES[value] : value.toLowerCase())),
  BUS,
)

export const classes = anyOf(z.enum(DEVICE_CLASSES, { error: CLASS }), CLASS)

// Without /sys, as DEVPATH= of a uevent has it.
export const devpaths = anyOf(
  text(GLOB)
    .regex(/^(?:\/(?!sys\/)|[!*?[{])/, { error: DEVPATH, abort: true })
    .check(compiles)
    .check(isNoRegex),
  DEVPATH,
)

export const containerName = text('the name of a container, or a glob')
  .regex(CONTAINER_GLOB, {
    error: 'a container name of letters, digits, _ . and -, or a glob of them',
    abort: true,
  })
  .check(compiles)

export const containerId = text(CONTAINER_ID)
  .regex(/^[0-9a-fA-F]{12,64}$/, { error: CONTAINER_ID })
  .transform((value) => value.toLowerCase())

export const composeName = text(COMPOSE_NAME).regex(/^[\w.-]+$/, { error: COMPOSE_NAME })

export const composeNumber = z.int({ error: COMPOSE_NUMBER }).min(1, { error: COMPOSE_NUMBER })

export const mode = text(MODE)
  .regex(/^0?[0-7]{3}$/, { error: MODE })
  .transform((octal) => Number.parseInt(octal, 8))

// 4294967295 is (uid_t)-1, which chown(2) takes for "leave it".
export const owner = z.int({ error: OWNER }).min(0, { error: OWNER }).max(4294967294, { error: OWNER })

export const hostTimeout = z
  .int({ error: TIMEOUT })
  .min(1, { error: TIMEOUT })
  .max(60_000, { error: TIMEOUT })

/** The characters are those that udevd leaves as they are in a SYMLINK (allow_listed_char_for_devnode). */
const LINK_PATH = /^(?!(?:.*\/)?\.{1,2}(?:\/|$))[\w#+.:=@-]+(?:\/[\w#+.:=@-]+)*$/
/** What the kernel, or the stage itself, has there. */
const TAKEN = /^(?:input(?:\/(?:event|js|mouse)\d+|\/mice)?|input\/by-(?:id|path)|hidraw\d+|char(?:\/.*)?)$/

export const links = anyOf(
  text(LINK)
    .regex(LINK_PATH, { error: LINK, abort: true })
    .refine((path) => !TAKEN.test(path), { error: NODE_NAME }),
  LINK,
)

/** One, or a list of them. */
function anyOf<T extends z.ZodType<unknown, string>>(one: T, expected: string) {
  return z
    .union([one, z.array(one).min(1, { error: 'at least one' })], { error: expected })
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<T>[])
}

function isNoRegex({ value, issues }: z.core.ParsePayload<string>): void {
  if (issues.length === 0 && looksLikeRegex(value))
    issues.push({ code: 'custom', input: value, message: NO_REGEX })
}

function compiles({ value, issues }: z.core.ParsePayload<string>): void {
  if (value === '') return
  try {
    compileGlob(value)
  } catch (error) {
    issues.push({ code: 'custom', input: value, message: messageOf(error) })
  }
}
