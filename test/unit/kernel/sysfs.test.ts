import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBit } from '../../../src/kernel/bitmap.js'
import { lastingProperties } from '../../../src/kernel/device.js'
import {
  enumerate,
  hasDevice,
  readBytes,
  readCapabilities,
  readLinkName,
  readProperties,
  readSeqnum,
  readUevent,
  reportsLetters,
} from '../../../src/kernel/sysfs.js'
import { parseUevent } from '../../../src/kernel/uevent.js'
import { BOOT_KEYBOARD } from '../../devices/hid-plain.js'
import { SysfsTree } from '../sysfs-tree.js'

const HID = '/devices/virtual/misc/uhid/0003:054C:0CE6.0001'
const INPUT = `${HID}/input/input5`
let sysfs: string

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(sysfs, path)), { recursive: true })
  writeFileSync(join(sysfs, path), text)
}
const device = (devpath: string, subsystem: string, uevent: string, links: string[]): void => {
  write(`${devpath}/uevent`, uevent)
  const linked = { hid: 'bus/hid' }[subsystem] ?? `class/${subsystem}`
  mkdirSync(join(sysfs, linked), { recursive: true })
  symlinkSync(join(sysfs, linked), join(sysfs, devpath, 'subsystem'))
  for (const link of links) {
    mkdirSync(dirname(join(sysfs, link)), { recursive: true })
    symlinkSync(join(sysfs, devpath), join(sysfs, link))
  }
}

beforeAll(() => {
  sysfs = mkdtempSync(join(tmpdir(), 'udev-proxy-sysfs-'))
  device(HID, 'hid', 'HID_ID=0003:0000054C:00000CE6\nHID_NAME=Pad\n', ['bus/hid/devices/0003:054C:0CE6.0001'])
  device(
    INPUT,
    'input',
    'PRODUCT=3/54c/ce6/111\nNAME="Pad"\nPHYS=""\nUNIQ=""\nEV=20000b\nKEY=7cdb000000000000 0 0 0 0\n',
    ['class/input/input5'],
  )
  write(`${INPUT}/name`, 'Pad\nMAJOR=1\n')
  write(`${INPUT}/phys`, '\n')
  write(`${INPUT}/uniq`, 'a0:ab\n')
  write(`${INPUT}/capabilities/ev`, '20000b\n')
  write(`${INPUT}/capabilities/key`, '7cdb000000000000 0 0 0 0\n')
  device(`${INPUT}/event7`, 'input', 'MAJOR=13\nMINOR=71\nDEVNAME=input/event7\n', ['class/input/event7'])
  device('/devices/virtual/input/mice', 'input', 'MAJOR=13\nMINOR=63\nDEVNAME=input/mice\n', [
    'class/input/mice',
  ])
  device(`${HID}/hidraw/hidraw2`, 'hidraw', 'MAJOR=245\nMINOR=2\nDEVNAME=hidraw2\n', ['class/hidraw/hidraw2'])
  symlinkSync('nowhere', join(sysfs, 'class/input/event99'))
  write('kernel/uevent_seqnum', '4711\n')
})
afterAll(() => rmSync(sysfs, { recursive: true }))

describe('enumerate', () => {
  it('finds every device that is handled, parents before children', () => {
    expect(enumerate(sysfs).map((properties) => properties.get('DEVPATH'))).toEqual([
      HID,
      `${HID}/hidraw/hidraw2`,
      INPUT,
      `${INPUT}/event7`,
    ])
  })

  it('finds nothing where there is no input at all', () => {
    const empty = mkdtempSync(join(tmpdir(), 'udev-proxy-sysfs-'))
    expect(enumerate(empty)).toEqual([])
    rmSync(empty, { recursive: true })
  })
})

describe('readProperties', () => {
  it('gives what the add uevent had', () => {
    expect(Object.fromEntries(readProperties(`${INPUT}/event7`, sysfs) ?? [])).toEqual({
      DEVPATH: `${INPUT}/event7`,
      SUBSYSTEM: 'input',
      MAJOR: '13',
      MINOR: '71',
      DEVNAME: 'input/event7',
    })
  })

  it('takes a name with a newline for one value', () => {
    const properties = readProperties(INPUT, sysfs)
    expect(properties?.get('NAME')).toBe('"Pad\nMAJOR=1"')
    expect(properties?.has('MAJOR')).toBe(false)
  })

  it('takes what follows a newline for no other property, and bytes for what they are', () => {
    const input = '/devices/virtual/input/input6'
    const name = Buffer.from('one\nPRODUCT=1/2/3/4\nPHYS="x"\n\xff\xa5@\xfa', 'latin1')
    const phys = Buffer.from('p\nEV=0\n\n')
    const quoted = (key: string, value: Buffer): Buffer[] => [
      Buffer.from(`${key}="`),
      value,
      Buffer.from('"\n'),
    ]
    const lines = [
      Buffer.from('PRODUCT=3/45e/28e/110\n'),
      ...[...quoted('NAME', name), ...quoted('PHYS', phys), ...quoted('UNIQ', Buffer.from(''))],
      Buffer.from('PROP=0\nEV=b\n'),
    ]
    device(input, 'input', '', [])
    writeFileSync(join(sysfs, input, 'uevent'), Buffer.concat(lines))
    for (const [attribute, value] of Object.entries({ name, phys, uniq: Buffer.from('') }))
      writeFileSync(join(sysfs, input, attribute), Buffer.concat([value, Buffer.from('\n')]))

    const uevent = parseUevent(
      Buffer.concat([
        Buffer.from(`add@${input}\0ACTION=add\0DEVPATH=${input}\0SUBSYSTEM=input\0PRODUCT=3/45e/28e/110\0`),
        ...[Buffer.from('NAME="'), name, Buffer.from('"\0PHYS="'), phys, Buffer.from('"\0UNIQ=""\0')],
        Buffer.from('PROP=0\0EV=b\0SEQNUM=7\0'),
      ]),
    )
    if (typeof uevent === 'string') throw new Error(uevent)
    expect([...(readProperties(input, sysfs) ?? [])]).toEqual([...lastingProperties(uevent.properties)])
  })

  it('takes what a HID device says in more than one line for one value', () => {
    const hid = '/devices/virtual/misc/uhid/0005:054C:0CE6.0002'
    device(hid, 'hid', '', [])
    writeFileSync(
      join(sysfs, hid, 'uevent'),
      'DRIVER=sony\nHID_ID=0005:0000054C:00000CE6\nHID_NAME=one\nHID_ID=x\nHID_PHYS=\nHID_UNIQ=a\n\nMODALIAS=hid:b\n',
    )
    expect(Object.fromEntries(readProperties(hid, sysfs) ?? [])).toEqual({
      ...{ DEVPATH: hid, SUBSYSTEM: 'hid', DRIVER: 'sony', MODALIAS: 'hid:b' },
      ...{ HID_ID: '0005:0000054C:00000CE6', HID_NAME: 'one\nHID_ID=x', HID_PHYS: '', HID_UNIQ: 'a\n' },
    })
  })

  it('is undefined for what has gone, or has no path', () => {
    expect(readProperties(`/devices/${'x'.repeat(5000)}`, sysfs)).toBeUndefined()
    expect(readProperties('/devices/virtual/input/input99', sysfs)).toBeUndefined()
  })
})

describe('readCapabilities', () => {
  it('reads the bitmaps, and takes a missing one for empty', () => {
    const capabilities = readCapabilities(INPUT, sysfs)
    expect(capabilities && hasBit(capabilities.key, 0x130)).toBe(true)
    expect(capabilities && hasBit(capabilities.abs, 0)).toBe(false)
    expect(readCapabilities('/devices/virtual/input/input99', sysfs)).toBeUndefined()
  })
})

describe('a device in sysfs', () => {
  it('has a uevent file, which directories between devices lack', () => {
    expect(hasDevice(INPUT, sysfs)).toBe(true)
    expect(hasDevice(`${HID}/input`, sysfs)).toBe(false)
    expect(readUevent(`${INPUT}/event7`, sysfs)?.get('MINOR')).toBe('71')
    expect(readUevent(`${HID}/input`, sysfs)).toBeUndefined()
  })

  it('has attributes, byte for byte, and links', () => {
    expect(readBytes(INPUT, 'name', sysfs)?.toString()).toBe('Pad\nMAJOR=1\n')
    expect(readLinkName(INPUT, 'subsystem', sysfs)).toBe('input')
  })

  it('may lack them, or have something else in their place', () => {
    expect(readBytes(INPUT, 'nothing', sysfs)).toBeUndefined()
    expect(readBytes(INPUT, 'capabilities', sysfs)).toBeUndefined()
    expect(readLinkName(INPUT, 'driver', sysfs)).toBeUndefined()
    expect(readLinkName(INPUT, 'name', sysfs)).toBeUndefined()
  })
})

it('a HID device reports letters by its report descriptor, which is empty before a driver has begun its probe', () => {
  const tree = new SysfsTree()
  const hid = (report_descriptor: Buffer) =>
    tree.add(HID, { subsystem: 'hid', attributes: { report_descriptor } })
  expect(reportsLetters(HID, tree.root)).toBe(false)
  hid(Buffer.alloc(0))
  expect(reportsLetters(HID, tree.root)).toBe(false)
  hid(BOOT_KEYBOARD)
  expect(reportsLetters(HID, tree.root)).toBe(true)
  tree.remove()
})

describe('readSeqnum', () => {
  it('is what the kernel counted up to, and never 0', () => {
    expect(readSeqnum(sysfs)).toBe(4711)
    expect(readSeqnum('/nowhere')).toBe(1)
  })
})
