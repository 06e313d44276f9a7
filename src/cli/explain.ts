// `udev-proxy explain`: which route takes a device and why, and what its container would get.
import { membersWithin } from '../attach/below.js'
import type { Destination } from '../attach/destination.js'
import { destinationOf } from '../attach/destination.js'
import { eventInside } from '../attach/inside.js'
import { keyboardBelowReason } from '../attach/keyboard-below.js'
import type { Attachment } from '../attach/plan.js'
import { attachmentsUnder } from '../attach/plan.js'
import type { Unit, World } from '../attach/world.js'
import { containerNamed, refusalOf } from '../attach/world.js'
import type { Config } from '../config/index.js'
import { openProved } from '../container/open.js'
import { openRefusal } from '../container/device-access.js'
import { lookInside } from '../container/session.js'
import { EXIT, GoneError, UnavailableError, isSystemError } from '../errors.js'
import type { Device } from '../kernel/index.js'
import { kindOfPath, locate, sysnameOf } from '../kernel/index.js'
import { native } from '../native.js'
import { explainRoute } from '../route/explain.js'
import type { RouteMatch } from '../route/match.js'
import type { BuiltinRules } from '../udev/builtin.js'
import { readRecord } from '../udev/host-database.js'
import { UsbParents } from '../udev/parents.js'
import type { Sayer } from '../udev/source.js'
import { isUdevdRunning } from '../udev/udevd.js'
import { effectiveConfig } from './effective-config.js'
import type { GivenDevice, Inside } from './explain-text.js'
import { explanationText } from './explain-text.js'
import { openRules } from './knowledge.js'
import type { ConfigChoice } from './optional-config.js'
import { surveyHost } from './survey.js'

export interface ExplainOptions {
  /** A devnode, a devpath or a path below /sys. */
  path: string
  config: ConfigChoice
}

/** Prints the explanation, and returns the exit code. Throws UnavailableError for what is no device, or none that containers are given. */
export async function explain({ path, config: choice }: ExplainOptions): Promise<number> {
  const devpath = devpathAt(path)
  const config = await effectiveConfig(choice, process.stderr)
  const { world, problem, close } = await surveyHost(config)
  const unit = [...world.units.values()].find(({ members }) => members.has(devpath))
  const asked = unit?.members.get(devpath)
  if (unit === undefined || asked === undefined) {
    const what = sysnameOf(devpath) === 'mice' ? 'what all mice of the host say together, and so ' : ''
    throw new UnavailableError(
      `${devpath} is ${what}none of the devices that containers are given: inputN, eventN, jsN, mouseN, hidrawN and HID devices`,
    )
  }
  const members = [...unit.members.values()]
  const within = membersWithin(world, unit)
  const destination = destinationOf(world, unit)
  const inside = await insideOf(world, destination)
  const { found } = unit
  const isTaken = found !== undefined && !('withheld' in found)
  process.stdout.write(
    explanationText({
      asked: asked.device,
      members,
      routes: world.routes.map((compiled) => explainRoute(compiled, members, within)),
      below: keyboardBelowReason(world, unit),
      destination:
        destination.kind === 'route' && inside?.refusal !== undefined
          ? { ...destination, state: 'refused' }
          : destination,
      ...(config === undefined && { noConfig: true }),
      remark: problem ?? refusal(world, unit, destination) ?? inside?.refusal,
      denied: deniedOf(world, unit, destination),
      inside,
      given: isTaken ? givenDevices(unit, found, inside, config) : [],
    }),
  )
  close()
  return EXIT.ok
}

function devpathAt(path: string): string {
  if (kindOfPath(path) === undefined) {
    throw new UnavailableError(
      `there is no device ${path}: a device is a name such as event7, or a path such as /dev/input/event7, /devices/… or /sys/class/input/event7; udev-proxy devices lists those that there are`,
    )
  }
  const devpath = locate(path)
  if (devpath === undefined)
    throw new UnavailableError(`there is no device ${path}; udev-proxy devices lists those that there are`)
  return devpath
}

function refusal(world: World, { found }: Unit, destination: Destination): string | undefined {
  if (destination.kind !== 'route' || destination.container === undefined) return undefined
  const container = containerNamed(world, destination.container)
  return container && refusalOf(world, container, found?.route)
}

/** What its running container can't open of the unit's nodes, once for each major. */
function deniedOf(world: World, { members }: Unit, destination: Destination): string[] {
  const name = destination.kind === 'route' ? destination.container : undefined
  const container = name === undefined ? undefined : containerNamed(world, name)
  if (container === undefined) return []
  const nodes = [...members.values()].flatMap(({ device: { node } }) => (node === undefined ? [] : [node]))
  const byMajor = new Map(nodes.toReversed().map((node) => [node.major, node]))
  return [...byMajor.values()].flatMap((node) => openRefusal(container, node) ?? [])
}

/** What its running container has; undefined when none runs, or this process may not look. */
async function insideOf(world: World, destination: Destination): Promise<Inside | undefined> {
  if (destination.kind !== 'route' || destination.container === undefined) return undefined
  const container = containerNamed(world, destination.container)
  const running = container?.running
  if (container === undefined || running === undefined || running.unproved !== undefined) return undefined
  try {
    const handle = await openProved({ ...container, running }, native)
    try {
      return handle.netns === running.netns ? await lookInside(handle, container) : undefined
    } finally {
      handle.close()
    }
  } catch (error) {
    if (error instanceof GoneError || isSystemError(error, 'EPERM', 'EACCES', 'ESRCH')) return undefined
    throw error
  }
}

function givenDevices(
  unit: Unit,
  found: RouteMatch,
  inside: Inside | undefined,
  config: Config | undefined,
): GivenDevice[] {
  const { rules, close } = openRules(config)
  try {
    const owner = inside?.owner ?? { uid: 0, gid: 0 }
    const hasHost = isUdevdRunning()
    const parents = new UsbParents<Sayer>((device, sayer) => {
      const stored = sayer === 'host' ? readRecord(device) : undefined
      return stored ?? (sayer === 'host' && hasHost ? undefined : rules.recordOfParent(device))
    })
    return attachmentsUnder(unit, found, owner, hasHost ? 'host' : 'builtin').map((attachment) => ({
      wanted: found.route.node,
      ...given(attachment, rules),
      parents: parents.of(unit.key, attachment.sayer, attachment.device.initializedAt),
    }))
  } finally {
    close()
  }
}

/** As the daemon would announce it; where the host's udevd keeps no record of the device, by the builtin rules. */
function given(attachment: Attachment, rules: BuiltinRules): Omit<GivenDevice, 'wanted' | 'parents'> {
  const { device, sayer, links } = attachment
  const stored = sayer === 'host' ? readRecord(device) : undefined
  const record = stored ?? rules.recordOf(device)
  const event = { action: 'add', seqnum: device.seqnum, kernel: device.properties, record } as const
  return {
    attachment,
    event: eventInside(event, attachment, links),
    sayer: stored === undefined ? 'builtin' : 'host',
    isMissing: sayer === 'host' && stored === undefined && hasRecord(device),
  }
}

/** udevd keeps no file of a HID device, of which no rule says anything. */
function hasRecord({ subsystem }: Device): boolean {
  return subsystem !== 'hid'
}
