// Why a device goes where it goes, and what it would be there, as a person reads it.
import type { Destination } from '../attach/destination.js'
import { linkObstacle } from '../attach/links.js'
import type { Owner } from '../attach/node-options.js'
import type { Attachment } from '../attach/plan.js'
import { unitTitle } from '../attach/title.js'
import { quotedBytes } from '../bytes.js'
import type { NodeOptions } from '../config/index.js'
import type { Device } from '../kernel/index.js'
import type { ExplainedAlternative, ExplainedRoute } from '../route/explain.js'
import type { Member } from '../route/member.js'
import { announcement } from '../udev/announcement.js'
import type { UdevEvent } from '../udev/event.js'
import { decodeMessage } from '../udev/message.js'
import type { StoredRecord } from '../udev/record.js'
import { recordId, recordText } from '../udev/record.js'
import type { Sayer } from '../udev/source.js'
import { printable } from './printable.js'
import { tableLines } from './table.js'

export interface Explanation {
  /** The device that was asked for, a member of the unit. */
  asked: Device
  members: readonly Member[]
  routes: readonly ExplainedRoute[]
  destination: Destination
  /** Why it counts as a keyboard without one of its own. */
  below?: string | undefined
  noConfig?: boolean
  /** Why the state of the container is not known, or why it is refused. */
  remark: string | undefined
  /** What the container can't open, and what to change. */
  denied?: readonly string[]
  /** Absent when the container does not run, or can't be looked at. */
  inside: Inside | undefined
  /** The unit's devices as the container would get them; empty when no route takes it. */
  given: readonly GivenDevice[]
}

export interface Inside {
  hasOwnUdevd: boolean
  /** Whether the host's udevd is what announces there. */
  hearsHost: boolean
  owner: Owner
  /** Why it can't be served, for what it has. */
  refusal?: string
}

export interface GivenDevice {
  attachment: Attachment
  /** What the route says of its node. */
  wanted: Partial<NodeOptions>
  event: UdevEvent
  /** Who says what it is. */
  sayer: Sayer
  /** Whether the host's udevd should have a record of it and has none. */
  isMissing: boolean
  /** Of the USB device and the interface that it is a part of. */
  parents: readonly StoredRecord[]
}

/** The explanation in lines; it ends with the last line's newline. */
export function explanationText(explanation: Explanation): string {
  const sections = [
    unitLines(explanation),
    routeLines(explanation),
    ownerLines(explanation),
    nodeLines(explanation),
    recordLines(explanation),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${printable(line)}\n`).join(''))
    .join('\n')
}

function unitLines({ asked, members }: Explanation): string[] {
  const rows = members.map(({ device: { sysname, subsystem, node }, classes }) => [
    sysname,
    subsystem,
    node === undefined ? '' : `/dev/${node.name}`,
    classes.join(', '),
  ])
  return [
    unitTitle(members.map(({ device }) => device)),
    asked.unit,
    ...tableLines(
      ['  DEVICE', 'SUBSYSTEM', 'NODE', 'CLASS'],
      rows.map(([first = '', ...rest]) => [`  ${first}`, ...rest]),
    ),
  ]
}

function routeLines({ routes, noConfig, below }: Explanation): string[] {
  if (routes.length === 0)
    return [noConfig === true ? 'no config, and so no routes' : 'the config has no routes']
  const owner = routes.find(({ verdict }) => verdict === 'matches')
  return routes.flatMap((route) => [
    `route ${route.name} ${verdictText(route, owner, below)}`,
    ...route.alternatives.flatMap((alternative, index) =>
      alternativeLines(alternative, route.alternatives.length > 1 ? `match ${index + 1}, ` : 'match, '),
    ),
  ])
}

function verdictText(
  { name, verdict }: ExplainedRoute,
  owner: ExplainedRoute | undefined,
  below: string | undefined,
): string {
  switch (verdict) {
    case 'fails':
      return 'does not match'
    case 'keyboard':
      return `would match, but ${below === undefined ? '' : `${below}, and `}a keyboard goes only to a route that says name: or class: keyboard`
    case 'matches':
      return owner === undefined || owner.name === name
        ? 'takes it'
        : `matches too, but ${owner.name} comes first`
  }
}

function alternativeLines({ member, checks, isFulfilled }: ExplainedAlternative, title: string): string[] {
  const by = `${isFulfilled ? 'by' : 'closest is'} ${member.device.sysname}`
  const rows = checks.map(({ key, wanted, actual, holds }) => [
    holds ? '    holds' : '    fails',
    key,
    `wanted ${valuesText(wanted)}`,
    actual.length === 0 ? 'has none' : `has ${valuesText(actual)}`,
  ])
  // The table's header would say what every row says.
  return [`  ${title}${by}`, ...tableLines(['', '', '', ''], rows).slice(1)]
}

function valuesText(values: readonly string[]): string {
  return values.map(quotedBytes).join(' or ')
}

function ownerLines({ destination, remark, routes, denied = [] }: Explanation): string[] {
  if (routes.length === 0) return []
  const because = remark === undefined ? '' : `: ${remark}`
  switch (destination.kind) {
    case 'undecided':
      return [`owner: not decided yet, ${destination.reason}`]
    case 'none':
      return ['owner: none, it stays with the host']
    case 'route': {
      const { container, selector, state } = destination
      if (state === 'unknown') return [`owner: ${container ?? selector}, whose state is not known${because}`]
      if (container === undefined) return [`owner: none yet, no running container matches ${selector}`]
      const words = {
        served: 'which runs',
        absent: 'which does not run',
        refused: `which is refused${because}`,
      }
      return [`owner: container ${container}, ${words[state]}`, ...denied.map((problem) => `  it ${problem}`)]
    }
  }
}

function nodeLines({ given, inside }: Explanation): string[] {
  const rows = given.flatMap(({ attachment, event, wanted }) => {
    const { device, node: options } = attachment
    const { node } = device
    if (node === undefined) return []
    const number = `${node.major}:${node.minor}`
    const links = event.record.links.filter((link) => linkObstacle(link) === undefined)
    return [[nodeName(attachment), number, modeText(options), ownerText(wanted, inside), links.join(' ')]]
  })
  if (rows.length === 0) return []
  return [
    'it would get',
    ...tableLines(['NODE', 'NUMBER', 'MODE', 'OWNER', 'LINKS'], rows),
    ...given.flatMap(({ event }) => ignoredLinks(event.record)),
    ...udevdLines(inside),
  ]
}

function udevdLines(inside: Inside | undefined): string[] {
  if (inside?.hasOwnUdevd === true) return ['records and announcements are left to its own udevd']
  return inside?.hearsHost === true
    ? ["on the host's network it hears what the host's udevd announces; udev-proxy announces nothing there"]
    : []
}

function ignoredLinks({ device, links }: UdevEvent['record']): string[] {
  return links.flatMap((link) => {
    const obstacle = device.node === undefined ? undefined : linkObstacle(link)
    return obstacle === undefined ? [] : [`without the link /dev/${link} to ${device.sysname}: ${obstacle}`]
  })
}

/** With legacyJs the number depends on what is plugged there already. */
function nodeName({ device: { node, sysname }, legacyJs }: Attachment): string {
  return legacyJs && sysname.startsWith('js') ? '/dev/input/js (next free)' : `/dev/${node?.name ?? ''}`
}

function modeText({ mode }: NodeOptions): string {
  return mode.toString(8).padStart(4, '0')
}

/** Ids of the host, as the route wants them, or as the container has them, where it can be looked at. */
function ownerText(wanted: Partial<NodeOptions>, inside: Inside | undefined): string {
  return `${wanted.uid ?? inside?.owner.uid ?? 'its root'}:${wanted.gid ?? inside?.owner.gid ?? 'its input'}`
}

function recordLines({ asked, given, inside }: Explanation): string[] {
  const found = given.find(({ attachment }) => attachment.device.devpath === asked.devpath)
  if (found === undefined || inside?.hasOwnUdevd === true) return []
  const { event, sayer, isMissing, parents } = found
  const record = recordText(event.record)
  const who = sayer === 'host' ? "the host's udevd" : 'the builtin rules'
  const properties = decodeMessage(announcement(event)) ?? new Map<string, string>()
  return [
    `${asked.sysname}, by ${who}${isMissing ? ", since the host's udevd has no record of it" : ''}`,
    record === undefined ? 'no record' : `record /run/udev/data/${recordId(event.record.device)}`,
    ...linesOf(record),
    'announcement',
    ...[...properties].map(([key, value]) => `  ${key}=${value}`),
    ...parents.flatMap(({ id, text }) => [
      `record /run/udev/data/${id}, of the USB device that it is a part of`,
      ...linesOf(text),
    ]),
  ]
}

function linesOf(record = ''): string[] {
  return record
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `  ${line}`)
}
