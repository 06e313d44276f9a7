// Plugs specimens, triggers events of them and unplugs them, and compares at each turn what the host has with what each container has.
import { messageOf } from '../../../src/errors.js'
import { output, outcomeOf } from '../../integration/harness/command.js'
import { until } from '../harness/until.js'
import type { Pair } from './compare.js'
import type { SysfsDevice } from '../harness/sysfs-devices.js'
import { devicesBelow, usbAbove } from '../harness/sysfs-devices.js'
import type { Ear } from './ear.js'
import type { Mode } from './exceptions.js'
import { messageFacts } from './facts.js'
import { filesOf } from './files.js'
import type { Plugged, Specimen } from './specimens.js'

/** Where one side listens and looks. */
export interface Side {
  ear: Ear
  /** Its root directory, seen from here. */
  root: string
  /** Actions of which it has heard nothing at all: there is no waiting for them again. */
  deafTo: Set<string>
}

export interface Sides {
  host: Side
  containers: ReadonlyMap<Mode, Side>
}

/** What was compared of a specimen. */
export interface Result {
  specimen: Specimen
  /** Parents first. */
  devices: SysfsDevice[]
  /** The USB interfaces and the USB device that these are parts of. */
  parents: SysfsDevice[]
  pairs: ReadonlyMap<Mode, Pair[]>
  /** Why it could not be compared. */
  failure?: string
}

interface Open {
  plugged: Plugged
  result: Result
}

/** How long the host may take for a batch, in milliseconds. */
const HOST_PATIENCE = 120_000
/** How long the containers may be behind the host; what is not there then is a difference. */
const PATIENCE = 30_000
const DEAF_PATIENCE = 500

/** Plugs the specimens of a batch together, and takes them through add, change, a second add and remove. */
export async function compareBatch(
  specimens: readonly Specimen[],
  sides: Sides,
  onAdded: (result: Result) => void = () => undefined,
): Promise<Result[]> {
  const results = specimens.map((specimen): Result => ({
    specimen,
    devices: [],
    parents: [],
    pairs: new Map([...sides.containers.keys()].map((mode) => [mode, []])),
  }))
  const open: Open[] = []
  for (const result of results) {
    try {
      open.push({ plugged: await result.specimen.plug(), result })
    } catch (error) {
      result.failure = messageOf(error)
    }
  }
  await settle()
  for (const each of open) {
    try {
      each.result.devices = await devicesOf(each)
      each.result.parents = parentsOf(each.result.devices)
    } catch (error) {
      each.result.failure = messageOf(error)
    }
  }
  const devices = open.flatMap(({ result }) => result.devices)
  const parents = open.flatMap(({ result }) => result.parents)
  await settle()
  await heard('add', devices, sides)
  compareFiles('add', open, sides)
  for (const { result } of open) onAdded(result)

  await trigger('change', [...parents, ...devices])
  await heard('change', devices, sides)
  compareFiles('change', open, sides)

  await trigger('add', devices)
  await heard('add', devices, sides, 2)
  compareFiles('the second add', open, sides)

  for (const { plugged } of open) plugged.unplug()
  await settle()
  await heard('remove', devices, sides)
  compareFiles('remove', open, sides)
  compareMessages(open, sides)
  return results
}

/** A driver makes its devices one after the other: they are complete when two looks find the same. */
async function devicesOf({ plugged, result: { specimen } }: Open): Promise<SysfsDevice[]> {
  let last = ''
  return until(
    `the devices of ${specimen.title}`,
    async () => {
      const devices = devicesBelow(plugged.root)
      const now = devices.map(({ devpath }) => devpath).join()
      const isComplete = now === last && devices.some(({ devname }) => devname !== undefined)
      last = now
      if (!isComplete) await settle()
      return isComplete && devices
    },
    HOST_PATIENCE,
  )
}

function parentsOf(devices: readonly SysfsDevice[]): SysfsDevice[] {
  const parents = devices.flatMap(({ devpath }) => usbAbove(devpath))
  return [...new Map(parents.map((parent) => [parent.devpath, parent])).values()]
}

async function trigger(action: string, devices: readonly SysfsDevice[]): Promise<void> {
  const paths = devices.map(({ devpath }) => `/sys${devpath}`)
  await outcomeOf('udevadm', ['trigger', `--action=${action}`, ...paths])
  await settle()
}

async function settle(): Promise<void> {
  await output('udevadm', ['settle'])
}

/** Waits until the host has heard of all devices so many times, and then for the containers; a container may never do so. */
async function heard(
  action: string,
  devices: readonly SysfsDevice[],
  sides: Sides,
  times = 1,
): Promise<void> {
  const unheard = ({ ear }: Side): readonly SysfsDevice[] =>
    devices.filter(({ devpath }) => ear.of(action, devpath).length < times)
  const all = (side: Side) => (): boolean => unheard(side).length === 0
  await until(`the host to hear ${action} of all`, all(sides.host), HOST_PATIENCE)
  for (const side of sides.containers.values()) {
    const patience = side.deafTo.has(action) ? DEAF_PATIENCE : PATIENCE
    await until(`${side.ear.place} to hear ${action} of all`, all(side), patience).catch(() => undefined)
    if (unheard(side).length === devices.length) side.deafTo.add(action)
  }
}

function compareFiles(after: string, open: readonly Open[], { host, containers }: Sides): void {
  for (const { result } of open) {
    for (const device of [...result.parents, ...result.devices]) {
      // A USB device whose driver was unbound stays on the host; inside it goes with the last unit that is a part of it.
      const isOver = after === 'remove' && result.parents.includes(device)
      const onHost = filesOf(device, isOver ? '/nowhere' : host.root)
      for (const [mode, { root }] of containers) {
        const inside = filesOf(device, root)
        const where = `of ${generic(device)} after ${after}`
        result.pairs
          .get(mode)
          ?.push(
            { where: `record ${where}`, host: onHost.record, container: inside.record },
            { where: `files ${where}`, host: onHost.files, container: inside.files },
          )
      }
    }
  }
}

/** All messages that either side has heard of the devices, whatever their action. */
function compareMessages(open: readonly Open[], { host, containers }: Sides): void {
  for (const { result } of open) {
    for (const device of result.devices) {
      for (const [mode, { ear }] of containers) {
        const actions = new Set([...host.ear.actionsOf(device.devpath), ...ear.actionsOf(device.devpath)])
        // Of what is above nobody in a container is told anything.
        for (const parent of result.parents)
          for (const action of ear.actionsOf(parent.devpath))
            result.pairs.get(mode)?.push({
              where: `${action} ${generic(parent)}`,
              host: undefined,
              container: { properties: new Map() },
            })
        for (const action of actions) {
          const [theirs, ours] = [host.ear.of(action, device.devpath), ear.of(action, device.devpath)]
          for (let index = 0; index < Math.max(theirs.length, ours.length); index++) {
            const facts = (messages: typeof ours) => {
              const message = messages[index]
              return message && messageFacts(message)
            }
            const where = `${action} ${generic(device)}`
            result.pairs.get(mode)?.push({ where, host: facts(theirs), container: facts(ours) })
          }
        }
      }
    }
  }
}

/** The sysname without its number: `event`, or `hid`. */
function generic({ subsystem, sysname }: SysfsDevice): string {
  if (subsystem === 'usb') return sysname.includes(':') ? 'usb_interface' : 'usb_device'
  return subsystem === 'hid' ? 'hid' : sysname.replace(/\d+$/, '')
}
