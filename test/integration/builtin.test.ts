// The builtin rules against this machine's own udev, on devices that only a sysfs of the test's has.
import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Device } from '../../src/kernel/index.js'
import { usbParents } from '../../src/kernel/index.js'
import { announcement } from '../../src/udev/announcement.js'
import { BuiltinRules } from '../../src/udev/builtin.js'
import { decodeMessage } from '../../src/udev/message.js'
import { recordText } from '../../src/udev/record.js'
import { SysfsTree } from '../unit/sysfs-tree.js'
import {
  addAtKeyboard,
  addBluetoothPad,
  addDualSense,
  addReceiver,
  addUinput,
  addUsbKeyboard,
  addVirtioKeyboard,
} from '../unit/udev/shapes.js'
import { addThing, anything } from '../unit/udev/things.js'
import type { Verdict } from './harness/udevadm-test.js'
import { queryHwdb, udevadmTest, udevVersion } from './harness/udevadm-test.js'

let version: 252 | 257
let tree: SysfsTree
beforeAll(async () => {
  version = (await udevVersion()) >= 257 ? 257 : 252
})
beforeEach(() => {
  tree = new SysfsTree()
})
afterEach(() => tree.remove())

/** Keys that the kernel or the event has brought along. */
const GIVEN = new Set([
  ...['ACTION', 'DEVPATH', 'SUBSYSTEM', 'SEQNUM', 'DEVNAME', 'MAJOR', 'MINOR', 'USEC_INITIALIZED'],
  ...['UDEV_DATABASE_VERSION', 'ID_PROCESSING'],
])

interface Comparable {
  properties: string[]
  record: string[] | undefined
}

/** What the rules have made, without what is random: times, and the order within tags and links. */
function comparable({ properties, record }: Verdict, device: Device): Comparable {
  const sorted = (key: string, value: string): string =>
    /^(?:DEVLINKS|TAGS|CURRENT_TAGS)$/.test(key)
      ? value
          .split(key === 'DEVLINKS' ? ' ' : ':')
          .sort()
          .join(' ')
      : value
  const lines = record?.split('\n').map((line) => line.replace(/^I:\d+$/, 'I:'))
  const isUnordered = (line: string): boolean => /^[SGQ]:/.test(line)
  return {
    properties: properties
      .filter(([key]) => !GIVEN.has(key) && !device.properties.has(key))
      // From 257 on, `udevadm test` runs no programs.
      .filter(([key]) => version < 257 || key !== 'LIBINPUT_DEVICE_GROUP')
      .map(([key, value]) => `${key}=${sorted(key, value)}`),
    record:
      version < 257
        ? lines && [...lines.filter(isUnordered).sort(), ...lines.filter((line) => !isUnordered(line))]
        : undefined,
  }
}

async function expectSame(): Promise<void> {
  const devpaths = tree.devpaths()
  const hidDevices = devpaths.filter((devpath) => tree.device(devpath).subsystem === 'hid')
  // That of a security token is told by a program.
  if (version >= 257) for (const hid of hidDevices) tree.write(`${hid}/report_descriptor`, '')
  const hwdb = { lookup: queryHwdb }
  const rules = new BuiltinRules({ sysfs: tree.root, hwdb, udevVersion: version, absInfo: () => [] })
  const parents = new Map(
    devpaths
      .flatMap((devpath) => usbParents(tree.device(devpath).unit, 1, tree.root))
      .map((device) => [device.devpath, device]),
  )
  const verdicts = await udevadmTest(tree.root, [...parents.keys(), ...devpaths])
  expect([...verdicts.keys()]).toEqual([...parents.keys(), ...devpaths])
  for (const [devpath, theirs] of verdicts) {
    const parent = parents.get(devpath)
    const record = parent === undefined ? rules.recordOf(tree.device(devpath)) : rules.recordOfParent(parent)
    const { device } = record
    const message = decodeMessage(
      announcement({ action: 'add', seqnum: 1, kernel: device.properties, record }),
    )
    const ours = { properties: [...(message ?? [])], record: recordText(record) }
    expect({ devpath, ...comparable(ours, device) }).toEqual({ devpath, ...comparable(theirs, device) })
  }
}

describe('the builtin rules say what udevd says', () => {
  test.each<[string, () => unknown]>([
    ['of a pad made by uinput', () => addUinput(tree)],
    ['of the keyboard of a PC', () => addAtKeyboard(tree)],
    ['of a virtio keyboard', () => addVirtioKeyboard(tree)],
    ['of a USB keyboard with two interfaces', () => addUsbKeyboard(tree)],
    ['of a DualSense over USB', () => addDualSense(tree)],
    ['of a pad over Bluetooth', () => addBluetoothPad(tree)],
    ['of a mouse behind a receiver', () => addReceiver(tree)],
  ])('%s', async (_, add) => {
    add()
    await expectSame()
  })

  test('of anything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything(), { minLength: 8, maxLength: 8 }), async (things) => {
        tree.remove()
        tree = new SysfsTree()
        things.forEach((thing, index) => addThing(tree, thing, index))
        await expectSame()
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 3), endOnFailure: true },
    )
  })
})
