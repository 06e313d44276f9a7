// The gamepad that the demo plugs: a uinput device, or, on a kernel without uinput, only its uevents, which the kernel then broadcasts.
import { isSystemError } from '../errors.js'
import type { Lab } from './lab.js'

/** Ids of pid.codes' range for tests. */
export const PAD = {
  name: 'udev-proxy demo pad',
  vendor: 0x1209,
  product: 0x0001,
  version: 0x0100,
  bus: 0x03,
}

/** BTN_SOUTH to BTN_THUMBR, without the C and Z that such pads don't have. */
const BUTTONS = [0x130, 0x131, 0x133, 0x134, 0x136, 0x137, 0x13a, 0x13b, 0x13c, 0x13d, 0x13e]
const STICK = { minimum: -32768, maximum: 32767, fuzz: 16, flat: 128, resolution: 0, value: 0 }
const HAT = { minimum: -1, maximum: 1, fuzz: 0, flat: 0, resolution: 0, value: 0 }

export interface Gamepad {
  /** How it was made, for people. */
  made: string
  /** Whether a driver stands behind its nodes. */
  isReal: boolean
  /** Microseconds of CLOCK_MONOTONIC just before it was plugged. */
  pluggedAt: number
  unplug(): number
}

/** Plugs the pad. Throws the system call's error when neither way is open. */
export function plugGamepad(lab: Lab): Gamepad {
  try {
    return plugUinput(lab)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENODEV')) throw error
    return plugUevents(lab)
  }
}

function plugUinput(lab: Lab): Gamepad {
  const pluggedAt = lab.monotonic()
  const device = lab.createUinput({
    ...PAD,
    keys: BUTTONS,
    absoluteAxes: [0, 1, 3, 4]
      .map((code) => ({ ...STICK, code }))
      .concat([16, 17].map((code) => ({ ...HAT, code }))),
    relativeAxes: [],
    misc: [],
    switches: [],
    leds: [],
    sounds: [],
    forceFeedback: [],
    properties: [],
  })
  return {
    made: 'a virtual device, made with /dev/uinput',
    isReal: true,
    pluggedAt,
    unplug: () => {
      const at = lab.monotonic()
      device.destroy()
      return at
    },
  }
}

/** Numbers that no real device reaches; the minor is one of evdev's dynamic ones. */
const INPUT = '/devices/virtual/input/input90001'
const NODES = [
  { sysname: 'js900', minor: 900 },
  { sysname: 'event900', minor: 901 },
]

function plugUevents(lab: Lab): Gamepad {
  const injector = lab.openInjector()
  const hex = (id: number): string => id.toString(16)
  const parent = [
    `PRODUCT=${[PAD.bus, PAD.vendor, PAD.product, PAD.version].map(hex).join('/')}`,
    `NAME="${PAD.name}"`,
    'PROP=0',
    'EV=b',
    `KEY=${bitmap(BUTTONS)}`,
    'ABS=3001b',
  ]
  const send = (action: string, devpath: string, properties: readonly string[]): void => {
    const strings = [
      `${action}@${devpath}`,
      `ACTION=${action}`,
      `DEVPATH=${devpath}`,
      'SUBSYSTEM=input',
      ...properties,
    ]
    injector.send(Buffer.from(strings.join('\0') + '\0'))
  }
  const node = (action: string, { sysname, minor }: (typeof NODES)[number]): void =>
    send(action, `${INPUT}/${sysname}`, ['MAJOR=13', `MINOR=${minor}`, `DEVNAME=input/${sysname}`])

  const pluggedAt = lab.monotonic()
  send('add', INPUT, parent)
  for (const each of NODES) node('add', each)
  return {
    made: 'its uevents alone, broadcast by the kernel on request (this kernel has no /dev/uinput, so no driver stands behind the nodes)',
    isReal: false,
    pluggedAt,
    unplug: () => {
      const at = lab.monotonic()
      for (const each of NODES) node('remove', each)
      send('remove', INPUT, parent)
      injector.close()
      return at
    },
  }
}

/** Set bits as the kernel prints a bitmap: hexadecimal longs of 64 bits, the most significant first. */
function bitmap(bits: readonly number[]): string {
  const value = bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n)
  const words: string[] = []
  for (let rest = value; rest > 0n; rest >>= 64n) words.unshift((rest & 0xffff_ffff_ffff_ffffn).toString(16))
  return words.join(' ')
}
