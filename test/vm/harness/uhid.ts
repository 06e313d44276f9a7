// A HID device without hardware: the kernel's uhid driver takes its reports from this process (Documentation/hid/uhid.rst).
import { closeSync, constants, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { encodeBytes } from '../../../src/bytes.js'
import { isSystemError } from '../../../src/errors.js'
import { BUS } from '../../devices/codes.js'
import { SMALL_GAMEPAD } from '../../devices/hid-plain.js'
import type { HidSpec } from '../../devices/hid-spec.js'
import { until } from './until.js'

/** Types of struct uhid_event, include/uapi/linux/uhid.h. */
const UHID_DESTROY = 1
const UHID_OUTPUT = 6
const UHID_GET_REPORT = 9
const UHID_GET_REPORT_REPLY = 10
const UHID_CREATE2 = 11
const UHID_INPUT2 = 12
const UHID_SET_REPORT = 13
const UHID_SET_REPORT_REPLY = 14

/** sizeof(struct uhid_event), whose largest member is struct uhid_create2_req. */
const EVENT_BYTES = 4 + 276 + 4096
/** The largest report: UHID_DATA_MAX. */
const DATA_MAX = 4096
const EIO = 5
/** How often the driver's questions are looked for, in milliseconds: it waits five seconds for an answer. */
const POLL = 10

const HID_DEVICES = '/sys/devices/virtual/misc/uhid'

export interface HidDevice {
  /** devpath of the HID device. */
  hid: string
  /** Sends an input report. */
  report(report: Buffer): void
  unplug(): void
}

export interface HidPad {
  /** devpath of the HID device. */
  hid: string
  inputName: string
  eventName: string
  hidrawName: string
  /** Reports which of the ten buttons are down, the first is bit 0. */
  report(buttons: number): void
  unplug(): void
}

/** Plugs a HID device, answers what its driver asks, and returns when the driver, unless it has none, has made its inputs and its hidraw. */
export async function plugHid(spec: HidSpec, isDriven = true): Promise<HidDevice> {
  const before = new Set(hidDevices())
  const uhid = openSync('/dev/uhid', constants.O_RDWR | constants.O_NONBLOCK)
  writeSync(uhid, createEvent(spec))
  const answering = setInterval(() => answerAll(uhid, spec), POLL)
  const unplug = (): void => {
    clearInterval(answering)
    const destroy = Buffer.alloc(4)
    destroy.writeUInt32LE(UHID_DESTROY)
    writeSync(uhid, destroy)
    closeSync(uhid)
  }
  try {
    // The kernel registers it from a work queue.
    const id = await until(`the HID device of ${spec.name}`, () =>
      hidDevices().find((device) => !before.has(device)),
    )
    const path = `${HID_DEVICES}/${id}`
    if (isDriven) await until(`hidraw of ${id}`, () => entries(`${path}/hidraw`).length > 0)
    if (isDriven)
      await until(`${spec.inputs} inputs of ${id}`, () => entries(`${path}/input`).length === spec.inputs)
    return { hid: path.slice('/sys'.length), report: (report) => writeSync(uhid, inputEvent(report)), unplug }
  } catch (error) {
    unplug()
    throw error
  }
}

/** Plugs a gamepad that hid-generic drives; `vendor` and `product` must be such that no other driver wants it. */
export async function plugHidPad(name: string, vendor: number, product: number): Promise<HidPad> {
  const device = await plugHid({ name, bus: BUS.usb, vendor, product, descriptor: SMALL_GAMEPAD, inputs: 1 })
  const entry = async (directory: string, prefix: string): Promise<string> =>
    until(`${prefix} of ${name}`, () =>
      entries(`/sys${device.hid}/${directory}`).find((found) => found.startsWith(prefix)),
    )
  const inputName = await entry('input', 'input')
  return {
    hid: device.hid,
    inputName,
    eventName: await entry(`input/${inputName}`, 'event'),
    hidrawName: await entry('hidraw', 'hidraw'),
    report: (buttons) => {
      device.report(Buffer.from([buttons & 0xff, buttons >> 8, 0, 0]))
    },
    unplug: () => {
      device.unplug()
    },
  }
}

/** Answers what the driver has asked since the last look; EAGAIN when there is nothing more. */
function answerAll(uhid: number, spec: HidSpec): void {
  const event = Buffer.alloc(EVENT_BYTES)
  for (;;) {
    try {
      readSync(uhid, event)
    } catch (error) {
      if (isSystemError(error, 'EAGAIN')) return
      throw error
    }
    const answer = answerTo(event, spec)
    if (answer !== undefined) writeSync(uhid, answer)
  }
}

function answerTo(event: Buffer, spec: HidSpec): Buffer | undefined {
  const type = event.readUInt32LE(0)
  if (type === UHID_OUTPUT) {
    const report = spec.answer?.(event.subarray(4, 4 + event.readUInt16LE(4 + DATA_MAX)))
    return report && inputEvent(report)
  }
  const id = event.readUInt32LE(4)
  if (type === UHID_SET_REPORT) return replyEvent(UHID_SET_REPORT_REPLY, id, Buffer.alloc(0))
  if (type === UHID_GET_REPORT) {
    return replyEvent(UHID_GET_REPORT_REPLY, id, spec.features?.[event.readUInt8(8)])
  }
  return undefined
}

/** struct uhid_event with struct uhid_create2_req: packed, native byte order. */
function createEvent(spec: HidSpec): Buffer {
  const event = Buffer.alloc(EVENT_BYTES)
  event.writeUInt32LE(UHID_CREATE2, 0)
  encodeBytes(spec.name).copy(event, 4, 0, 127)
  encodeBytes(spec.phys ?? '').copy(event, 132, 0, 63)
  encodeBytes(spec.uniq ?? '').copy(event, 196, 0, 63)
  event.writeUInt16LE(spec.descriptor.length, 260)
  event.writeUInt16LE(spec.bus, 262)
  event.writeUInt32LE(spec.vendor, 264)
  event.writeUInt32LE(spec.product, 268)
  event.writeUInt32LE(spec.version ?? 0, 272)
  spec.descriptor.copy(event, 280)
  return event
}

function inputEvent(report: Buffer): Buffer {
  const event = Buffer.alloc(6 + report.length)
  event.writeUInt32LE(UHID_INPUT2, 0)
  event.writeUInt16LE(report.length, 4)
  report.copy(event, 6)
  return event
}

/** struct uhid_get_report_reply_req, of which struct uhid_set_report_reply_req is the head; without data it says that there is no such report. */
function replyEvent(type: number, id: number, data: Buffer | undefined): Buffer {
  const event = Buffer.alloc(12 + (data?.length ?? 0))
  event.writeUInt32LE(type, 0)
  event.writeUInt32LE(id, 4)
  event.writeUInt16LE(data === undefined ? EIO : 0, 8)
  event.writeUInt16LE(data?.length ?? 0, 10)
  data?.copy(event, 12)
  return event
}

function hidDevices(): string[] {
  return entries(HID_DEVICES).filter((name) => /^[0-9A-F]{4}:/.test(name))
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
