import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isBelowUsb, usbParents } from '../../../src/kernel/index.js'
import { SysfsTree } from '../sysfs-tree.js'
import { addUsb } from '../udev/shapes.js'

const KEYBOARD = { vendor: '046d', product: 'c31c', interfaces: ['030101', '030000'], driver: 'usbhid' }
const HID = '0003:046D:C31C.0001'

describe('the USB parents of a unit', () => {
  let tree: SysfsTree
  beforeEach(() => {
    tree = new SysfsTree()
  })
  afterEach(() => tree.remove())

  const parents = (unit: string): unknown[] =>
    usbParents(unit, 7, tree.root).map(({ sysname, node }) => [
      sysname,
      node && `${node.major}:${node.minor}`,
    ])

  it('are the device and the interface that it hangs on, and nothing above', () => {
    const [first = '', second = ''] = addUsb(tree, { ...KEYBOARD, port: '1-2' })
    expect(parents(`${first}/${HID}`)).toEqual([
      ['1-2', '189:4'],
      ['1-2:1.0', undefined],
    ])
    expect(parents(`${second}/input/input7`)).toEqual([
      ['1-2', '189:4'],
      ['1-2:1.1', undefined],
    ])
    expect(usbParents(`${first}/${HID}`, 7, tree.root)[1]).toMatchObject({
      devpath: first,
      subsystem: 'usb',
      unit: `${first}/${HID}`,
      initializedAt: 7,
    })
  })

  it('are the nearest: neither hub nor what is behind another device', () => {
    addUsb(tree, { ...KEYBOARD, port: '1-2' })
    const [behind = ''] = addUsb(tree, { ...KEYBOARD, port: '1-2.4' })
    expect(parents(`${behind}/input/input7`)).toEqual([
      ['1-2.4', '189:4'],
      ['1-2.4:1.0', undefined],
    ])
  })

  it('are none of what is connected by a Bluetooth adapter, which is on USB itself', () => {
    const [adapter = ''] = addUsb(tree, { ...KEYBOARD, port: '1-4', interfaces: ['e00101', 'e00101'] })
    const pad = `${adapter}/bluetooth/hci0/hci0:11/0005:054C:0CE6.0007`
    expect(parents(`${adapter}/input/input7`)).toHaveLength(2)
    expect([isBelowUsb(pad), parents(pad), parents(`${pad}/input/input9`)]).toEqual([false, [], []])
  })

  it('are none where the device is a hub, or is not there', () => {
    const [hub = ''] = addUsb(tree, { ...KEYBOARD, port: '1-3' })
    tree.write(
      `${hub.slice(0, hub.lastIndexOf('/'))}/uevent`,
      'DEVTYPE=usb_device\nTYPE=9/0/1\nMAJOR=189\nMINOR=5\n',
    )
    expect(parents(`${hub}/input/input7`)).toEqual([])
    expect(parents('/devices/pci0000:00/usb1/1-9/1-9:1.0/input/input7')).toEqual([])
  })

  it.each([
    '/devices/virtual/input/input7',
    '/devices/platform/i8042/serio0/input/input3',
    '/devices/pci0000:00/0000:00:14.0/usb1/1-0:1.0/input/input7',
    '/devices/pci0000:00/0000:00:14.0/usb1/1-2:1.0x/input/input7',
  ])('are none of %s', (unit) => {
    expect(isBelowUsb(unit)).toBe(false)
    expect(usbParents(unit, 7, tree.root)).toEqual([])
  })
})
