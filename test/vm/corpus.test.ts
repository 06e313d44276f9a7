// Property for property: what a container hears and finds of a device is what the host's udevd said, for every device of the corpus.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { output } from '../integration/harness/command.js'
import { CLIENT } from '../integration/harness/image.js'
import { USB_DEVICES } from '../devices/usb.js'
import type { Golden } from '../golden/golden.js'
import type { Result, Side, Sides } from './corpus/comparison.js'
import { compareBatch } from './corpus/comparison.js'
import { serve } from './corpus/daemons.js'
import { Ear } from './corpus/ear.js'
import type { Mode } from './corpus/exceptions.js'
import { EXCEPTIONS, HOST_PROPERTY, HOST_SEAT } from './corpus/exceptions.js'
import { goldenOf, isGolden, writeGolden } from './corpus/golden.js'
import { KEPT, ownSpecimens, recordings } from './corpus/specimens.js'
import type { Specimen } from './corpus/specimens.js'
import type { Row } from './corpus/table.js'
import { rowOf, summaryOf, tableOf } from './corpus/table.js'
import { loadGadgets } from './harness/gadget.js'
import { rootOf, systemctl } from './harness/machine.js'
import type { Resident } from './harness/resident.js'
import { residents } from './harness/resident.js'

const MODES: readonly Mode[] = ['host', 'builtin']
const RULES = '/run/udev/rules.d/99-corpus.rules'
const RESULTS = '.cache/vm/results'
/** Plugged together: udevd and the daemons have something to do side by side, and no receive buffer overflows. */
const BATCH = 10

let kernel: Ear
let sides: Sides
let own: Resident[] = []
const results: Result[] = []
const goldens = new Map<Specimen, Golden>()
/** What puts the machine back as it was, the last first. */
const undo: (() => unknown)[] = []

beforeAll(async () => {
  await systemctl('stop')
  undo.push(() => systemctl('start'))
  await addRules()
  await loadGadgets(USB_DEVICES.length)
  // Otherwise hid-generic has a device until the driver that wants it has been loaded.
  await output('modprobe', ['-a', 'hid_playstation', 'hid_sony', 'hid_nintendo'])
  await output('udevadm', ['settle'])
  own = residents()
  for (const resident of own) {
    resident.unplug()
    undo.push(() => {
      resident.plug()
    })
  }
  kernel = listen('of the kernel', [CLIENT, '--kernel'])
  const host = sideOf(listen('on the host', [CLIENT]), '')
  const inside = await Promise.all(MODES.map(sideInside))
  sides = { host, containers: new Map(inside) }
  await Promise.all([kernel, host.ear, ...inside.map(([, { ear }]) => ear)].map((ear) => ear.ready()))
}, 600_000)

afterAll(async () => {
  for (const step of undo.toReversed()) await step()
}, 300_000)

test('the recordings are plugged, changed and unplugged', async () => {
  const folder = process.env['EVEMU_DIR']
  if (folder === undefined) {
    throw new Error(
      'EVEMU_DIR is not set: it is the folder of recordings of real devices to compare, for instance a checkout of ' +
        'https://github.com/whot/evemu-devices (EVEMU_DIR=~/evemu-devices npm run test:vm)',
    )
  }
  const specimens = recordings(folder)
  expect(specimens.length).toBeGreaterThan(0)
  await compareAll(specimens)
}, 1_800_000)

test("the repo's own devices and the machine's are plugged, changed and unplugged", async () => {
  await compareAll(ownSpecimens(own))
  for (const { specimen, devices } of results) {
    const golden = goldens.get(specimen)
    if (golden !== undefined)
      await writeGolden(golden, specimen, devices, kernel, sides.host.ear, join(RESULTS, 'golden'))
  }
}, 1_800_000)

describe.each(MODES)('properties from %s', (mode) => {
  test('are those of the host, in every message and record, for every device', () => {
    expect(results.length).toBeGreaterThan(0)
    expect(summaryOf(rows(), mode)).toEqual([])
  })
})

test('every device could be plugged', () => {
  const failures = results.flatMap(({ specimen, failure }) =>
    failure === undefined ? [] : [`${specimen.title}: ${failure}`],
  )
  expect(failures).toEqual([])
})

test('nothing was lost or refused by a client', () => {
  const ears = [kernel, sides.host.ear, ...[...sides.containers.values()].map(({ ear }) => ear)]
  expect(ears.flatMap(({ place, mishaps }) => mishaps.map((line) => `${place}: ${line}`))).toEqual([])
})

/** A rule of the administrator's for one device. */
async function addRules(): Promise<void> {
  await mkdir('/run/udev/rules.d', { recursive: true })
  await writeFile(
    RULES,
    `ATTRS{name}=="${KEPT.name}", ENV{ID_SEAT}="${HOST_SEAT}", TAG+="${HOST_SEAT}", ` +
      `ENV{LIBINPUT_IGNORE_DEVICE}="1", ENV{${HOST_PROPERTY}}="of the administrator"\n`,
  )
  const reload = (): Promise<string> => output('udevadm', ['control', '--reload'])
  await reload()
  undo.push(async () => {
    await rm(RULES)
    await reload()
  })
}

function listen(place: string, command: readonly string[]): Ear {
  const ear = new Ear(place, command)
  undo.push(() => {
    ear.stop()
  })
  return ear
}

function sideOf(ear: Ear, root: string): Side {
  return { ear, root, deafTo: new Set() }
}

async function sideInside(mode: Mode): Promise<[Mode, Side]> {
  const served = await serve(mode)
  undo.push(() => served.stop())
  const { container } = served
  const ear = listen(`in ${container.name}`, ['docker', 'exec', container.name, 'libudev-client'])
  return [mode, sideOf(ear, await rootOf(container))]
}

async function compareAll(specimens: readonly Specimen[]): Promise<void> {
  for (let start = 0; start < specimens.length; start += BATCH) {
    const batch = specimens.slice(start, start + BATCH)
    const compared = await compareBatch(batch, sides, ({ specimen, devices }) => {
      if (isGolden(specimen)) goldens.set(specimen, goldenOf(specimen.title, devices))
    })
    results.push(...compared)
    await report()
  }
}

function rows(): Row[] {
  return results.map((result) => rowOf(result, EXCEPTIONS))
}

/** Leaves the table and the differences in the results, as far as the comparison has come. */
async function report(): Promise<void> {
  await writeFile(join(RESULTS, 'corpus.md'), tableOf(rows(), MODES, EXCEPTIONS))
  for (const mode of MODES) {
    await writeFile(join(RESULTS, `corpus-${mode}.txt`), `${summaryOf(rows(), mode).join('\n')}\n`)
  }
}
