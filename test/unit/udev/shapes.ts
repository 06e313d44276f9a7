// Devices as Linux 6.x shows them in sysfs: only what udev's rules look at.
import type { SysfsTree } from '../sysfs-tree.js'
import { KEYBOARD_KEYS } from '../uevents.js'

/** BTN_SOUTH … BTN_THUMBR. */
export const PAD_KEYS = '7cdb000000000000 0 0 0 0'

export interface InputShape {
  /** Below it is `input/inputN`. */
  above: string
  number: number
  name?: string
  phys?: string
  bus?: string
  vendor?: string
  product?: string
  version?: string
  ev?: string
  key?: string
  abs?: string
  rel?: string
  prop?: string
  /** Sysnames of its nodes. */
  nodes?: string[]
}

/** An inputN with its nodes: a gamepad unless the shape says otherwise. Returns its devpath. */
export function addInput(tree: SysfsTree, shape: InputShape): string {
  const { above, number, name = 'Test Pad', phys = '', nodes = [`event${number}`] } = shape
  const { bus = '0003', vendor = '045e', product = '028e', version = '0110' } = shape
  const { ev = 'b', key = PAD_KEYS, abs = '3003f', rel = '0', prop = '0' } = shape
  const devpath = `${above}/input/input${number}`
  const short = [bus, vendor, product, version].map((id) => Number.parseInt(id, 16).toString(16)).join('/')
  const modalias = `input:b${upper(bus)}v${upper(vendor)}p${upper(product)}e${upper(version)}`
  tree.add(devpath, {
    subsystem: 'input',
    uevent: [
      `PRODUCT=${short}`,
      `NAME="${name}"`,
      ...(phys === '' ? [] : [`PHYS="${phys}"`]),
      `PROP=${prop}`,
      `EV=${ev}`,
      `KEY=${key}`,
      `ABS=${abs}`,
      `MODALIAS=${modalias}-e0,1,3,k130,ramlsfw`,
    ],
    attributes: {
      name,
      phys,
      uniq: '',
      properties: prop,
      'id/bustype': bus,
      'id/vendor': vendor,
      'id/product': product,
      'id/version': version,
      'capabilities/ev': ev,
      'capabilities/key': key,
      'capabilities/abs': abs,
      'capabilities/rel': rel,
      'capabilities/sw': '0',
    },
  })
  for (const node of nodes) {
    const minor =
      Number(/\d+/.exec(node)?.[0]) + (node.startsWith('event') ? 64 : node.startsWith('mouse') ? 32 : 0)
    tree.add(`${devpath}/${node}`, {
      subsystem: 'input',
      uevent: ['MAJOR=13', `MINOR=${minor}`, `DEVNAME=input/${node}`],
      attributes: { dev: `13:${minor}` },
    })
  }
  return devpath
}

export interface UsbShape {
  vendor: string
  product: string
  bcd?: string
  strings?: Readonly<Record<'manufacturer' | 'product' | 'serial', string | undefined>>
  /** class, subclass, protocol of each interface, in hexadecimal. */
  interfaces: string[]
  driver: string
  port?: string
}

const ROOT_HUB = '/devices/pci0000:00/0000:00:14.0/usb1'

/** A USB device behind an xHCI controller. Returns the devpaths of its interfaces. */
export function addUsb(tree: SysfsTree, shape: UsbShape): string[] {
  const { vendor, product, bcd = '0110', strings, interfaces, driver, port = '1-2' } = shape
  if (!tree.has(ROOT_HUB)) addUsbHost(tree)
  const above = port.includes('.') ? `${ROOT_HUB}/${port.slice(0, port.lastIndexOf('.'))}` : ROOT_HUB
  const devpath = `${above}/${port}`
  const kinds = interfaces.map((kind) => Buffer.from(kind, 'hex'))
  const given = Object.entries(strings ?? {}).filter(([, value]) => value !== undefined)
  tree.add(devpath, {
    subsystem: 'usb',
    driver: 'usb',
    uevent: ['MAJOR=189', 'MINOR=4', 'DEVNAME=bus/usb/001/005', 'DEVTYPE=usb_device'],
    attributes: {
      idVendor: vendor,
      idProduct: product,
      bcdDevice: bcd,
      bDeviceClass: '00',
      descriptors: descriptors(kinds),
      ...Object.fromEntries(given),
    },
  })
  return kinds.map((kind, number) => {
    const path = `${devpath}/${port}:1.${number}`
    const [type = '', subclass = '', protocol = ''] = [...kind].map((byte) =>
      byte.toString(16).padStart(2, '0'),
    )
    const ids = `v${upper(vendor)}p${upper(product)}d${upper(bcd)}dc00dsc00dp00`
    const itsKind = `ic${upper(type)}isc${upper(subclass)}ip${upper(protocol)}in00`
    tree.add(path, {
      subsystem: 'usb',
      driver,
      uevent: [
        'DEVTYPE=usb_interface',
        `PRODUCT=${vendor}/${product}/${bcd}`,
        `MODALIAS=usb:${ids}${itsKind}`,
      ],
      attributes: {
        bInterfaceNumber: number.toString(16).padStart(2, '0'),
        bInterfaceClass: type,
        bInterfaceSubClass: subclass,
        bInterfaceProtocol: protocol,
      },
    })
    return path
  })
}

function addUsbHost(tree: SysfsTree): void {
  tree.add('/devices/pci0000:00', {})
  tree.add('/devices/pci0000:00/0000:00:14.0', { subsystem: 'pci', driver: 'xhci_hcd' })
  tree.add(ROOT_HUB, {
    subsystem: 'usb',
    driver: 'usb',
    uevent: ['DEVTYPE=usb_device'],
    attributes: {
      idVendor: '1d6b',
      idProduct: '0002',
      bDeviceClass: '09',
      bDeviceProtocol: '01',
      speed: '480',
    },
  })
}

/** A device descriptor, and for each interface its own with an endpoint. */
function descriptors(kinds: readonly Buffer[]): Buffer {
  const device = Buffer.alloc(18)
  device.set([18, 1])
  const configuration = Buffer.alloc(9)
  configuration.set([9, 2])
  const rest = kinds.flatMap((kind, number) => [
    Buffer.from([9, 4, number, 0, 1, ...kind, 0]),
    Buffer.from([7, 5, 0x81, 3, 0x20, 0, 4]),
  ])
  return Buffer.concat([device, configuration, ...rest])
}

/** A HID device below `above`, with a hidraw node. Returns its devpath. */
export function addHid(
  tree: SysfsTree,
  above: string,
  id: string,
  number: number,
  report = Buffer.alloc(0),
): string {
  const [bus = '', vendor = '', product = ''] = id.split(/[:.]/)
  const devpath = `${above}/${id}`
  tree.add(devpath, {
    subsystem: 'hid',
    driver: 'hid-generic',
    uevent: [
      `HID_ID=${bus}:0000${vendor}:0000${product}`,
      'HID_NAME=Test HID',
      'HID_PHYS=',
      'HID_UNIQ=',
      `MODALIAS=hid:b${bus}g0001v0000${vendor}p0000${product}`,
    ],
    attributes: { report_descriptor: report },
  })
  tree.add(`${devpath}/hidraw/hidraw${number}`, {
    subsystem: 'hidraw',
    uevent: ['MAJOR=245', `MINOR=${number}`, `DEVNAME=hidraw${number}`],
    attributes: { dev: `245:${number}` },
  })
  return devpath
}

/** The keyboard of a PC. Returns the devpath of its serio port. */
export function addAtKeyboard(tree: SysfsTree): string {
  const serio = '/devices/platform/i8042/serio0'
  tree.add('/devices/platform', {})
  tree.add('/devices/platform/i8042', {
    subsystem: 'platform',
    driver: 'i8042',
    uevent: ['MODALIAS=platform:i8042'],
  })
  tree.add(serio, {
    subsystem: 'serio',
    driver: 'atkbd',
    uevent: ['SERIO_TYPE=06', 'MODALIAS=serio:ty06pr00id00ex00'],
  })
  addInput(tree, {
    above: serio,
    number: 3,
    name: 'AT Translated Set 2 keyboard',
    phys: 'isa0060/serio0/input0',
    bus: '0011',
    vendor: '0001',
    product: '0001',
    version: 'ab41',
    ev: '120013',
    key: KEYBOARD_KEYS,
    abs: '0',
  })
  return serio
}

/** A virtio keyboard, as QEMU has it. */
export function addVirtioKeyboard(tree: SysfsTree): string {
  tree.add('/devices/pci0000:00', {})
  tree.add('/devices/pci0000:00/0000:00:05.0', { subsystem: 'pci', driver: 'virtio-pci' })
  const virtio = '/devices/pci0000:00/0000:00:05.0/virtio2'
  tree.add(virtio, {
    subsystem: 'virtio',
    driver: 'virtio_input',
    uevent: ['MODALIAS=virtio:d00000012v00001AF4'],
  })
  return addInput(tree, {
    above: virtio,
    number: 4,
    name: 'QEMU Virtio Keyboard',
    phys: 'virtio2/input0',
    bus: '0006',
    vendor: '0627',
    product: '0001',
    version: '0001',
    ev: '120003',
    key: KEYBOARD_KEYS,
    abs: '0',
  })
}

/** An Xbox pad that some program made. */
export function addUinput(tree: SysfsTree, name = 'Microsoft X-Box 360 pad'): string {
  return addInput(tree, {
    above: '/devices/virtual',
    number: 12,
    name,
    phys: 'py-evdev-uinput',
    nodes: ['event12', 'js0'],
  })
}

/** A keyboard that has its media keys, and a mouse, on an interface of their own. */
export function addUsbKeyboard(tree: SysfsTree): string[] {
  const ids = { vendor: '046d', product: 'c31c', version: '0111' }
  const [keys = '', media = ''] = addUsb(tree, {
    ...ids,
    strings: { manufacturer: 'Logitech', product: 'USB Keyboard', serial: undefined },
    interfaces: ['030101', '030000'],
    driver: 'usbhid',
  })
  const phys = 'usb-0000:00:14.0-2'
  return [
    addInput(tree, {
      ...ids,
      above: addHid(tree, keys, '0003:046D:C31C.0001', 0),
      number: 5,
      name: 'Logitech USB Keyboard',
      phys: `${phys}/input0`,
      ev: '120013',
      key: KEYBOARD_KEYS,
      abs: '0',
    }),
    addInput(tree, {
      ...ids,
      above: addHid(tree, media, '0003:046D:C31C.0002', 1),
      number: 6,
      name: 'Logitech USB Keyboard Consumer Control',
      phys: `${phys}/input1`,
      ev: '1f',
      key: '1f0001 0 0 4c000000000',
      abs: '100000000',
      rel: '143',
      nodes: ['event6', 'mouse0'],
    }),
  ]
}

/** A pad with its touchpad and its motion sensors. */
export function addDualSense(tree: SysfsTree): string[] {
  const [, , , interface3 = ''] = addUsb(tree, {
    vendor: '054c',
    product: '0ce6',
    bcd: '0100',
    strings: {
      manufacturer: 'Sony Interactive Entertainment',
      product: 'Wireless Controller',
      serial: undefined,
    },
    interfaces: ['010100', '010200', '010200', '030000'],
    driver: 'usbhid',
    port: '1-3.4',
  })
  const hid = addHid(tree, interface3, '0003:054C:0CE6.0007', 3)
  const ids = {
    above: hid,
    phys: 'usb-0000:00:14.0-3.4/input3',
    vendor: '054c',
    product: '0ce6',
    version: '8111',
  }
  const name = 'Sony Interactive Entertainment Wireless Controller'
  return [
    addInput(tree, {
      ...ids,
      number: 20,
      name,
      ev: '20000b',
      key: '7fdb000000000000 0 0 0 0',
      nodes: ['event20', 'js1'],
    }),
    addInput(tree, {
      ...ids,
      number: 21,
      name: `${name} Motion Sensors`,
      ev: '19',
      key: '0',
      abs: '3f',
      prop: '40',
      nodes: ['event21', 'js2'],
    }),
    addInput(tree, {
      ...ids,
      number: 22,
      name: `${name} Touchpad`,
      key: '2420 10000 0 0 0 0',
      abs: '260800000000003',
      prop: '5',
      nodes: ['event22', 'mouse1'],
    }),
  ]
}

/** A pad that BlueZ gave to the kernel, which is below no adapter. */
export function addBluetoothPad(tree: SysfsTree): string {
  const hid = addHid(tree, '/devices/virtual/misc/uhid', '0005:054C:0CE6.0008', 4)
  const ids = { bus: '0005', vendor: '054c', product: '0ce6', version: '8100' }
  return addInput(tree, {
    ...ids,
    above: hid,
    number: 30,
    name: 'DualSense Wireless Controller',
    phys: '00:1a:7d:da:71:13',
    nodes: ['event30', 'js3'],
  })
}

/** A receiver, which has the HID device of each paired one below its own. */
export function addReceiver(tree: SysfsTree): string {
  const [, , receiver = ''] = addUsb(tree, {
    vendor: '046d',
    product: 'c52b',
    bcd: '2411',
    strings: { manufacturer: 'Logitech', product: 'USB Receiver', serial: undefined },
    interfaces: ['030101', '030102', '030000'],
    driver: 'usbhid',
    port: '1-7',
  })
  const paired = addHid(tree, addHid(tree, receiver, '0003:046D:C52B.0003', 5), '0003:046D:4069.0004', 6)
  return addInput(tree, {
    above: paired,
    number: 40,
    name: 'Logitech MX Master 2S',
    phys: 'usb-0000:00:14.0-7/input2:1',
    vendor: '046d',
    product: '4069',
    version: '0111',
    ev: '17',
    key: 'ffff0000 0 0 0 0',
    abs: '0',
    rel: '1943',
    nodes: ['event40', 'mouse2'],
  })
}

function upper(hex: string): string {
  return hex.toUpperCase()
}
