import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsbParents } from '../../../src/udev/parents.js'
import { readRecord } from '../../../src/udev/host-database.js'
import type { Sayer } from '../../../src/udev/source.js'
import { BuiltinRules } from '../../../src/udev/builtin.js'
import { SysfsTree } from '../sysfs-tree.js'
import { addUsb } from './shapes.js'

const PAD = { vendor: '054c', product: '0ce6', interfaces: ['030000'], driver: 'usbhid' }
const STRINGS = { manufacturer: 'Sony', product: 'DualSense', serial: undefined }

describe('what udev says of the USB device that a unit is a part of', () => {
  let tree: SysfsTree
  let run: string
  let parents: UsbParents<Sayer>
  let unit: string
  let other: string
  beforeEach(() => {
    tree = new SysfsTree()
    run = mkdtempSync(join(tmpdir(), 'run-'))
    mkdirSync(join(run, 'data'))
    const hwdb = { lookup: () => new Map([['ID_MODEL_FROM_DATABASE', 'Known']]) }
    const rules = new BuiltinRules({ sysfs: tree.root, hwdb, udevVersion: 252, absInfo: () => [] })
    parents = new UsbParents(
      (device, sayer) => (sayer === 'host' ? readRecord(device, run) : rules.recordOfParent(device)),
      tree.root,
    )
    const [first = ''] = addUsb(tree, { ...PAD, strings: STRINGS })
    unit = `${first}/input/input5`
    other = `${first}/0003:054C:0CE6.0001`
  })
  afterEach(() => {
    tree.remove()
    rmSync(run, { recursive: true })
  })

  const write = (id: string, text: string): void => writeFileSync(join(run, 'data', id), text)

  it('is what the host has, less what keeps the host away', () => {
    write(
      'c189:4',
      'I:5\nE:ID_MODEL=DualSense\nE:ID_SEAT=seat-couch\nG:seat\nG:seat-couch\nQ:seat\nQ:seat-couch\nV:1\n',
    )
    write('+usb:1-2:1.0', 'I:6\nE:ID_PATH=pci-usb\nV:1\n')
    expect(parents.of(unit, 'host', 1)).toEqual([
      { id: 'c189:4', tags: ['seat'], text: 'I:5\nE:ID_MODEL=DualSense\nG:seat\nQ:seat\nV:1\n' },
      { id: '+usb:1-2:1.0', tags: [], text: 'I:6\nE:ID_PATH=pci-usb\nV:1\n' },
    ])
  })

  it('is nothing of what the host has no record of, or one that it has not finished', () => {
    write('c189:4', 'I:5\nE:ID_PROCESSING=1\nV:1\n')
    expect(parents.of(unit, 'host', 1)).toEqual([])
  })

  it('is asked once, and again when something was said of the device, for each unit that is a part of it', () => {
    write('c189:4', 'I:5\nE:A=1\nV:1\n')
    const before = parents.of(unit, 'host', 1)
    const [interfacePath] = [other.slice(0, other.lastIndexOf('/'))]
    const usbDevice = interfacePath.slice(0, interfacePath.lastIndexOf('/'))
    parents.of(other, 'host', 1)
    write('c189:4', 'I:5\nE:A=2\nV:1\n')
    expect(parents.of(unit, 'host', 1)).toBe(before)
    expect(parents.changed('/devices/elsewhere')).toEqual([])
    expect(parents.changed(usbDevice)).toEqual([unit, other])
    expect(parents.of(unit, 'host', 1)[0]?.text).toContain('E:A=2\n')
    for (const one of [unit, other]) parents.forget(one)
    expect(parents.size).toBe(0)
  })

  it('is what the builtin rules find where they are asked', () => {
    const [device, itsInterface] = parents.of(unit, 'builtin', 1)
    expect(device?.id).toBe('c189:4')
    expect(device?.text?.split('\n')).toEqual([
      'I:1',
      'E:ID_BUS=usb',
      ...['', 'USB_'].flatMap((prefix) => [
        `E:ID_${prefix}MODEL=DualSense`,
        `E:ID_${prefix}MODEL_ENC=DualSense`,
        `E:ID_${prefix}MODEL_ID=0ce6`,
        `E:ID_${prefix}SERIAL=Sony_DualSense`,
        `E:ID_${prefix}VENDOR=Sony`,
        `E:ID_${prefix}VENDOR_ENC=Sony`,
        `E:ID_${prefix}VENDOR_ID=054c`,
        `E:ID_${prefix}REVISION=0110`,
      ]),
      'E:ID_USB_INTERFACES=:030000:',
      'E:ID_MODEL_FROM_DATABASE=Known',
      'E:ID_PATH=pci-0000:00:14.0-usb-0:2',
      'E:ID_PATH_TAG=pci-0000_00_14_0-usb-0_2',
      'E:ID_FOR_SEAT=usb-pci-0000_00_14_0-usb-0_2',
      'G:seat',
      'Q:seat',
      'V:1',
      '',
    ])
    expect(itsInterface).toEqual({
      id: '+usb:1-2:1.0',
      tags: [],
      text: [
        'I:1',
        'E:ID_MODEL_FROM_DATABASE=Known',
        'E:ID_PATH=pci-0000:00:14.0-usb-0:2:1.0',
        'E:ID_PATH_TAG=pci-0000_00_14_0-usb-0_2_1_0',
        'V:1',
        '',
      ].join('\n'),
    })
  })

  it('is nothing of a unit that is a part of none, and nothing is held of it', () => {
    expect(parents.of('/devices/virtual/input/input5', 'builtin', 1)).toEqual([])
    expect(parents.size).toBe(0)
  })
})
