// Input devices of the kernel's uinput driver: as real as any to the kernel and to udevd, with this process in place of the hardware.
import { readdirSync } from 'node:fs'
import { lab } from '../../../src/demo/lab.js'

/** Codes of linux/input-event-codes.h. */
export const EV_KEY = 1
export const BTN_LEFT = 0x110
export const BTN_SOUTH = 0x130
const EV_SYN = 0
const SYN_REPORT = 0
const BUS_USB = 3

export interface InputDevice {
  devpath: string
  /** Names of its children in sysfs and /dev/input; empty when it has no such child. */
  event: string
  js: string
  mouse: string
  /** Reports one event, and the end of its report. */
  emit(type: number, code: number, value: number): void
  unplug(): void
}

/** The pad that xpad.c makes of a wired Xbox 360 controller: eleven buttons, two sticks, two triggers, a hat. */
export function plugXboxPad(name = 'Microsoft X-Box 360 pad'): InputDevice {
  const stick = { minimum: -32768, maximum: 32767, fuzz: 16, flat: 128 }
  const trigger = { minimum: 0, maximum: 255, fuzz: 0, flat: 0 }
  const hat = { minimum: -1, maximum: 1, fuzz: 0, flat: 0 }
  const axes = [stick, stick, trigger, stick, stick, trigger].map((axis, code) => ({ ...axis, code }))
  return plug({
    name,
    vendor: 0x045e,
    product: 0x028e,
    keys: [0x130, 0x131, 0x133, 0x134, 0x136, 0x137, 0x13a, 0x13b, 0x13c, 0x13d, 0x13e],
    absoluteAxes: [...axes, { ...hat, code: 16 }, { ...hat, code: 17 }],
  })
}

/** A keyboard with all that udev's input_id asks of one: the keys from Esc to D and more. */
export function plugKeyboard(name: string, vendor: number): InputDevice {
  return plug({ name, vendor, product: 0xc31c, keys: range(1, 127) })
}

export function plugMouse(name: string): InputDevice {
  return plug({
    name,
    vendor: 0x17ef,
    product: 0x6019,
    keys: range(BTN_LEFT, 0x112),
    relativeAxes: [0, 1, 8],
  })
}

export interface Description {
  name: string
  vendor: number
  product: number
  keys: number[]
  absoluteAxes?: {
    code: number
    minimum: number
    maximum: number
    fuzz: number
    flat: number
    resolution?: number
  }[]
  relativeAxes?: number[]
}

export function plug(description: Description): InputDevice {
  const { absoluteAxes = [], relativeAxes = [], ...rest } = description
  const device = lab.createUinput({
    ...rest,
    version: 0x0114,
    bus: BUS_USB,
    absoluteAxes: absoluteAxes.map((axis) => ({ resolution: 0, value: 0, ...axis })),
    relativeAxes,
    misc: [],
    switches: [],
    leds: [],
    sounds: [],
    forceFeedback: [],
    properties: [],
  })
  const devpath = `/devices/virtual/input/${device.sysname}`
  const children = readdirSync(`/sys${devpath}`)
  const child = (prefix: string): string =>
    children.find((name) => new RegExp(`^${prefix}\\d+$`).test(name)) ?? ''
  return {
    devpath,
    event: child('event'),
    js: child('js'),
    mouse: child('mouse'),
    emit: (type, code, value) => {
      device.emit(type, code, value)
      device.emit(EV_SYN, SYN_REPORT, 0)
    },
    unplug: () => {
      device.destroy()
    },
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
