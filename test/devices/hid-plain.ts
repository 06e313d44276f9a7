// HID devices that hid-generic drives by their descriptor alone.
import { BUS } from './codes.js'
import type { HidSpec } from './hid-spec.js'
import { descriptor } from './hid-spec.js'

/** Modifiers, LEDs and six keys: the boot keyboard of the HID specification's appendix B.1. */
export const BOOT_KEYBOARD = descriptor(
  '0501 0906 a101',
  '0507 19e0 29e7 1500 2501 7501 9508 8102',
  '7508 9501 8101',
  '0508 1901 2905 7501 9505 9102 7503 9501 9101',
  '0507 1900 2965 1500 2565 7508 9506 8100',
  'c0',
)

/** Ten buttons of one bit, six bits of padding, and two signed bytes of a stick. */
export const SMALL_GAMEPAD = descriptor(
  '0501 0905 a101',
  '0509 1901 290a 1500 2501 7501 950a 8102 7506 9501 8103',
  '0501 0930 0931 1581 257f 7508 9502 8102',
  'c0',
)

/** Three buttons, X, Y and a wheel. */
export const BOOT_MOUSE = descriptor(
  '0501 0902 a101 0901 a100',
  '0509 1901 2903 1500 2501 7501 9503 8102 7505 9501 8103',
  '0501 0930 0931 0938 1581 257f 7508 9503 8106',
  'c0 c0',
)

const NOBODY = { vendor: 0x1209, version: 0x0111, inputs: 1 }

export const PLAIN_HID: readonly HidSpec[] = [
  {
    ...NOBODY,
    name: 'Plain HID Keyboard',
    phys: 'usb-0000:00:14.0-6/input0',
    uniq: 'KBD-0001',
    bus: BUS.usb,
    product: 0x5b01,
    descriptor: BOOT_KEYBOARD,
  },
  {
    ...NOBODY,
    name: 'Bluetooth "Mouse" = ünique',
    phys: '00:1a:7d:da:71:13',
    uniq: 'd0:5f:b8:01:02:03',
    bus: BUS.bluetooth,
    product: 0x5b02,
    descriptor: BOOT_MOUSE,
  },
  { ...NOBODY, name: 'Small HID Pad', bus: BUS.virtual, product: 0x5b03, descriptor: SMALL_GAMEPAD },
  // Neither name, nor phys, nor uniq.
  { ...NOBODY, name: '', bus: BUS.usb, product: 0x5b04, descriptor: SMALL_GAMEPAD },
  {
    ...NOBODY,
    name: 'Keyboard and mouse in one',
    phys: 'i2c-COMBO01:00',
    bus: BUS.i2c,
    product: 0x5b05,
    inputs: 2,
    // Each collection needs a report of its own.
    descriptor: Buffer.concat([withReport(1, BOOT_KEYBOARD), withReport(2, BOOT_MOUSE)]),
  },
]

/** A gamepad that is a keyboard too, which its driver makes after it. */
export const GAMEPAD_WITH_KEYBOARD = Buffer.concat([
  withReport(1, SMALL_GAMEPAD),
  withReport(2, BOOT_KEYBOARD),
])

/** The descriptor with a report number behind the head of its collection. */
function withReport(number: number, plain: Buffer): Buffer {
  const head = 6
  return Buffer.concat([plain.subarray(0, head), Buffer.from([0x85, number]), plain.subarray(head)])
}
