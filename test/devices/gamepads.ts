// Pads that people own, as their kernel drivers describe them to the input layer.
import type { UinputSpec } from '../../src/demo/lab.js'
import { ABS, axis, BTN, BUS, byteAxes, FF_RUMBLE, hat, MSC_SCAN, PROP, range, sticks } from './codes.js'

/** A, B, X, Y, the shoulders, Back, Start, Guide and both sticks' clicks, as xpad.c sets them. */
const XBOX_KEYS = [
  BTN.south,
  BTN.east,
  BTN.north,
  BTN.west,
  BTN.tl,
  BTN.tr,
  BTN.select,
  BTN.start,
  BTN.mode,
  BTN.thumbl,
  BTN.thumbr,
]

/** The same with the triggers as buttons, as hid-playstation.c and hid-nintendo.c set them. */
const SONY_KEYS = [...XBOX_KEYS, BTN.tl2, BTN.tr2]

const xboxAxes = (triggerMaximum: number) => [
  ...sticks(ABS.x, ABS.y, ABS.rx, ABS.ry),
  axis(ABS.z, 0, triggerMaximum),
  axis(ABS.rz, 0, triggerMaximum),
  ...hat(),
]

export const XBOX_360: UinputSpec = {
  name: 'Microsoft X-Box 360 pad',
  phys: 'usb-0000:00:14.0-2/input0',
  bus: BUS.usb,
  vendor: 0x045e,
  product: 0x028e,
  version: 0x0114,
  keys: XBOX_KEYS,
  absoluteAxes: xboxAxes(255),
  forceFeedback: FF_RUMBLE,
}

export const DUALSENSE: UinputSpec = {
  name: 'Sony Interactive Entertainment DualSense Wireless Controller',
  phys: 'usb-0000:00:14.0-3/input3',
  bus: BUS.usb,
  vendor: 0x054c,
  product: 0x0ce6,
  version: 0x8111,
  keys: SONY_KEYS,
  absoluteAxes: [...byteAxes(ABS.x, ABS.y, ABS.z, ABS.rx, ABS.ry, ABS.rz), ...hat()],
  forceFeedback: FF_RUMBLE,
}

/** Six axes, and neither key nor button: hid-playstation.c's second input. */
export const DUALSENSE_MOTION: UinputSpec = {
  ...DUALSENSE,
  name: `${DUALSENSE.name} Motion Sensors`,
  keys: [],
  forceFeedback: [],
  absoluteAxes: [
    ...[ABS.x, ABS.y, ABS.z].map((code) => axis(code, -32768, 32767, { fuzz: 16, resolution: 8192 })),
    ...[ABS.rx, ABS.ry, ABS.rz].map((code) => axis(code, -2097152, 2097152, { fuzz: 16, resolution: 1024 })),
  ],
  misc: [5],
  properties: [PROP.accelerometer],
}

export const DUALSENSE_TOUCHPAD: UinputSpec = {
  ...DUALSENSE,
  name: `${DUALSENSE.name} Touchpad`,
  forceFeedback: [],
  keys: [BTN.left, BTN.toolFinger, BTN.touch, BTN.doubletap],
  absoluteAxes: [
    axis(ABS.x, 0, 1919),
    axis(ABS.y, 0, 1079),
    axis(ABS.mtSlot, 0, 1),
    axis(ABS.mtX, 0, 1919),
    axis(ABS.mtY, 0, 1079),
    axis(ABS.mtTrackingId, 0, 65535),
  ],
  properties: [PROP.pointer, PROP.buttonpad],
}

export const GAMEPADS: readonly UinputSpec[] = [
  XBOX_360,
  {
    ...XBOX_360,
    name: 'Microsoft X-Box One pad',
    product: 0x02d1,
    version: 0x0203,
    absoluteAxes: xboxAxes(1023),
  },
  {
    ...XBOX_360,
    name: 'Microsoft Xbox Series S|X Controller',
    product: 0x0b12,
    version: 0x0507,
    // The share button.
    keys: [...XBOX_KEYS, 167],
    absoluteAxes: xboxAxes(1023),
  },
  {
    name: 'Xbox Wireless Controller',
    phys: '98:af:65:01:02:03',
    bus: BUS.bluetooth,
    vendor: 0x045e,
    product: 0x0b13,
    version: 0x0509,
    keys: [...range(BTN.south, BTN.thumbr), 167],
    absoluteAxes: [
      ...[ABS.x, ABS.y, ABS.z, ABS.rz].map((code) => axis(code, 0, 65535, { fuzz: 255, flat: 4095 })),
      axis(ABS.gas, 0, 1023, { fuzz: 3, flat: 63 }),
      axis(ABS.brake, 0, 1023, { fuzz: 3, flat: 63 }),
      ...hat(),
    ],
    misc: [MSC_SCAN],
    forceFeedback: FF_RUMBLE,
  },
  {
    name: 'Xbox 360 Wireless Receiver (XBOX)',
    phys: 'usb-0000:00:14.0-4/input0',
    bus: BUS.usb,
    vendor: 0x045e,
    product: 0x0719,
    version: 0x0107,
    // Its directions are buttons.
    keys: [...XBOX_KEYS, ...range(BTN.triggerHappy, BTN.triggerHappy + 3)],
    absoluteAxes: [...sticks(ABS.x, ABS.y, ABS.rx, ABS.ry), axis(ABS.z, 0, 255), axis(ABS.rz, 0, 255)],
    forceFeedback: FF_RUMBLE,
  },
  DUALSENSE,
  DUALSENSE_MOTION,
  DUALSENSE_TOUCHPAD,
  {
    ...DUALSENSE,
    name: 'Sony Interactive Entertainment Wireless Controller',
    product: 0x09cc,
    leds: [8],
  },
  {
    ...DUALSENSE,
    name: 'Wireless Controller',
    bus: BUS.bluetooth,
    product: 0x09cc,
    phys: '00:1f:e2:0a:0b:0c',
  },
  {
    ...DUALSENSE_TOUCHPAD,
    name: 'Wireless Controller Touchpad',
    bus: BUS.bluetooth,
    product: 0x09cc,
    phys: '00:1f:e2:0a:0b:0c',
  },
  {
    ...DUALSENSE,
    name: 'Sony PLAYSTATION(R)3 Controller',
    product: 0x0268,
    keys: [...SONY_KEYS, ...range(BTN.dpadUp, BTN.dpadUp + 3)],
    absoluteAxes: byteAxes(ABS.x, ABS.y, ABS.z, ABS.rx, ABS.ry, ABS.rz),
  },
  {
    name: 'Nintendo Switch Pro Controller',
    phys: 'usb-0000:00:14.0-5/input0',
    bus: BUS.usb,
    vendor: 0x057e,
    product: 0x2009,
    version: 0x8111,
    keys: [...SONY_KEYS, BTN.z],
    absoluteAxes: [
      ...[ABS.x, ABS.y, ABS.rx, ABS.ry].map((code) => axis(code, -32767, 32767, { fuzz: 250, flat: 500 })),
      ...hat(),
    ],
    forceFeedback: FF_RUMBLE,
  },
  {
    name: 'Nintendo Switch Left Joy-Con',
    phys: '7c:bb:8a:11:22:33',
    bus: BUS.bluetooth,
    vendor: 0x057e,
    product: 0x2006,
    version: 0x8001,
    keys: [
      ...[BTN.tl, BTN.tl2, BTN.tr, BTN.tr2, BTN.select, BTN.z, BTN.thumbl],
      ...range(BTN.dpadUp, BTN.dpadUp + 3),
    ],
    absoluteAxes: [ABS.x, ABS.y].map((code) => axis(code, -32767, 32767, { fuzz: 250, flat: 500 })),
    forceFeedback: FF_RUMBLE,
  },
  {
    name: 'Nintendo Switch Left Joy-Con IMU',
    phys: '7c:bb:8a:11:22:33',
    bus: BUS.bluetooth,
    vendor: 0x057e,
    product: 0x2006,
    version: 0x8001,
    absoluteAxes: [
      ...[ABS.x, ABS.y, ABS.z].map((code) => axis(code, -32767, 32767, { fuzz: 10, resolution: 4096 })),
      ...[ABS.rx, ABS.ry, ABS.rz].map((code) =>
        axis(code, -32767000, 32767000, { fuzz: 10, resolution: 14247 }),
      ),
    ],
    misc: [5],
    properties: [PROP.accelerometer],
  },
  {
    name: '8BitDo SN30 Pro+',
    phys: 'e4:17:d8:aa:bb:cc',
    bus: BUS.bluetooth,
    vendor: 0x2dc8,
    product: 0x6102,
    version: 0x0001,
    keys: range(BTN.south, BTN.thumbr),
    absoluteAxes: [...byteAxes(ABS.x, ABS.y, ABS.z, ABS.rz, ABS.gas, ABS.brake), ...hat()],
    misc: [MSC_SCAN],
  },
  {
    name: '8BitDo Ultimate Wireless / Pro 2 Wired Controller',
    phys: 'usb-0000:00:14.0-6/input0',
    bus: BUS.usb,
    vendor: 0x2dc8,
    product: 0x3106,
    version: 0x0114,
    keys: XBOX_KEYS,
    absoluteAxes: xboxAxes(255),
    forceFeedback: FF_RUMBLE,
  },
  {
    // What Steam makes of any controller that it has taken over.
    name: 'Microsoft X-Box 360 pad 0',
    bus: BUS.usb,
    vendor: 0x28de,
    product: 0x11ff,
    version: 0x0001,
    keys: XBOX_KEYS,
    absoluteAxes: xboxAxes(255),
    forceFeedback: FF_RUMBLE,
  },
  {
    name: 'Wireless Steam Controller',
    phys: 'usb-0000:00:14.0-7/input1',
    bus: BUS.usb,
    vendor: 0x28de,
    product: 0x1142,
    version: 0x0111,
    keys: [
      ...SONY_KEYS,
      ...range(BTN.gearDown, BTN.gearUp),
      ...range(BTN.dpadUp, BTN.dpadUp + 3),
      0x121,
      0x122,
    ],
    absoluteAxes: [
      ...[ABS.x, ABS.y].map((code) => axis(code, -32767, 32767)),
      ...[ABS.rx, ABS.ry].map((code) => axis(code, -32767, 32767, { resolution: 1638 })),
      ...[ABS.hat0x, ABS.hat0y].map((code) => axis(code, -32767, 32767, { resolution: 1638 })),
      axis(0x14, 0, 255),
      axis(0x15, 0, 255),
    ],
  },
  {
    name: 'Generic   USB  Joystick  ',
    phys: 'usb-0000:00:14.0-8/input0',
    bus: BUS.usb,
    vendor: 0x0079,
    product: 0x0006,
    version: 0x0110,
    keys: range(BTN.trigger, BTN.trigger + 11),
    absoluteAxes: [...byteAxes(ABS.x, ABS.y, ABS.z, ABS.rx, ABS.rz), ...hat()],
    misc: [MSC_SCAN],
  },
  {
    name: 'Logitech Logitech Dual Action',
    phys: 'usb-0000:00:1d.0-1.2/input0',
    bus: BUS.usb,
    vendor: 0x046d,
    product: 0xc216,
    version: 0x0110,
    keys: range(BTN.trigger, BTN.trigger + 11),
    absoluteAxes: [...byteAxes(ABS.x, ABS.y, ABS.z, ABS.rz), ...hat()],
    misc: [MSC_SCAN],
  },
]
