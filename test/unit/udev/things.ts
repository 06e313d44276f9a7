// Input devices that nobody has made yet, wherever one can hang.
import fc from 'fast-check'
import type { SysfsTree } from '../sysfs-tree.js'
import { addHid, addInput, addUsb } from './shapes.js'

const hex = (bits: number): fc.Arbitrary<string> =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }).map((value) => value.toString(16))

const words = (count: number): fc.Arbitrary<string> =>
  fc.array(hex(64), { minLength: 1, maxLength: count }).map((list) => list.join(' '))

const ODD_TEXTS = [
  ...[
    'Pad',
    ' Two  Words ',
    'DVB remote',
    'a IR b',
    "It's a, /pad/ 50%",
    'Ünïcödé 手柄',
    'a\\x20b',
    'tab\there',
  ],
  ...['', '"', ' ', 'a.b-c.d/input0', 'x'.repeat(70), 'ü'.repeat(40)],
]

const anyText = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ maxLength: 90 }),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replace(/[\0\n\r]/g, '?')),
)

const anyId = fc.constantFrom('0001', '045e', '046d', '054c', '28de', 'c52b', 'beef')

/** A device, with capabilities of real ones and without sense. */
export function anything() {
  return fc.record({
    place: fc.constantFrom(...PLACES),
    name: anyText,
    phys: fc.oneof(fc.constantFrom('', 'usb-0000:00:14.0-2.1/input0'), anyText),
    bus: fc.constantFrom('0003', '0005', '0006', '0011', '0018'),
    vendor: anyId,
    product: anyId,
    manufacturer: fc.option(anyText, { nil: undefined }),
    model: fc.option(anyText, { nil: undefined }),
    serial: fc.option(anyText, { nil: undefined }),
    interfaces: fc.array(fc.constantFrom('030101', '030102', 'ff5d01', '080650', '030000', '0e0100'), {
      minLength: 1,
      maxLength: 3,
    }),
    ev: fc.constantFrom('b', '3', '120013', '17', '1b', '9', '100003', '21', '0'),
    key: fc.oneof(
      fc.constantFrom('0', '7cdb000000000000 0 0 0 0', '1f0000 0 0 0 0', 'e520 10000 0 0 0 0'),
      fc.constantFrom('1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe', 'c00 3 0 0 0 0'),
      words(12),
    ),
    abs: fc.oneof(fc.constantFrom('0', '3', '7', '3003f', '260800000000003'), hex(64)),
    rel: fc.oneof(fc.constantFrom('0', '3', '103', '100'), hex(16)),
    prop: fc.oneof(fc.constantFrom('0', '1', '5', '20', '40'), hex(7)),
  })
}

export type Thing = ReturnType<typeof anything> extends fc.Arbitrary<infer T> ? T : never

const PLACES = ['uinput', 'usb', 'usbHid', 'serio', 'i2c', 'uhid'] as const

/** Adds the device with its event, js and mouse nodes, all called `number`. Returns the devpath of its inputN. */
export function addThing(tree: SysfsTree, thing: Thing, number: number): string {
  const { place, vendor, product, bus } = thing
  const hidId = `${bus}:${vendor}:${product}.${number.toString(16).padStart(4, '0')}`.toUpperCase()
  const usb = (): string => {
    const { manufacturer, model, serial, interfaces } = thing
    const strings = { manufacturer, product: model, serial }
    const port = `1-${number + 1}`
    return addUsb(tree, { vendor, product, strings, interfaces, driver: 'usbhid', port }).at(-1) ?? ''
  }
  const above = {
    uinput: () => '/devices/virtual',
    usb,
    usbHid: () => addHid(tree, usb(), hidId, number, FIDO_REPORT),
    serio: () => addMousePort(tree, number),
    i2c: () => addHid(tree, addI2cClient(tree, number), hidId, number),
    uhid: () => addHid(tree, '/devices/virtual/misc/uhid', hidId, number),
  }[place]()
  const nodes = [`event${number}`, `js${number}`, `mouse${number}`]
  return addInput(tree, { ...thing, above, number, nodes })
}

/** Usage page f1d0, usage 1. */
const FIDO_REPORT = Buffer.from('06d0f10901a101', 'hex')

function addMousePort(tree: SysfsTree, number: number): string {
  const controller = '/devices/platform/i8042'
  tree.add(controller, { subsystem: 'platform', driver: 'i8042' })
  tree.add(`${controller}/serio${number}`, { subsystem: 'serio', driver: 'psmouse' })
  return `${controller}/serio${number}`
}

function addI2cClient(tree: SysfsTree, number: number): string {
  const host = `/devices/platform/AMDI0010:0${number}`
  const adapter = `${host}/i2c-${number}`
  const client = `${adapter}/i2c-SYNA:0${number}`
  tree.add(host, { subsystem: 'platform', driver: 'i2c_designware' })
  tree.add(adapter, { subsystem: 'i2c', attributes: { name: 'Synopsys DesignWare I2C adapter' } })
  tree.add(client, { subsystem: 'i2c', driver: 'i2c_hid_acpi', attributes: { name: 'hid-over-i2c' } })
  return client
}
