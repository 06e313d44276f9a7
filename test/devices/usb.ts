// USB devices with HID interfaces, for a gadget controller.
import { BOOT_KEYBOARD, BOOT_MOUSE, SMALL_GAMEPAD } from './hid-plain.js'

export interface UsbSpec {
  vendor: number
  product: number
  /** bcdDevice */
  release: number
  manufacturer?: string
  productName?: string
  serial?: string
  interfaces: readonly UsbHidInterface[]
}

export interface UsbHidInterface {
  descriptor: Buffer
  /** Bytes of an input report. */
  reportLength: number
  /** 1 is boot, with protocol 1 for a keyboard and 2 for a mouse. */
  subclass: number
  protocol: number
}

export const USB_KEYBOARD: UsbHidInterface = {
  descriptor: BOOT_KEYBOARD,
  reportLength: 8,
  subclass: 1,
  protocol: 1,
}
export const USB_MOUSE: UsbHidInterface = {
  descriptor: BOOT_MOUSE,
  reportLength: 4,
  subclass: 1,
  protocol: 2,
}
export const USB_GAMEPAD: UsbHidInterface = {
  descriptor: SMALL_GAMEPAD,
  reportLength: 4,
  subclass: 0,
  protocol: 0,
}

/** Four interfaces in all: more the kernel's gadget driver does not make (drivers/usb/gadget/function/f_hid.c: HIDG_MINORS). */
export const USB_DEVICES: readonly UsbSpec[] = [
  {
    vendor: 0x1209,
    product: 0x5c01,
    release: 0x0102,
    manufacturer: 'udev-proxy',
    productName: 'Keyboard and Gamepad',
    serial: 'KG-000123',
    interfaces: [USB_KEYBOARD, USB_GAMEPAD],
  },
  {
    // A pad that hid-generic drives: no serial, as most pads have none, and blanks and a comma in its name.
    vendor: 0x0583,
    product: 0x2060,
    release: 0x0100,
    productName: 'USB,2-axis 8-button gamepad  ',
    interfaces: [USB_GAMEPAD],
  },
  {
    // Strings that udev escapes, and a serial that it drops for its comma.
    vendor: 0x1209,
    product: 0x5c03,
    release: 0x1201,
    manufacturer: 'Lögïtech / Inc.',
    productName: 'USB "Receiver" (v2) & more',
    serial: 'A,B',
    interfaces: [USB_MOUSE],
  },
]
