// What a stage takes over from one that is lost, as its container still shows it: which devices the clients know.
import { z } from 'zod'
import { decodeBytes } from '../bytes.js'
import { KNOWN } from '../container/session.js'
import type { FormerStage } from '../container/session.js'
import type { Device } from '../kernel/index.js'
import { deviceFrom } from '../kernel/index.js'
import { recordFromDatabase } from '../udev/host-record.js'
import { recordId, recordText } from '../udev/record.js'
import { newApplied } from './applied.js'
import type { Applied } from './plan.js'

/** Where a stage says it, below the directory that its container has as /run/udev. */
export { KNOWN }

/** No devpath is longer, or leads elsewhere. */
const DEVPATH = /^\/devices\/(?!.*\/\.\.?(?:\/|$)).{1,1000}$/s
/** The name that a joystick may have inside. */
const JOYSTICK = /^input\/js\d{1,9}$/

const knownSchema = z.object({
  node: z.string().optional(),
  libudevZero: z.boolean(),
  properties: z.array(z.tuple([z.string(), z.string()])),
})

/** What a stage says of a device that its container's clients know. */
export function knownText({ attachment: { device, libudevZero } }: Applied): string {
  const { devpath, subsystem, node } = device
  const properties = new Map(device.properties).set('DEVPATH', devpath).set('SUBSYSTEM', subsystem)
  return JSON.stringify({ ...(node && { node: node.name }), libudevZero, properties: [...properties] })
}

/**
 * Of `all` that is on the stage: what the container's clients know already (`same`), and what they are to hear the end of first (`gone`): it is not there any
 * more, or is another by now. Who has written it may be the container, so it decides nothing but what that container hears.
 */
export function succession(
  former: FormerStage,
  all: readonly Applied[],
): { same: Applied[]; gone: Applied[] } {
  const known = new Map(former.known.map(([id, content]) => [id, decodeBytes(content)]))
  const records = new Map(former.records.map(([id, content]) => [id, decodeBytes(content)]))
  const same: Applied[] = []
  const gone: Applied[] = []
  for (const id of new Set([...known.keys(), ...records.keys()])) {
    const current = all.find(({ attachment }) => recordId(attachment.device) === id)
    const said = parse(known.get(id))
    const record = records.get(id)
    if (current !== undefined && said !== undefined && isSame(current, said.device, record)) {
      same.push(current)
      continue
    }
    // Without its devpath nobody can be told of its end; what has its number now may have been told of, or not.
    const device = said?.device ?? current?.attachment.device
    if (device === undefined || recordId(device) !== id) continue
    gone.push(formerOf(device, record, said?.libudevZero === true))
  }
  return { same, gone: gone.sort(byDepth) }
}

/** Devices that the container's clients know, as far as their number is that of their file. */
export function knownTo({ known }: FormerStage): Device[] {
  return known.flatMap(([id, content]) => {
    const device = parse(decodeBytes(content))?.device
    return device !== undefined && recordId(device) === id ? [device] : []
  })
}

/** Undefined for what no stage of ours has written. */
function parse(text: string | undefined): { device: Device; libudevZero: boolean } | undefined {
  if (text === undefined) return undefined
  try {
    const { node: name, libudevZero, properties } = knownSchema.parse(JSON.parse(text))
    const nothing = { facts: () => undefined, capabilities: () => undefined }
    const device = deviceFrom({ properties: new Map(properties), seqnum: 0, at: 0 }, nothing)
    if (device === undefined || !DEVPATH.test(device.devpath)) return undefined
    const { node } = device
    if (node === undefined || name === undefined || !JOYSTICK.test(name)) return { device, libudevZero }
    return { device: { ...device, node: { ...node, name } }, libudevZero }
  } catch {
    return undefined
  }
}

function isSame(
  { attachment, event }: Applied,
  { devpath, node }: Device,
  record: string | undefined,
): boolean {
  const { device } = attachment
  if (device.devpath !== devpath || device.node?.name !== node?.name) return false
  // While udev has not said anything, the device alone tells.
  return event === undefined || withoutTime(recordText(event.record)) === withoutTime(record)
}

/** Who has kept no record of it gives the device another time (USEC_INITIALIZED). */
function withoutTime(record: string | undefined): string | undefined {
  return record?.replace(/^I:.*\n/m, '')
}

/** A device that is known, and no more. Its unit is none of the world's: what the container may have written holds up no device. */
function formerOf(known: Device, record: string | undefined, libudevZero: boolean): Applied {
  const device = { ...known, unit: `former:${known.devpath}`, seqnum: 0 }
  const node = { mode: 0, uid: 0, gid: 0 }
  const attachment = {
    ...{ device, route: 'former', node, links: [], legacyJs: false, sayer: 'builtin' as const },
    libudevZero,
  }
  const empty = { device, initializedAt: 0, properties: new Map(), tags: [], currentTags: [], links: [] }
  const kept = recordFromDatabase(device, record ?? '')
  return {
    ...newApplied(attachment, 0),
    event: { action: 'add', seqnum: 0, kernel: device.properties, record: kept ?? empty },
  }
}

/** Children before their parents. */
function byDepth(a: Applied, b: Applied): number {
  const depth = ({ attachment }: Applied): number => attachment.device.devpath.split('/').length
  return depth(b) - depth(a)
}
