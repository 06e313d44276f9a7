// Pads with drivers of their own, which ask the device for more than its descriptor before they make inputs of it.
import { BUS } from './codes.js'
import type { HidSpec } from './hid-spec.js'
import { descriptor, feature } from './hid-spec.js'

/** Biases, then plus and minus of each gyroscope's axis, speeds, and plus and minus of each accelerometer's: none may be 0 apart. */
const CALIBRATION = [
  0, 0, 0, 8839, -8839, 8839, -8839, 8839, -8839, 540, 540, 8192, -8192, 8192, -8192, 8192, -8192,
]

const GAMEPAD = '0501 0905 a101'
/** Four bits that stand still outside their range. */
const HAT = '0501 0939 1500 2507 7504 9501 8142'

function buttons(count: number): string {
  const digits = count.toString(16).padStart(2, '0')
  return `0509 1901 29${digits} 1500 2501 7501 95${digits} 8102`
}

/** Fields of the vendor's own page: bits of one, or bytes of eight bits. */
function vendorBits(count: number): string {
  return `0600ff 0921 1500 2501 7501 95${count.toString(16).padStart(2, '0')} 8102`
}

function vendorBytes(count: number, kind: 'input' | 'output' | 'feature', report?: number): string {
  const id = report === undefined ? '' : `85${report.toString(16).padStart(2, '0')}`
  const main = { input: '8102', output: '9102', feature: 'b102' }[kind]
  return `0600ff ${id} 0922 1500 26ff00 7508 95${count.toString(16).padStart(2, '0')} ${main}`
}

/** hid-playstation makes three inputs of it: pad, motion sensors and touchpad. */
export const DUALSENSE_HID: HidSpec = {
  name: 'Sony Interactive Entertainment DualSense Wireless Controller',
  phys: 'usb-0000:00:14.0-3/input3',
  bus: BUS.usb,
  vendor: 0x054c,
  product: 0x0ce6,
  version: 0x0111,
  inputs: 3,
  descriptor: descriptor(
    GAMEPAD,
    '8501 0930 0931 0932 0935 0933 0934 1500 26ff00 7508 9506 8102',
    vendorBytes(1, 'input'),
    HAT,
    buttons(15),
    vendorBits(13),
    vendorBytes(52, 'input'),
    vendorBytes(47, 'output', 0x02),
    vendorBytes(40, 'feature', 0x05),
    vendorBytes(19, 'feature', 0x09),
    vendorBytes(63, 'feature', 0x20),
    'c0',
  ),
  features: {
    0x05: feature(0x05, 41, 1, CALIBRATION),
    // The address, backwards: it becomes the device's uniq.
    0x09: feature(0x09, 20, 1, [0x0102, 0x0304, 0x0506]),
    0x20: feature(0x20, 64, 24, [0x0100, 0, 0x0154, 0x0110]),
  },
}

/** hid-playstation from Linux 6.2 on, hid-sony before; both make three inputs of it. */
export const DUALSHOCK4_HID: HidSpec = {
  name: 'Sony Interactive Entertainment Wireless Controller',
  phys: 'usb-0000:00:14.0-4/input0',
  bus: BUS.usb,
  vendor: 0x054c,
  product: 0x09cc,
  version: 0x0111,
  inputs: 3,
  descriptor: descriptor(
    GAMEPAD,
    '8501 0930 0931 0932 0935 1500 26ff00 7508 9504 8102',
    HAT,
    buttons(14),
    vendorBits(6),
    '0501 0933 0934 1500 26ff00 7508 9502 8102',
    vendorBytes(54, 'input'),
    vendorBytes(31, 'output', 0x05),
    vendorBytes(36, 'feature', 0x02),
    vendorBytes(15, 'feature', 0x12),
    vendorBytes(6, 'feature', 0x81),
    vendorBytes(48, 'feature', 0xa3),
    'c0',
  ),
  features: {
    0x02: feature(0x02, 37, 1, CALIBRATION),
    0x12: feature(0x12, 16, 1, [0x1112, 0x1314, 0x1516]),
    0x81: feature(0x81, 7, 1, [0x1112, 0x1314, 0x1516]),
    0xa3: feature(0xa3, 49, 35, [0x0100, 0, 0, 0x0154]),
  },
}

/** Output reports of hid-nintendo, and the input reports that answer them (drivers/hid/hid-nintendo.c). */
const NINTENDO = { usbCommand: 0x80, subcommand: 0x01, usbAnswer: 0x81, answer: 0x21, size: 64 }
const SUBCOMMAND_DEVICE_INFO = 0x02
const SUBCOMMAND_READ_FLASH = 0x10
const PRO_CONTROLLER = 3

/** hid-nintendo makes two inputs of it: pad and motion sensors. */
export const SWITCH_PRO_HID: HidSpec = {
  name: 'Nintendo Co., Ltd. Pro Controller',
  phys: 'usb-0000:00:14.0-5/input0',
  uniq: '000000000001',
  bus: BUS.usb,
  vendor: 0x057e,
  product: 0x2009,
  version: 0x0111,
  inputs: 2,
  descriptor: descriptor(
    GAMEPAD,
    '8530',
    buttons(10),
    vendorBits(6),
    '0501 0930 0931 0933 0934 1500 27ffff0000 7510 9504 8102',
    vendorBytes(53, 'input'),
    vendorBytes(63, 'input', NINTENDO.answer),
    vendorBytes(63, 'input', NINTENDO.usbAnswer),
    vendorBytes(63, 'output', NINTENDO.subcommand),
    vendorBytes(63, 'output', 0x10),
    vendorBytes(63, 'output', NINTENDO.usbCommand),
    'c0',
  ),
  answer: answerAsSwitchPro,
}

function answerAsSwitchPro(output: Buffer): Buffer | undefined {
  const report = Buffer.alloc(NINTENDO.size)
  if (output[0] === NINTENDO.usbCommand) {
    report[0] = NINTENDO.usbAnswer
    report[1] = output[1] ?? 0
    return report
  }
  const subcommand = output[10]
  if (output[0] !== NINTENDO.subcommand || subcommand === undefined) return undefined
  report[0] = NINTENDO.answer
  report[13] = 0x80
  report[14] = subcommand
  if (subcommand === SUBCOMMAND_DEVICE_INFO) {
    report[17] = PRO_CONTROLLER
    report.set([0x7c, 0xbb, 0x8a, 0x44, 0x55, 0x66], 19)
  }
  // The address and length that were asked for, and a flash that holds nothing: the driver then uses calibration values of its own.
  if (subcommand === SUBCOMMAND_READ_FLASH) output.copy(report, 15, 11, 16)
  return report
}
