import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pathId } from '../../../src/udev/path-id.js'
import { SysTree } from '../../../src/udev/sys-tree.js'
import type { UdevVersion } from '../../../src/udev/version.js'
import { SysfsTree } from '../sysfs-tree.js'
import { addAtKeyboard, addUsb, addVirtioKeyboard } from './shapes.js'

let tree: SysfsTree
beforeEach(() => {
  tree = new SysfsTree()
})
afterEach(() => tree.remove())

function pathOf(devpath: string, version: UdevVersion = 252): [string, string][] {
  const device = new SysTree(tree.root).above(`${devpath}/input`)
  return [...((device && pathId(device, version)) ?? [])]
}

const usb = (port = '1-2'): string =>
  addUsb(tree, { vendor: '046d', product: 'c21d', interfaces: ['030000'], driver: 'usbhid', port })[0] ?? ''

describe('pathId', () => {
  it('is the port of a USB device, whatever number its bus has', () => {
    expect(pathOf(usb('1-3.4'))).toEqual([
      ['ID_PATH', 'pci-0000:00:14.0-usb-0:3.4:1.0'],
      ['ID_PATH_TAG', 'pci-0000_00_14_0-usb-0_3_4_1_0'],
    ])
  })

  it.each([
    ['01', '480', 'usbv2'],
    ['02', '480', 'usbv2'],
    ['03', '10000', 'usbv3'],
    ['00', '480', 'usbv2'],
    ['00', '12', 'usbv1'],
  ])(
    'says from 257 on which of two root hubs it is, by protocol %s and speed %s',
    (protocol, speed, part) => {
      const path = usb()
      tree.write('/devices/pci0000:00/0000:00:14.0/usb1/bDeviceProtocol', `${protocol}\n`)
      tree.write('/devices/pci0000:00/0000:00:14.0/usb1/speed', `${speed}\n`)
      expect(pathOf(path, 257)).toEqual([
        ['ID_PATH_WITH_USB_REVISION', `pci-0000:00:14.0-${part}-0:2:1.0`],
        ['ID_PATH', 'pci-0000:00:14.0-usb-0:2:1.0'],
        ['ID_PATH_TAG', 'pci-0000_00_14_0-usb-0_2_1_0'],
      ])
    },
  )

  it('has no such part for a root hub that does not tell', () => {
    const path = usb()
    tree.write('/devices/pci0000:00/0000:00:14.0/usb1/bDeviceProtocol', 'ff\n')
    expect(pathOf(path, 257)).toEqual(pathOf(path))
  })

  it('is the port of a keyboard controller', () => {
    expect(pathOf(addAtKeyboard(tree))[0]).toEqual(['ID_PATH', 'platform-i8042-serio-0'])
  })

  it('is the PCI function of a virtio device', () => {
    expect(pathOf(addVirtioKeyboard(tree))[0]).toEqual(['ID_PATH', 'pci-0000:00:05.0'])
  })

  it('names the nearest and the furthest of several buses, and of one bus the nearest device only', () => {
    const bridge = '/devices/pci0000:00/0000:00:1d.0'
    tree.add(bridge, { subsystem: 'pci' })
    tree.add(`${bridge}/0000:02:00.0`, { subsystem: 'pci' })
    tree.add(`${bridge}/0000:02:00.0/spi1.2`, { subsystem: 'spi' })
    expect(pathOf(`${bridge}/0000:02:00.0/spi1.2`)[0]).toEqual(['ID_PATH', 'pci-0000:02:00.0-cs-2'])
  })

  it('writes a slash where the kernel could not, and joins what a tag may not have', () => {
    tree.add('/devices/platform/!soc!key__s', { subsystem: 'platform' })
    expect(pathOf('/devices/platform/!soc!key__s')).toEqual([
      ['ID_PATH', 'platform-/soc/key__s'],
      ['ID_PATH_TAG', 'platform-_soc_key_s'],
    ])
  })

  it('is unknown where no bus has names that last', () => {
    tree.add('/devices/virtual/misc/uhid', { subsystem: 'misc' })
    expect(pathOf('/devices/virtual/misc/uhid')).toEqual([])
    tree.add('/devices/serio0', { subsystem: 'serio' })
    expect(pathOf('/devices/serio0')).toEqual([])
  })

  it('knows AMBA devices from 257 on', () => {
    tree.add('/devices/amba/key', { subsystem: 'amba' })
    expect(pathOf('/devices/amba/key')).toEqual([])
    expect(pathOf('/devices/amba/key', 257)[0]).toEqual(['ID_PATH', 'amba-key'])
  })
})
