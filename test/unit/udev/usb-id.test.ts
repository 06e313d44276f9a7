import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SysDevice } from '../../../src/udev/sys-device.js'
import { SysTree } from '../../../src/udev/sys-tree.js'
import { packedInterfaces, usbId } from '../../../src/udev/usb-id.js'
import { SysfsTree } from '../sysfs-tree.js'
import type { UsbShape } from './shapes.js'
import { addUsb } from './shapes.js'

let tree: SysfsTree
beforeEach(() => {
  tree = new SysfsTree()
})
afterEach(() => tree.remove())

const above = (devpath: string): SysDevice | undefined => new SysTree(tree.root).above(devpath)

function idOf(shape: Partial<UsbShape> = {}): Record<string, string> {
  const whole = { vendor: '046d', product: 'c21d', interfaces: ['030000'], driver: 'usbhid', ...shape }
  const device = above(`${addUsb(tree, whole).at(-1) ?? ''}/input`)
  return Object.fromEntries((device && usbId(device)) ?? [])
}

describe('usbId', () => {
  it('says who made what, where, in the order of the builtin', () => {
    const strings = { manufacturer: 'Logitech', product: 'Gamepad F310', serial: '12 AB' }
    const id = idOf({ strings, interfaces: ['030000', 'ff5d01'], driver: 'xpad' })
    const own = {
      MODEL: 'Gamepad_F310',
      MODEL_ENC: 'Gamepad\\x20F310',
      MODEL_ID: 'c21d',
      SERIAL: 'Logitech_Gamepad_F310_12_AB',
      SERIAL_SHORT: '12_AB',
      VENDOR: 'Logitech',
      VENDOR_ENC: 'Logitech',
      VENDOR_ID: '046d',
      REVISION: '0110',
      TYPE: 'generic',
    }
    const under = (prefix: string) => Object.entries(own).map(([key, value]) => [prefix + key, value])
    expect(Object.entries(id)).toEqual([
      ['ID_BUS', 'usb'],
      ...under('ID_'),
      ...under('ID_USB_'),
      ['ID_USB_INTERFACES', ':030000:ff5d01:'],
      ['ID_USB_INTERFACE_NUM', '01'],
      ['ID_USB_DRIVER', 'xpad'],
    ])
  })

  it('falls back to the ids for a device without strings', () => {
    expect(idOf()).toMatchObject({ ID_VENDOR: '046d', ID_MODEL: 'c21d', ID_SERIAL: '046d_c21d' })
  })

  it.each([
    ['a comma', 'AB,12'],
    ['a control character', 'AB\u000112'],
    ['what is not ASCII', 'Nº12'],
  ])('has no serial with %s', (_, serial) => {
    const id = idOf({ strings: { manufacturer: 'A', product: 'B', serial } })
    expect(id['ID_SERIAL']).toBe('A_B')
    expect(id).not.toHaveProperty('ID_SERIAL_SHORT')
  })

  it('cuts long strings by their bytes, as the buffers of the builtin do', () => {
    const strings = { manufacturer: 'ü'.repeat(40), product: 'p'.repeat(100), serial: 's'.repeat(300) }
    const id = idOf({ strings })
    expect(Buffer.from(id['ID_VENDOR'] ?? '', 'latin1').toString()).toBe(`${'ü'.repeat(31)}_`)
    expect(id['ID_MODEL']).toBe('p'.repeat(63))
    expect(id['ID_SERIAL_SHORT']).toBe('s'.repeat(300))
    expect(id['ID_SERIAL']).toHaveLength(255)
  })

  it('makes a name of any string', () => {
    const strings = { manufacturer: '  "A" / B\t ', product: '', serial: '   ' }
    expect(idOf({ strings })).toMatchObject({
      ID_VENDOR: '_A____B',
      ID_VENDOR_ENC: '\\x20\\x20\\x22A\\x22\\x20\\x2f\\x20B\\x09\\x20',
      ID_MODEL: '',
      ID_SERIAL: '_A____B_',
    })
  })

  it.each([
    ['030101', 'hid'],
    ['010300', 'audio'],
    ['080650', 'scsi'],
    ['0e0100', 'video'],
    ['e00101', 'generic'],
  ])('calls an interface of class %s %s', (kind, type) => {
    expect(idOf({ interfaces: [kind] })['ID_TYPE']).toBe(type)
  })

  it('has nothing for what is on no USB interface', () => {
    tree.add('/devices/platform/i8042', { subsystem: 'platform' })
    const device = above('/devices/platform/i8042/serio0')
    expect(device && usbId(device)).toBeUndefined()
  })
})

describe('packedInterfaces', () => {
  const device = [18, 1, ...Array.from({ length: 16 }, () => 0)]
  const interfaceOf = (...kind: number[]) => [9, 4, 0, 0, 1, ...kind, 0]
  const endpoint = [7, 5, 0x81, 3, 8, 0, 10]
  const pack = (...parts: number[][]): string => packedInterfaces(Buffer.from(parts.flat()))

  it('has each kind of interface once', () => {
    const parts = [
      device,
      interfaceOf(3, 1, 1),
      endpoint,
      interfaceOf(3, 1, 1),
      interfaceOf(3, 0, 0),
      endpoint,
    ]
    expect(pack(...parts)).toBe(':030101:030000:')
  })

  it('misses an interface that the descriptors end with', () => {
    expect(pack(device, interfaceOf(3, 1, 1))).toBe('')
  })

  it.each([
    ['none', []],
    ['a descriptor without length', [device, [0, 4], interfaceOf(3, 1, 1)]],
    ['too few bytes', [[18, 1]]],
  ])('is empty for %s', (_, parts) => {
    expect(pack(...parts)).toBe('')
  })

  it('stays unfinished where a descriptor is longer than what is left', () => {
    expect(
      pack(device, interfaceOf(3, 1, 1), endpoint, [255, 4, ...Array.from({ length: 20 }, () => 0)]),
    ).toBe(':030101')
  })
})
