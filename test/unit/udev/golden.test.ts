// What udevd 252 has sent, byte for byte, against what is sent here of the same devices; test/vm/corpus/golden.ts has made the fixtures.
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Device, Uevent } from '../../../src/kernel/index.js'
import { deviceFrom, handledUnit, ownProperties } from '../../../src/kernel/index.js'
import { parseUevent } from '../../../src/kernel/uevent.js'
import { announcement } from '../../../src/udev/announcement.js'
import { BuiltinRules } from '../../../src/udev/builtin.js'
import { forContainer, recordFromMessage } from '../../../src/udev/host-record.js'
import { decodeMessage } from '../../../src/udev/message.js'
import type { UdevRecord } from '../../../src/udev/record.js'
import { recordId, recordText } from '../../../src/udev/record.js'
import type { Golden } from '../../golden/golden.js'
import { surroundingsIn } from '../../golden/golden.js'

const FIXTURES = 'test/fixtures/golden'
const TEMPORARY = mkdtempSync(join(tmpdir(), 'udev-proxy-golden-'))
const goldens = readdirSync(FIXTURES).map((file) => ({
  file,
  golden: JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as Golden,
}))

afterAll(() => {
  rmSync(TEMPORARY, { recursive: true })
})

test('there are at least eight devices, with all actions and all kinds of nodes among them', () => {
  expect(goldens.length).toBeGreaterThanOrEqual(8)
  const seen = goldens.flatMap(({ golden }) => eventsOf(golden).map(({ uevent }) => uevent))
  expect(new Set(seen.map(({ action }) => action))).toEqual(
    new Set(['add', 'bind', 'change', 'unbind', 'remove']),
  )
  const kinds = seen.map(({ devpath }) => devpath.replace(/^.*\//, '').replace(/\d+$/, ''))
  expect(kinds).toEqual(expect.arrayContaining(['input', 'event', 'js', 'mouse', 'hidraw']))
})

describe.each(goldens)('$file', ({ file, golden }) => {
  const sysfs = join(TEMPORARY, file)
  layOut(golden, sysfs)

  test("carried over from the host's udevd, every message is the same to the last byte", () => {
    for (const { uevent, udevd, device } of told(golden, sysfs)) {
      const said = decodeMessage(udevd)
      if (said === undefined) throw new Error(`udevd's message of ${uevent.devpath} is not understood`)
      const kernel = ownProperties(uevent.properties)
      const record = recordFromMessage(device, kernel, said)
      const message = announcement({
        action: uevent.action,
        seqnum: uevent.seqnum,
        kernel,
        said: forContainer(said),
        record,
      })
      expect(strings(message)).toEqual(strings(udevd))
      expect(message.equals(udevd)).toBe(true)
    }
  })

  test('made by the builtin rules, every message is the same to the last byte, but for its time', () => {
    const rules = builtinRules(golden, sysfs)
    const records = new Map<string, UdevRecord>()
    for (const { uevent, udevd, device } of told(golden, sysfs)) {
      const { action, devpath, seqnum } = uevent
      // Of some devices only later events are kept.
      const previous = records.get(devpath) ?? (action === 'add' ? undefined : rules.recordOf(device))
      const record =
        action === 'remove' && previous !== undefined ? previous : rules.recordOf(device, previous)
      records.set(devpath, record)
      const message = announcement({ action, seqnum, kernel: ownProperties(uevent.properties), record })
      expect(normalised(message)).toEqual(normalised(udevd))
    }
  })

  test('made by the builtin rules, every record is the same, but for its time', () => {
    const rules = builtinRules(golden, sysfs)
    for (const { uevent, device } of told(golden, sysfs)) {
      if (uevent.action !== 'add') continue
      const record = rules.recordOf(device)
      expect(lines(recordText(record))).toEqual(lines(golden.records[recordId(device)]))
    }
  })
})

interface Told {
  uevent: Uevent
  udevd: Buffer
  device: Device
}

/** The events in the order of their SEQNUMs, each with the device that came with its add. */
function told(golden: Golden, sysfs: string): Told[] {
  const devices = new Map<string, Device>()
  return eventsOf(golden)
    .toSorted((a, b) => a.uevent.seqnum - b.uevent.seqnum)
    .map(({ uevent, udevd }) => {
      const { properties, seqnum, devpath } = uevent
      const device = devices.get(devpath) ?? deviceFrom({ properties, seqnum, at: 1 }, surroundingsIn(sysfs))
      if (device === undefined) throw new Error(`${devpath} is not handled`)
      devices.set(devpath, device)
      return { uevent, udevd, device }
    })
}

/** What of it is handled: LEDs and the USB devices above come and go with them. */
function eventsOf({ events }: Golden): Omit<Told, 'device'>[] {
  return events
    .map(({ kernel, udevd }) => ({ uevent: ueventOf(kernel), udevd: Buffer.from(udevd, 'hex') }))
    .filter(({ uevent: { subsystem, devpath } }) => handledUnit(subsystem, devpath) !== undefined)
}

function ueventOf(hex: string): Uevent {
  const uevent = parseUevent(Buffer.from(hex, 'hex'))
  if (typeof uevent === 'string') throw new Error(`no uevent: ${uevent}`)
  return uevent
}

function builtinRules({ hwdb, axes }: Golden, sysfs: string): BuiltinRules {
  return new BuiltinRules({
    sysfs,
    udevVersion: 252,
    hwdb: { lookup: (key) => new Map(Object.entries(hwdb[key] ?? {})) },
    absInfo: ({ path }, codes) => codes.map((code) => axes[path]?.[code]),
  })
}

/** Makes the part of sysfs that the fixture has. */
function layOut({ sysfs }: Golden, root: string): void {
  for (const [path, { files, links }] of Object.entries(sysfs)) {
    for (const [name, content] of Object.entries(files)) {
      const file = join(root, path, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, Buffer.from(content, 'hex'))
    }
    mkdirSync(join(root, path), { recursive: true })
    for (const [name, target] of Object.entries(links)) symlinkSync(`../${target}`, join(root, path, name))
  }
}

/** Header and strings of a message, without its length: with sets sorted and the time taken out. */
function normalised(message: Buffer): string[] {
  expect(message.readUInt32LE(20)).toBe(message.length - 40)
  const settledStrings = strings(message).map(settled)
  // Where the time stands differs in udevd from one event to the next.
  const time = settledStrings.splice(settledStrings.indexOf('USEC_INITIALIZED=…'), 1)
  return [message.toString('hex', 0, 20), message.toString('hex', 24, 40), ...settledStrings, ...time]
}

function strings(message: Buffer): string[] {
  return message.toString('latin1', 40, message.length - 1).split('\0')
}

/** udevd takes the order of sets from a hash with a random key. */
function settled(string: string): string {
  const [key = '', value = ''] = string.split(/=(.*)/s, 2)
  if (key === 'USEC_INITIALIZED') return `${key}=…`
  const separator = key === 'DEVLINKS' ? ' ' : key === 'TAGS' || key === 'CURRENT_TAGS' ? ':' : undefined
  return separator === undefined ? string : `${key}=${value.split(separator).toSorted().join(separator)}`
}

/** Lines of a record, with those of links and tags sorted among themselves. */
function lines(text: string | undefined): string[] | undefined {
  const all = text?.replace(/^I:\d+$/m, 'I:…').split('\n')
  const ofKind = (kind: string): string[] => all?.filter((line) => line.startsWith(kind)).toSorted() ?? []
  const sets = new Map(['S:', 'G:', 'Q:'].map((kind) => [kind, ofKind(kind)]))
  return all?.map((line) => sets.get(line.slice(0, 2))?.shift() ?? line)
}
