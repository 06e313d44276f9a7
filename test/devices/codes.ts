// What descriptions of devices are written with: codes of linux/input-event-codes.h and the shapes that several devices share.
import type { AbsoluteAxis } from '../../src/demo/lab.js'

export const BUS = {
  usb: 3,
  bluetooth: 5,
  virtual: 6,
  isa: 0x10,
  i8042: 0x11,
  host: 0x19,
  i2c: 0x18,
  rmi: 0x1d,
}

export const ABS = {
  x: 0,
  y: 1,
  z: 2,
  rx: 3,
  ry: 4,
  rz: 5,
  throttle: 6,
  rudder: 7,
  wheel: 8,
  gas: 9,
  brake: 10,
  hat0x: 0x10,
  hat0y: 0x11,
  hat1x: 0x12,
  hat1y: 0x13,
  pressure: 0x18,
  distance: 0x19,
  tiltX: 0x1a,
  tiltY: 0x1b,
  toolWidth: 0x1c,
  volume: 0x20,
  profile: 0x21,
  misc: 0x28,
  mtSlot: 0x2f,
  mtTouchMajor: 0x30,
  mtTouchMinor: 0x31,
  mtOrientation: 0x34,
  mtX: 0x35,
  mtY: 0x36,
  mtTool: 0x37,
  mtTrackingId: 0x39,
  mtPressure: 0x3a,
}

export const REL = { x: 0, y: 1, hwheel: 6, dial: 7, wheel: 8, misc: 9, wheelHiRes: 11, hwheelHiRes: 12 }

export const BTN = {
  misc: 0x100,
  left: 0x110,
  right: 0x111,
  middle: 0x112,
  side: 0x113,
  extra: 0x114,
  trigger: 0x120,
  dead: 0x12f,
  south: 0x130,
  east: 0x131,
  c: 0x132,
  north: 0x133,
  west: 0x134,
  z: 0x135,
  tl: 0x136,
  tr: 0x137,
  tl2: 0x138,
  tr2: 0x139,
  select: 0x13a,
  start: 0x13b,
  mode: 0x13c,
  thumbl: 0x13d,
  thumbr: 0x13e,
  pen: 0x140,
  rubber: 0x141,
  toolFinger: 0x145,
  toolQuinttap: 0x148,
  toolMouse: 0x146,
  stylus3: 0x149,
  touch: 0x14a,
  stylus: 0x14b,
  stylus2: 0x14c,
  doubletap: 0x14d,
  tripletap: 0x14e,
  quadtap: 0x14f,
  gearDown: 0x150,
  gearUp: 0x151,
  dpadUp: 0x220,
  triggerHappy: 0x2c0,
}

export const PROP = { pointer: 0, direct: 1, buttonpad: 2, semiMt: 3, pointingStick: 5, accelerometer: 6 }

/** EV_* that have no list of codes of their own in a description. */
export const EV_REP = 0x14

export const FF_RUMBLE = [0x50, 0x51, 0x58, 0x59, 0x5a, 0x60]

/** NumLock, CapsLock and ScrollLock. */
export const LEDS = [0, 1, 2]

export const MSC_SCAN = 4

/** All numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** An axis; `more` has what is not zero beyond its range. */
export function axis(
  code: number,
  minimum: number,
  maximum: number,
  more: Partial<AbsoluteAxis> = {},
): AbsoluteAxis {
  return { code, minimum, maximum, fuzz: 0, flat: 0, resolution: 0, value: 0, ...more }
}

/** Sticks of 16 bits, as XInput pads have them. */
export function sticks(...codes: number[]): AbsoluteAxis[] {
  return codes.map((code) => axis(code, -32768, 32767, { fuzz: 16, flat: 128 }))
}

/** Axes of one unsigned byte, as most HID pads have them. */
export function byteAxes(...codes: number[]): AbsoluteAxis[] {
  return codes.map((code) => axis(code, 0, 255, { flat: 15 }))
}

export function hat(): AbsoluteAxis[] {
  return [axis(ABS.hat0x, -1, 1), axis(ABS.hat0y, -1, 1)]
}

/** The multitouch axes of a pad or screen of this size, in units with a resolution in units per millimetre. */
export function multitouch(width: number, height: number, resolution: number): AbsoluteAxis[] {
  return [
    axis(ABS.x, 0, width, { resolution }),
    axis(ABS.y, 0, height, { resolution }),
    axis(ABS.mtSlot, 0, 9),
    axis(ABS.mtX, 0, width, { resolution }),
    axis(ABS.mtY, 0, height, { resolution }),
    axis(ABS.mtTrackingId, 0, 65535),
  ]
}
