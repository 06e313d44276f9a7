// Keyboards, remotes, buttons and switches.
import type { UinputSpec } from '../../src/demo/lab.js'
import { ABS, axis, BTN, BUS, EV_REP, LEDS, MSC_SCAN, range, REL } from './codes.js'

/** All that a keyboard of 105 keys has. */
const FULL = [...range(1, 83), ...range(85, 111), 113, 114, 115, 116, 119, 121, 125, 126, 127]

/** What keyboards put on an interface of their own: volume, playback, browser. */
const CONSUMER = [
  113, 114, 115, 128, 140, 150, 155, 156, 158, 159, 163, 164, 165, 166, 172, 217, 0x162, 0x1d0,
]

export const KEYBOARD: UinputSpec = {
  name: 'Logitech USB Keyboard',
  phys: 'usb-0000:00:14.0-2/input0',
  bus: BUS.usb,
  vendor: 0x046d,
  product: 0xc31c,
  version: 0x0110,
  keys: FULL,
  misc: [MSC_SCAN],
  leds: LEDS,
  eventTypes: [EV_REP],
}

export const KEYBOARDS: readonly UinputSpec[] = [
  KEYBOARD,
  {
    ...KEYBOARD,
    name: 'Logitech USB Keyboard Consumer Control',
    phys: 'usb-0000:00:14.0-2/input1',
    keys: CONSUMER,
    leds: [],
    relativeAxes: [REL.hwheel],
    absoluteAxes: [axis(ABS.volume, 0, 767)],
    eventTypes: [],
  },
  {
    ...KEYBOARD,
    name: 'AT Translated Set 2 keyboard',
    phys: 'isa0060/serio0/input0',
    bus: BUS.i8042,
    vendor: 1,
    product: 1,
    version: 0xab41,
  },
  {
    ...KEYBOARD,
    name: 'Magic Keyboard with Touch ID',
    phys: '3c:22:fb:01:02:03',
    bus: BUS.bluetooth,
    vendor: 0x004c,
    product: 0x029a,
    version: 0x0070,
  },
  {
    ...KEYBOARD,
    // Its touchpad is on the same input: keys and a pointer at once.
    name: 'Logitech K400 Plus',
    phys: 'usb-0000:00:14.0-3/input2:1',
    product: 0x404d,
    keys: [...FULL, ...range(BTN.left, BTN.left + 15)],
    relativeAxes: [REL.x, REL.y, REL.wheel, REL.hwheel, REL.wheelHiRes, REL.hwheelHiRes],
  },
  {
    name: 'Power Button',
    phys: 'LNXPWRBN/button/input0',
    bus: BUS.host,
    vendor: 0,
    product: 1,
    version: 0,
    keys: [116],
  },
  {
    name: 'Lid Switch',
    phys: 'PNP0C0D/button/input0',
    bus: BUS.host,
    vendor: 0,
    product: 5,
    version: 0,
    switches: [0],
  },
  {
    name: 'HDA Intel PCH Headphone',
    phys: 'ALSA',
    bus: 0,
    vendor: 0,
    product: 0,
    version: 0,
    switches: [2],
  },
  {
    name: 'Video Bus',
    phys: 'LNXVIDEO/video/input0',
    bus: BUS.host,
    vendor: 0,
    product: 6,
    version: 0,
    keys: [224, 225, 227, 241, 242, 243, 244, 245],
  },
  {
    name: 'PC Speaker',
    phys: 'isa0061/input0',
    bus: BUS.isa,
    vendor: 0x001f,
    product: 0x0001,
    version: 0x0100,
    sounds: [1, 2],
  },
  {
    name: 'MCE IR Keyboard/Mouse (mceusb)',
    phys: 'usb-0000:00:14.0-5/input0',
    bus: BUS.usb,
    vendor: 0x0471,
    product: 0x0815,
    version: 0x0000,
    keys: [...FULL, BTN.left, BTN.right],
    relativeAxes: [REL.x, REL.y],
    misc: [MSC_SCAN],
    eventTypes: [EV_REP],
  },
  {
    // Its name makes .INPUT_CLASS=ir.
    name: 'Media Center Ed. IR Receiver',
    phys: 'rc0/input0',
    bus: BUS.host,
    vendor: 1,
    product: 1,
    version: 0x0100,
    keys: [...range(0x200, 0x20a), 0x160, 0x161, 0x162, 0x174, 0x18e, ...range(103, 108)],
    misc: [MSC_SCAN],
    eventTypes: [EV_REP],
  },
  {
    name: 'dvb_usb_rtl28xxu DVB-T remote',
    phys: 'usb-0000:00:14.0-6/ir0',
    bus: BUS.usb,
    vendor: 0x0bda,
    product: 0x2838,
    version: 0x0100,
    keys: range(0x160, 0x1a0),
  },
  {
    name: 'Logitech USB Receiver Presenter R500',
    phys: 'usb-0000:00:14.0-7/input0',
    bus: BUS.usb,
    vendor: 0x046d,
    product: 0xc538,
    version: 0x0111,
    keys: [1, 14, 28, 48, 52, 57, 63, 102, 103, 104, 105, 106, 107, 108, 109, 115],
    misc: [MSC_SCAN],
  },
  {
    name: 'ThinkPad Extra Buttons',
    phys: 'thinkpad_acpi/input0',
    bus: BUS.host,
    vendor: 0x17aa,
    product: 0x5054,
    version: 0x4101,
    keys: [113, 148, 149, 152, 173, 190, 192, 202, 205, 212, 223, 224, 225, 227, 228, 236, 238, 372],
    switches: [1, 3],
    misc: [MSC_SCAN],
  },
]
