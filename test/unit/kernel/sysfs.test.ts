import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBit } from '../../../src/kernel/bitmap.js'
import {
  enumerate,
  hasDevice,
  readBytes,
  readCapabilities,
  readLinkName,
  readProperties,
  readSeqnum,
  readUevent,
} from '../../../src/kernel/sysfs.js'

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

  it('is undefined for what has gone', () => {
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

describe('readSeqnum', () => {
  it('is what the kernel counted up to, and never 0', () => {
    expect(readSeqnum(sysfs)).toBe(4711)
    expect(readSeqnum('/nowhere')).toBe(1)
  })
})
