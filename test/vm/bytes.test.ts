// Names of any bytes, and of more than one line: what a container hears and finds is what the host has, byte for byte.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lab } from '../../src/demo/lab.js'
import { BTN, BUS } from '../devices/codes.js'
import { SMALL_GAMEPAD } from '../devices/hid-plain.js'
import { output } from '../integration/harness/command.js'
import { CLIENT } from '../integration/harness/image.js'
import type { Served } from './corpus/daemons.js'
import { serve } from './corpus/daemons.js'
import { Ear } from './corpus/ear.js'
import type { Mode } from './corpus/exceptions.js'
import { rootOf } from './harness/machine.js'
import type { SysfsDevice } from './harness/sysfs-devices.js'
import { devicesBelow } from './harness/sysfs-devices.js'
import { plugHid } from './harness/uhid.js'
import { until } from './harness/until.js'

const MODES: readonly Mode[] = ['host', 'builtin']
const NOT_UTF8 = '\udcff\udca5@\udcfa'
const NAMES: readonly { name: string; phys?: string; uniq?: string }[] = [
  // No UTF-8, or a UTF-8 name that was cut.
  { name: `Pad ${NOT_UTF8}`, phys: `${NOT_UTF8}/input0` },
  { name: 'Pad caf\udcc3' },
  // More than one line, of which each could pass for something else.
  { name: 'one\nE:ID_SEAT=seat9', phys: 'a\nb', uniq: 'x\ny' },
  { name: 'Pad\nPRODUCT=1/2/3/4\nPHYS="no"\n' },
]
const IDS = { bus: BUS.usb, vendor: 0x1209, product: 0x5d11, version: 1 }
const PATIENCE = 120_000

interface Plugged {
  devices: SysfsDevice[]
  unplug: () => void
}
interface Inside {
  served: Served
  ear: Ear
  root: string
}

let host: Ear
const inside = new Map<Mode, Inside>()
const undo: (() => unknown)[] = []

beforeAll(async () => {
  host = new Ear('on the host', [CLIENT])
  undo.push(() => host.stop())
  for (const mode of MODES) {
    const served = await serve(mode)
    const ear = new Ear(`in corpus-${mode}`, ['docker', 'exec', `corpus-${mode}`, 'libudev-client'])
    undo.push(async () => {
      ear.stop()
      await served.stop()
    })
    inside.set(mode, { served, ear, root: await rootOf(served.container) })
  }
  await Promise.all([host, ...[...inside.values()].map(({ ear }) => ear)].map((ear) => ear.ready()))
}, 600_000)

afterAll(async () => {
  for (const step of undo.toReversed()) await step()
}, 300_000)

/** The strings of a message, one byte each character; lists and times only where they can be the same. */
function strings(datagram: string, mode: Mode): string[] {
  const bytes = Buffer.from(datagram, 'hex').toString('latin1')
  return comparable(bytes.slice(40, -1).split('\0'), mode, (string) => string.split('=')[0] ?? '')
}

function comparable(lines: readonly string[], mode: Mode, keyOf: (line: string) => string): string[] {
  const kept = lines.filter((line) => mode === 'host' || !/^(?:USEC_INITIALIZED|I)$/.test(keyOf(line)))
  const isList = (line: string): boolean => /^(?:TAGS|CURRENT_TAGS|DEVLINKS)$/.test(keyOf(line))
  return kept.map((line) => (isList(line) ? line.split(/[=: ]/).toSorted().join(' ') : line)).toSorted()
}

function record({ id }: SysfsDevice, root: string, mode: Mode): string[] | undefined {
  try {
    const text = readFileSync(`${root}/run/udev/data/${id}`).toString('latin1')
    return comparable(text.split('\n'), mode, (line) => line.split(':')[0] ?? '')
  } catch {
    return undefined
  }
}

async function heard(action: string, devices: readonly SysfsDevice[]): Promise<void> {
  const ears = [host, ...[...inside.values()].map(({ ear }) => ear)]
  for (const ear of ears) {
    const isComplete = (): boolean => devices.every(({ devpath }) => ear.of(action, devpath).length > 0)
    await until(`${ear.place} to hear ${action} of all`, isComplete, PATIENCE)
  }
}

/** Nothing is said of devices that everybody knows: what is heard in the end is what is heard now. */
function counts(devices: readonly SysfsDevice[]): number[] {
  return [...inside.values()].flatMap(({ ear }) =>
    devices.flatMap(({ devpath }) => ear.actionsOf(devpath).map((action) => ear.of(action, devpath).length)),
  )
}

function compare(action: string, devices: readonly SysfsDevice[]): void {
  for (const [mode, { ear, root }] of inside) {
    for (const device of devices) {
      const where = `${action} ${device.devpath}, ${mode}`
      const [theirs, ours] = [host, ear].map((one) => one.of(action, device.devpath).at(-1)?.datagram ?? '')
      expect(strings(ours ?? '', mode), where).toEqual(strings(theirs ?? '', mode))
      expect(ours?.slice(48, 80), `header of ${where}`).toBe(theirs?.slice(48, 80))
      expect(record(device, root, mode), `record after ${where}`).toEqual(record(device, '', mode))
    }
  }
}

const plugs: readonly [string, (names: (typeof NAMES)[number]) => Promise<Plugged>][] = [
  [
    'uinput',
    async ({ name, phys }) => {
      const spec = { ...IDS, name, ...(phys !== undefined && { phys }), keys: [BTN.south, BTN.east] }
      const device = lab.createUinput(spec)
      await output('udevadm', ['settle'])
      const devices = devicesBelow(`/devices/virtual/input/${device.sysname}`)
      return { devices, unplug: () => device.destroy() }
    },
  ],
  [
    'uhid',
    async (names) => {
      const device = await plugHid({ ...IDS, ...names, descriptor: SMALL_GAMEPAD, inputs: 1 })
      await output('udevadm', ['settle'])
      return { devices: devicesBelow(device.hid), unplug: () => device.unplug() }
    },
  ],
]

test.each(plugs)(
  'names of any bytes, by %s, are inside as they are on the host, also after a restart, and go',
  async (kind, plug) => {
    const plugged: Plugged[] = []
    for (const names of NAMES) plugged.push(await plug(names))
    const devices = plugged.flatMap((one) => one.devices)
    for (const one of plugged) expect(one.devices.length).toBeGreaterThan(1)
    await heard('add', devices)
    compare('add', devices)
    await output('udevadm', ['trigger', '--action=change', ...devices.map(({ devpath }) => `/sys${devpath}`)])
    await output('udevadm', ['settle'])
    await heard('change', devices)
    compare('change', devices)

    // Each daemon finds in sysfs what the one before has been told by the kernel.
    const before = counts(devices)
    await Promise.all(MODES.map(async (mode) => output('systemctl', ['restart', `corpus-${mode}`])))
    const second = await plug({ name: `after a restart, ${kind}` })
    await heard('add', second.devices)
    expect(counts(devices)).toEqual(before)
    compare('change', devices)

    for (const { unplug } of [...plugged, second]) unplug()
    await heard('remove', [...devices, ...second.devices])
    compare('remove', devices)
    for (const [mode, { root }] of inside) {
      const left = (): boolean =>
        [...devices, ...second.devices].some((device) => record(device, root, mode) !== undefined)
      await until(`no record in corpus-${mode}`, () => !left(), PATIENCE)
    }
  },
  600_000,
)

test('no client has refused or lost anything', () => {
  const ears = [host, ...[...inside.values()].map(({ ear }) => ear)]
  expect(ears.flatMap(({ mishaps }) => mishaps)).toEqual([])
})
