// A HID device without hardware: the kernel's uhid driver takes its reports from this process (Documentation/hid/uhid.rst).
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs'
import { until } from './until.js'

/** Types of struct uhid_event, include/uapi/linux/uhid.h. */
const UHID_DESTROY = 1
const UHID_CREATE2 = 11
const UHID_INPUT2 = 12

const BUS_USB = 3
const HID_DEVICES = '/sys/devices/virtual/misc/uhid'

/** Ten buttons and one stick: usage page Generic Desktop, usage Game Pad. */
const GAMEPAD_DESCRIPTOR = Buffer.from(
  '05010905a101' + // Usage Page (Generic Desktop), Usage (Game Pad), Collection (Application)
    '05091901290a150025017501950a8102' + // ten buttons of one bit
    '750695018103' + // six bits of padding
    '0501093009311581257f750895028102' + // X and Y, signed bytes
    'c0',
  'hex',
)

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

/** Plugs a gamepad that hid-generic drives; `vendor` and `product` must be such that no other driver wants it. */
export async function plugHidPad(name: string, vendor: number, product: number): Promise<HidPad> {
  const before = new Set(hidDevices())
  const uhid = openSync('/dev/uhid', 'r+')
  writeSync(uhid, createEvent(name, vendor, product))
  // The kernel registers it from a work queue.
  const id = await until(`the HID device of ${name}`, () =>
    hidDevices().find((device) => !before.has(device)),
  )
  const hid = `${HID_DEVICES}/${id}`
  const hidrawName = await until(`hidraw of ${id}`, () => entry(`${hid}/hidraw`, 'hidraw'))
  const inputName = await until(`input of ${id}`, () => entry(`${hid}/input`, 'input'))
  const eventName = await until(`event of ${id}`, () => entry(`${hid}/input/${inputName}`, 'event'))
  return {
    hid: hid.slice('/sys'.length),
    inputName,
    eventName,
    hidrawName,
    report: (buttons) => writeSync(uhid, inputEvent(Buffer.from([buttons & 0xff, buttons >> 8, 0, 0]))),
    unplug: () => {
      const destroy = Buffer.alloc(4)
      destroy.writeUInt32LE(UHID_DESTROY)
      writeSync(uhid, destroy)
      closeSync(uhid)
    },
  }
}

/** struct uhid_event with struct uhid_create2_req: packed, native byte order. */
function createEvent(name: string, vendor: number, product: number): Buffer {
  const event = Buffer.alloc(4 + 276 + 4096)
  event.writeUInt32LE(UHID_CREATE2, 0)
  event.write(name, 4, 127)
  event.writeUInt16LE(GAMEPAD_DESCRIPTOR.length, 260)
  event.writeUInt16LE(BUS_USB, 262)
  event.writeUInt32LE(vendor, 264)
  event.writeUInt32LE(product, 268)
  GAMEPAD_DESCRIPTOR.copy(event, 280)
  return event
}

function inputEvent(report: Buffer): Buffer {
  const event = Buffer.alloc(6 + report.length)
  event.writeUInt32LE(UHID_INPUT2, 0)
  event.writeUInt16LE(report.length, 4)
  report.copy(event, 6)
  return event
}

function hidDevices(): string[] {
  try {
    return readdirSync(HID_DEVICES).filter((name) => /^[0-9A-F]{4}:/.test(name))
  } catch {
    return []
  }
}

function entry(directory: string, prefix: string): string | undefined {
  try {
    return readdirSync(directory).find((name) => name.startsWith(prefix))
  } catch {
    return undefined
  }
}
