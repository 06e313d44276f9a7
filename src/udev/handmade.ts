// A message of GROUP_UDEV from properties that a person or a script has written.
import { quotedBytes } from '../bytes.js'
import { MAX_MESSAGE, encodeMessage } from './message.js'
import { tagsIn } from './tags.js'
import { verifyProperties } from './verify.js'

export interface HandmadeOptions {
  /** SEQNUM when nothing else is written. */
  seqnum: number
  /** Replaces the ACTION that is written. */
  action?: 'remove'
}

export interface Handmade {
  message: Buffer
  properties: ReadonlyMap<string, string>
}

/**
 * The message of these `KEY=VALUE` strings, of which `overrides` replace those of `strings`; or everything that is wrong with them. What udevd would add to
 * any message is added: ACTION=add, SEQNUM, UDEV_DATABASE_VERSION, and all TAGS as CURRENT_TAGS.
 */
export function handmadeMessage(
  strings: readonly string[],
  overrides: readonly string[],
  { seqnum, action }: HandmadeOptions,
): Handmade | { mistakes: string[] } {
  const mistakes: string[] = []
  const written = new Map([...pairs(strings, mistakes), ...pairs(overrides, mistakes)])
  // Clients from 252 on would otherwise take all tags for current ones.
  const properties = new Map([['UDEV_DATABASE_VERSION', '1'], ['ACTION', 'add'], ...written])
  if (!properties.has('SEQNUM')) properties.set('SEQNUM', String(seqnum))
  if (action !== undefined) properties.set('ACTION', action)
  writeOut(properties)
  mistakes.push(...verifyProperties(properties))
  if (mistakes.length > 0) return { mistakes }

  const sticky = properties.get('TAGS')
  if (sticky !== undefined && !properties.has('CURRENT_TAGS')) properties.set('CURRENT_TAGS', sticky)
  const devtype = properties.get('DEVTYPE')
  const tags = new Set([...tagsIn(sticky), ...tagsIn(properties.get('CURRENT_TAGS'))])
  const subsystem = properties.get('SUBSYSTEM') ?? ''
  const message = encodeMessage({ subsystem, tags, ...(devtype !== undefined && { devtype }) }, properties)
  if (message.length <= MAX_MESSAGE) return { message, properties }
  const excess = message.length - MAX_MESSAGE
  return {
    mistakes: [
      `the message has ${message.length} bytes, ${excess} more than clients with a libudev before 252 can receive`,
    ],
  }
}

function pairs(strings: readonly string[], mistakes: string[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const string of strings) {
    const equals = string.indexOf('=')
    const key = string.slice(0, equals)
    if (equals < 1) mistakes.push(`${quotedBytes(string)} is no KEY=VALUE`)
    else if (found.has(key)) mistakes.push(`${quotedBytes(key)} is there twice`)
    else found.set(key, string.slice(equals + 1))
  }
  return found
}

/** Writes out what libudev reads in two forms: the kernel's relative DEVNAME, and tags without the outer colons. */
function writeOut(properties: Map<string, string>): void {
  const devname = properties.get('DEVNAME')
  if (devname !== undefined && devname !== '' && !devname.startsWith('/')) {
    properties.set('DEVNAME', `/dev/${devname}`)
  }
  for (const key of ['TAGS', 'CURRENT_TAGS']) {
    const list = properties.get(key)
    if (list !== undefined && list !== '')
      properties.set(key, `:${list.replace(/^:/, '').replace(/:$/, '')}:`)
  }
}
