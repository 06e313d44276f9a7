import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Device } from '../../../src/kernel/index.js'
import { announcement } from '../../../src/udev/announcement.js'
import type { BuiltinOptions } from '../../../src/udev/builtin.js'
import { BuiltinRules } from '../../../src/udev/builtin.js'
import { decodeMessage, MAX_MESSAGE } from '../../../src/udev/message.js'
import { recordText } from '../../../src/udev/record.js'
import { SysfsTree } from '../sysfs-tree.js'
import { childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'
import {
  addAtKeyboard,
  addBluetoothPad,
  addDualSense,
  addHid,
  addInput,
  addReceiver,
  addUinput,
  addUsb,
  addUsbKeyboard,
} from './shapes.js'
import { addThing, anything } from './things.js'

let tree: SysfsTree
beforeEach(() => {
  tree = new SysfsTree()
})
afterEach(() => tree.remove())

const database = (entries: Record<string, Record<string, string>>) => ({
  lookup: (key: string) => new Map(Object.entries(entries[key] ?? {})),
})

function rulesOf(options: Partial<BuiltinOptions> = {}): BuiltinRules {
  return new BuiltinRules({
    sysfs: tree.root,
    hwdb: undefined,
    udevVersion: 252,
    absInfo: () => [],
    ...options,
  })
}

function lines(devpath: string, options: Partial<BuiltinOptions> = {}): string[] {
  return (recordText(rulesOf(options).recordOf(tree.device(devpath))) ?? '').trimEnd().split('\n')
}

function propertiesOf(devpath: string, options: Partial<BuiltinOptions> = {}): Record<string, string> {
  return Object.fromEntries(rulesOf(options).recordOf(tree.device(devpath)).properties)
}

describe('the record by the builtin rules', () => {
  it('of a pad made by uinput has neither bus nor links', () => {
    const pad = addUinput(tree)
    expect(lines(`${pad}/event12`)).toEqual([
      'I:100000',
      'E:ID_INPUT=1',
      'E:ID_INPUT_JOYSTICK=1',
      'E:ID_SERIAL=noserial',
      'E:LIBINPUT_DEVICE_GROUP=3/45e/28e:py-evdev-uinput',
      'G:uaccess',
      'G:seat',
      'Q:uaccess',
      'Q:seat',
      'V:1',
    ])
    expect(lines(pad)).toEqual([
      'I:100000',
      'E:ID_INPUT=1',
      'E:ID_INPUT_JOYSTICK=1',
      'E:ID_SERIAL=noserial',
      'G:seat',
      'Q:seat',
      'V:1',
    ])
  })

  it('of a USB pad has what usb_id and path_id say, links, and the seat', () => {
    const strings = { manufacturer: 'Logitech', product: 'Gamepad F310', serial: '12AB' }
    const [usb = ''] = addUsb(tree, {
      vendor: '046d',
      product: 'c21d',
      strings,
      interfaces: ['ff5d01'],
      driver: 'xpad',
    })
    const pad = addInput(tree, {
      above: usb,
      number: 7,
      phys: 'usb-0000:00:14.0-2/input0',
      nodes: ['event7', 'js0'],
    })
    expect(lines(`${pad}/event7`).slice(0, 3)).toEqual([
      'S:input/by-id/usb-Logitech_Gamepad_F310_12AB-event-joystick',
      'S:input/by-path/pci-0000:00:14.0-usb-0:2:1.0-event-joystick',
      'I:100000',
    ])
    expect(propertiesOf(`${pad}/event7`)).toMatchObject({
      ID_BUS: 'usb',
      ID_SERIAL: 'Logitech_Gamepad_F310_12AB',
      ID_USB_DRIVER: 'xpad',
      ID_PATH: 'pci-0000:00:14.0-usb-0:2:1.0',
      ID_FOR_SEAT: 'input-pci-0000_00_14_0-usb-0_2_1_0',
      LIBINPUT_DEVICE_GROUP: '3/45e/28e:usb-0000:00:14.0-2',
    })
    expect(lines(`${pad}/js0`)[0]).toBe('S:input/by-id/usb-Logitech_Gamepad_F310_12AB-joystick')
    expect(lines(pad)).not.toContainEqual(expect.stringMatching(/^S:/))
  })

  it('of a pad over Bluetooth has the bus alone', () => {
    expect(propertiesOf(`${addBluetoothPad(tree)}/event30`)).toEqual({
      ID_INPUT: '1',
      ID_INPUT_JOYSTICK: '1',
      ID_BUS: 'bluetooth',
      LIBINPUT_DEVICE_GROUP: '5/54c/ce6:00:1a:7d:da:71:13',
    })
  })

  it('of a pad below a Bluetooth adapter on USB has the path of the adapter, for the seat', () => {
    const [adapter = ''] = addUsb(tree, {
      vendor: '8087',
      product: '0a2b',
      interfaces: ['e00101'],
      driver: 'btusb',
    })
    tree.add(`${adapter}/bluetooth/hci0`, { subsystem: 'bluetooth' })
    tree.add(`${adapter}/bluetooth/hci0/hci0:256`, { subsystem: 'bluetooth' })
    const hid = addHid(tree, `${adapter}/bluetooth/hci0/hci0:256`, '0005:054C:0CE6.0001', 0)
    const pad = addInput(tree, { above: hid, number: 9, bus: '0005' })
    expect(propertiesOf(pad)).toMatchObject({
      ID_BUS: 'bluetooth',
      ID_FOR_SEAT: 'input-pci-0000_00_14_0-usb-0_2_1_0',
    })
    expect(propertiesOf(pad)).not.toHaveProperty('ID_SERIAL')
  })

  it('of the keyboard of a PC is that of a power switch, with a link by its path', () => {
    const event = `${addAtKeyboard(tree)}/input/input3/event3`
    expect(lines(event)).toEqual([
      'S:input/by-path/platform-i8042-serio-0-event-kbd',
      'I:100000',
      'E:ID_INPUT=1',
      'E:ID_INPUT_KEY=1',
      'E:ID_INPUT_KEYBOARD=1',
      'E:ID_BUS=i8042',
      'E:ID_SERIAL=noserial',
      'E:ID_PATH=platform-i8042-serio-0',
      'E:ID_PATH_TAG=platform-i8042-serio-0',
      'E:LIBINPUT_DEVICE_GROUP=11/1/1:isa0060/serio0',
      'G:power-switch',
      'Q:power-switch',
      'V:1',
    ])
  })

  it('of a later interface has its number in the link, also without a class', () => {
    const [, media = ''] = addUsbKeyboard(tree)
    expect(lines(`${media}/event6`)[0]).toBe('S:input/by-id/usb-Logitech_USB_Keyboard-event-if01')
    expect(lines(`${media}/event6`)[1]).toBe('S:input/by-path/pci-0000:00:14.0-usb-0:2:1.1-event')
  })

  it('of a device behind a receiver is that of the receiver’s port', () => {
    expect(lines(`${addReceiver(tree)}/mouse2`).slice(0, 2)).toEqual([
      'S:input/by-id/usb-Logitech_USB_Receiver-if02-mouse',
      'S:input/by-path/pci-0000:00:14.0-usb-0:7:1.2-mouse',
    ])
  })

  it('of motion sensors, and of a touchpad with its size, tells the one from the other', () => {
    const [, sensors = '', touchpad = ''] = addDualSense(tree)
    expect(propertiesOf(`${sensors}/event21`)).toMatchObject({ ID_INPUT_ACCELEROMETER: '1' })
    const asked: unknown[] = []
    const absInfo: BuiltinOptions['absInfo'] = (node, axes) => {
      asked.push([node, axes])
      return [
        { minimum: 0, maximum: 1919, resolution: 20 },
        { minimum: 0, maximum: 1079, resolution: 20 },
      ]
    }
    expect(propertiesOf(`${touchpad}/event22`, { absInfo })).toMatchObject({
      ID_INPUT_TOUCHPAD: '1',
      ID_INPUT_WIDTH_MM: '95',
      ID_INPUT_HEIGHT_MM: '53',
    })
    expect(propertiesOf(`${touchpad}/mouse1`, { absInfo })).not.toHaveProperty('ID_INPUT_WIDTH_MM')
    expect(asked).toEqual([[{ path: '/dev/input/event22', major: 13, minor: 86 }, [0, 1]]])
  })

  it('of a hidraw node of a security token lets the user of the seat have it', () => {
    const [usb = ''] = addUsb(tree, {
      vendor: '1050',
      product: '0407',
      interfaces: ['030000'],
      driver: 'usbhid',
    })
    const hid = addHid(tree, usb, '0003:1050:0407.0001', 0, Buffer.from('06d0f10901a101', 'hex'))
    const record = rulesOf().recordOf(tree.device(`${hid}/hidraw/hidraw0`))
    expect(record.tags).toEqual(['security-device', 'uaccess', 'seat'])
    expect(Object.fromEntries(record.properties)).toEqual({
      ID_FIDO_TOKEN: '1',
      ID_SECURITY_TOKEN: '1',
      ID_PATH: 'pci-0000:00:14.0-usb-0:2:1.0',
      ID_PATH_TAG: 'pci-0000_00_14_0-usb-0_2_1_0',
      ID_FOR_SEAT: 'hidraw-pci-0000_00_14_0-usb-0_2_1_0',
    })
  })

  it('of another hidraw node is empty up to 252, and has the seat from 257 on', () => {
    const hid = addHid(tree, '/devices/virtual/misc/uhid', '0003:054C:0CE6.0001', 0)
    expect(lines(`${hid}/hidraw/hidraw0`)).toEqual([''])
    expect(lines(`${hid}/hidraw/hidraw0`, { udevVersion: 257 })).toEqual([
      'I:100000',
      'G:seat',
      'Q:seat',
      'V:1',
    ])
    expect(recordText(rulesOf().recordOf(tree.device(hid)))).toBeUndefined()
  })

  it('of a USB device has a second path and a second link from 257 on', () => {
    const [keys = ''] = addUsbKeyboard(tree)
    expect(propertiesOf(`${keys}/event5`, { udevVersion: 257 })).toMatchObject({
      ID_PATH_WITH_USB_REVISION: 'pci-0000:00:14.0-usbv2-0:2:1.0',
      ID_PATH: 'pci-0000:00:14.0-usb-0:2:1.0',
    })
    expect(lines(`${keys}/event5`, { udevVersion: 257 }).slice(0, 3)).toEqual([
      'S:input/by-id/usb-Logitech_USB_Keyboard-event-kbd',
      'S:input/by-path/pci-0000:00:14.0-usb-0:2:1.0-event-kbd',
      'S:input/by-path/pci-0000:00:14.0-usbv2-0:2:1.0-event-kbd',
    ])
  })
})

describe('the hardware database', () => {
  const MODALIAS = 'input:b0003v045Ep028Ee0110-e0,1,3,k130,ramlsfw'

  it('is asked under the keys of the rules', () => {
    const pad = addUinput(tree, "Tom's  Pad")
    tree.write('/class/dmi/id/modalias', 'dmi:bvnACME:pnBox:\n')
    const asked: string[] = []
    const hwdb = {
      lookup: (key: string) => {
        asked.push(key)
        return new Map<string, string>()
      },
    }
    rulesOf({ hwdb }).recordOf(tree.device(`${pad}/event12`))
    expect(asked).toEqual([
      `evdev:${MODALIAS}`,
      'evdev:name:Tom_s  Pad:dmi:bvnACME:pnBox:',
      'evdev:name:Tom_s  Pad:phys:py-evdev-uinput:ev:b:dmi:bvnACME:pnBox:',
      `id-input:modalias:${MODALIAS}`,
      `libwacom:name:Tom_s  Pad:${MODALIAS}`,
    ])
    asked.length = 0
    rulesOf({ hwdb, udevVersion: 257 }).recordOf(tree.device(`${pad}/event12`))
    expect(asked).toContain('id-input:usb:v045ep028e:name:Tom_s  Pad:')
  })

  it('overrides the class of a device; an empty value is one in 252, and none from 257 on', () => {
    const pad = addUinput(tree)
    const hwdb = database({
      [`id-input:modalias:${MODALIAS}`]: { ID_INPUT_JOYSTICK: '', ID_INPUT_MOUSE: '1' },
    })
    const record = rulesOf({ hwdb }).recordOf(tree.device(`${pad}/js0`))
    expect(recordText(record)).toContain('E:ID_INPUT_JOYSTICK=\nE:ID_INPUT_MOUSE=1\n')
    expect(record.tags).toEqual([])
    expect(propertiesOf(`${pad}/js0`, { hwdb, udevVersion: 257 })).not.toHaveProperty('ID_INPUT_JOYSTICK')
  })

  it('gives properties of event nodes, marked for the message alone', () => {
    const keyboard = `${addAtKeyboard(tree)}/input/input3`
    const hwdb = database({ 'evdev:atkbd:': { KEYBOARD_KEY_3e: 'f4' } })
    expect(Object.keys(propertiesOf(`${keyboard}/event3`, { hwdb })).slice(0, 3)).toEqual([
      'KEYBOARD_KEY_3e',
      '.HAVE_HWDB_PROPERTIES',
      'ID_INPUT',
    ])
    expect(lines(`${keyboard}/event3`, { hwdb })).not.toContainEqual(expect.stringContaining('HAVE_HWDB'))
    expect(propertiesOf(keyboard, { hwdb })).not.toHaveProperty('KEYBOARD_KEY_3e')
  })

  it('knows a hidraw node by the nearest ids above that it has', () => {
    const [usb = ''] = addUsb(tree, {
      vendor: '0fd9',
      product: '0060',
      strings: { manufacturer: 'Elgato', product: 'Stream Deck', serial: undefined },
      interfaces: ['030000'],
      driver: 'usbhid',
    })
    const hidraw = `${addHid(tree, usb, '0003:0FD9:0060.0001', 0)}/hidraw/hidraw0`
    const hwdb = database({ 'usb:v0FD9p0060:Stream Deck': { ID_AV_PRODUCTION_CONTROLLER: '1' } })
    const record = rulesOf({ hwdb }).recordOf(tree.device(hidraw))
    expect(record.properties.get('ID_AV_PRODUCTION_CONTROLLER')).toBe('1')
    expect(record.tags).toEqual(['uaccess', 'seat'])
  })

  it.each([
    ['joystick', 'ID_INPUT_JOYSTICK_INTEGRATION', 'joystick:usb:v045ep028e:name:Test Pad:'],
    ['mouse', 'MOUSE_DPI', 'mouse:usb:v045ep028e:name:Test Pad:'],
    ['touchpad', 'ID_INPUT_TOUCHPAD_INTEGRATION', 'touchpad:usb:v045ep028e:name:Test Pad:'],
  ])('knows a %s by bus, ids and name', (kind, property, key) => {
    const shape = {
      joystick: {},
      mouse: { ev: '17', key: '70000 0 0 0 0', abs: '0', rel: '103' },
      touchpad: { key: '420 10000 0 0 0 0', abs: '260800000000003', prop: '5' },
    }[kind]
    const [usb = ''] = addUsb(tree, {
      vendor: '045e',
      product: '028e',
      interfaces: ['030000'],
      driver: 'usbhid',
    })
    const input = addInput(tree, { ...shape, above: usb, number: 8 })
    const hwdb = database({ [key]: { [property]: 'x' } })
    expect(propertiesOf(`${input}/event8`, { hwdb })[property]).toBe('x')
    expect(propertiesOf(input, { hwdb })).not.toHaveProperty(property)
  })

  it('knows a PS/2 mouse by its name', () => {
    const serio = '/devices/platform/i8042/serio1'
    tree.add(serio, { subsystem: 'serio', driver: 'psmouse' })
    const mouse = {
      name: 'TPPS/2 IBM TrackPoint',
      bus: '0011',
      ev: '7',
      key: '70000 0 0 0 0',
      abs: '0',
      rel: '3',
    }
    const input = addInput(tree, { ...mouse, above: serio, number: 4 })
    const hwdb = database({ 'mouse:ps2::name:TPPS/2 IBM TrackPoint:': { MOUSE_DPI: '400' } })
    expect(propertiesOf(`${input}/event4`, { hwdb })['MOUSE_DPI']).toBe('400')
  })

  it('knows an accelerometer by what it is fixed to', () => {
    tree.add('/devices/platform/lis3lv02d', { subsystem: 'platform' })
    const sensor = { ev: '9', key: '0', abs: '7' }
    const input = addInput(tree, { ...sensor, above: '/devices/platform/lis3lv02d', number: 4 })
    const hwdb = database({ 'sensor:modalias:platform:lis3lv02d:': { ACCEL_MOUNT_MATRIX: '0, 1, 0' } })
    expect(propertiesOf(input, { hwdb })['ACCEL_MOUNT_MATRIX']).toBe('0, 1, 0')
  })

  it('can’t set what is the kernel’s or libudev’s to say, nor break a line', () => {
    const pad = addUinput(tree)
    const evil = { DEVPATH: '/x', TAGS: ':seat9:', NAME: 'x', 'A=B': '1', '': '1', GOOD: 'a\nE:BAD=1' }
    const hwdb = database({ [`id-input:modalias:${MODALIAS}`]: evil })
    expect(propertiesOf(pad, { hwdb })).toEqual({
      ID_INPUT: '1',
      ID_INPUT_JOYSTICK: '1',
      GOOD: 'a',
      '.INPUT_CLASS': 'joystick',
      ID_SERIAL: 'noserial',
    })
  })
})

describe('a device that sysfs has no more', () => {
  it('is told by its uevent and what was known above it', () => {
    const pad = inputDevice({ name: 'Pad', vendor: '54c', product: 'ce6' })
    const event = childDevice(pad, 'event7', 71)
    expect(Object.fromEntries(rulesOf().recordOf(event).properties)).toEqual({
      ID_INPUT: '1',
      ID_INPUT_JOYSTICK: '1',
      '.INPUT_CLASS': 'joystick',
      ID_SERIAL: 'noserial',
      LIBINPUT_DEVICE_GROUP: '3/54c/ce6:test',
    })
    const bluetooth = childDevice(inputDevice({ bus: '5' }), 'js7', 7)
    expect(rulesOf().recordOf(bluetooth).properties.get('ID_BUS')).toBe('bluetooth')
    expect(recordText(rulesOf().recordOf(hidrawDevice(hidDevice())))).toBe('')
  })

  it('keeps what was read before it went, until the unit is forgotten', () => {
    const [usb = ''] = addUsb(tree, {
      vendor: '045e',
      product: '028e',
      interfaces: ['ff5d01'],
      driver: 'xpad',
    })
    const pad = addInput(tree, { above: usb, number: 7 })
    const rules = rulesOf()
    const [input, event] = [tree.device(pad), tree.device(`${pad}/event7`)]
    rules.recordOf(input)
    tree.remove()
    expect(rules.recordOf(event).properties.get('ID_PATH')).toBe('pci-0000:00:14.0-usb-0:2:1.0')
    rules.forget(input.unit)
    expect(rules.recordOf(event).properties.has('ID_PATH')).toBe(false)
  })
})

describe('a device that changes', () => {
  it('keeps its time and the tags that it had, which are not current any more', () => {
    const pad = tree.device(`${addUinput(tree)}/js0`)
    const before = { ...rulesOf().recordOf(pad), initializedAt: 7, tags: ['old', 'seat'] }
    const after = rulesOf().recordOf({ ...pad, initializedAt: 9 }, before)
    expect(after).toMatchObject({
      initializedAt: 7,
      tags: ['old', 'seat', 'uaccess'],
      currentTags: ['uaccess', 'seat'],
    })
    expect(recordText(after)).toContain('I:7\n')
    // The old tags are there before the rules begin.
    expect(after.positions).toEqual({ TAGS: 0, CURRENT_TAGS: after.properties.size })
  })
})

describe('whatever a device says', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      'a\nMAJOR=1',
      '"',
      '=',
      '\0x',
      '../..',
      'x'.repeat(4096),
      '\n'.repeat(50),
      'ü'.repeat(2048),
    ),
  )
  const anyBytes = fc.oneof(
    anyText.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  )
  const FILES = [
    'name',
    'phys',
    'id/bustype',
    'id/vendor',
    'capabilities/ev',
    'capabilities/key',
    'capabilities/abs',
    'uevent',
  ]
  const USB_FILES = ['manufacturer', 'product', 'serial', 'idVendor', 'bcdDevice', 'descriptors', 'uevent']

  function expectSound(device: Device, rules: BuiltinRules): void {
    const record = rules.recordOf(device)
    const lines = (recordText(record) ?? '').split('\n')
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatch(/^(?:S:[^/.][^\0]*|I:\d+|E:[^=\0]+=[^\0]*|[GQ]:[a-z-]+|V:1)$/u)
    }
    for (const action of ['add', 'remove'] as const) {
      const message = announcement({ action, seqnum: 1, kernel: device.properties, record })
      expect(message.length).toBeLessThanOrEqual(MAX_MESSAGE)
      expect(decodeMessage(message)?.get('DEVPATH')).toBe(device.devpath)
      expect(message.toString('latin1', 40)).not.toContain('\n')
    }
  }

  it('its record and its messages are well-formed', () => {
    const spoilt = fc.dictionary(fc.constantFrom(...FILES), anyBytes)
    const spoiltUsb = fc.dictionary(fc.constantFrom(...USB_FILES), anyBytes)
    fc.assert(
      fc.property(
        anything(),
        spoilt,
        spoiltUsb,
        fc.constantFrom(252, 257),
        (thing, files, usbFiles, udevVersion) => {
          tree.remove()
          tree = new SysfsTree()
          const input = addThing(tree, thing, 1)
          const devpaths = tree.devpaths()
          for (const [name, content] of Object.entries(files)) tree.write(`${input}/${name}`, content)
          const usb = '/devices/pci0000:00/0000:00:14.0/usb1/1-2'
          for (const [name, content] of tree.has(usb) ? Object.entries(usbFiles) : [])
            tree.write(`${usb}/${name}`, content)
          const hwdb = {
            lookup: () =>
              new Map([
                ['ID_A', thing.name],
                [thing.phys, thing.name],
              ]),
          }
          const rules = rulesOf({ hwdb, udevVersion: udevVersion === 257 ? 257 : 252 })
          for (const devpath of devpaths) {
            const device = tree.find(devpath)
            if (device !== undefined) expectSound(device, rules)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('its uevent alone is enough for that', () => {
    const spec = fc.record({ name: anyText, uniq: anyText, ev: anyText, key: anyText, abs: anyText })
    fc.assert(
      fc.property(spec, (given) => {
        const input = inputDevice(given)
        for (const device of [input, childDevice(input, 'event7', 71), childDevice(input, 'js7', 7)])
          expectSound(device, rulesOf())
      }),
    )
  })
})
