import { describe, expect, it } from 'vitest'
import { deviceFrom, handledUnit, sameDevice } from '../../../src/kernel/device.js'
import { parseBitmap } from '../../../src/kernel/bitmap.js'
import { unitOf } from '../../../src/kernel/unit.js'
import { childDevice, hidDevice, hidrawDevice, inputDevice, inputProperties } from '../uevents.js'

const NOWHERE = { facts: () => undefined, capabilities: () => undefined }

describe('unitOf', () => {
  it.each([
    ['/devices/virtual/input/input23', '/devices/virtual/input/input23'],
    ['/devices/virtual/input/input23/event7', '/devices/virtual/input/input23'],
    ['/devices/platform/i8042/serio0/input/input0/event0', '/devices/platform/i8042/serio0/input/input0'],
    ['/devices/x/0003:054C:0CE6.0001', '/devices/x/0003:054C:0CE6.0001'],
    ['/devices/x/0003:054C:0CE6.0001/input/input5/js0', '/devices/x/0003:054C:0CE6.0001'],
    ['/devices/x/0003:054C:0CE6.0001/hidraw/hidraw2', '/devices/x/0003:054C:0CE6.0001'],
    [
      '/devices/x/0003:046D:C52B.0003/0003:046D:4024.0006/input/input9/mouse1',
      '/devices/x/0003:046D:C52B.0003/0003:046D:4024.0006',
    ],
    ['/devices/virtual/input/mice', undefined],
    ['/devices/pci0000:00/usb1/1-2/1-2:1.0', undefined],
  ])('%s belongs to %s', (devpath, unit) => {
    expect(unitOf(devpath)).toBe(unit)
  })
})

describe('deviceFrom', () => {
  it('reads names and ids of an inputN from its uevent alone', () => {
    const { facts, node } = inputDevice({
      name: 'Sony "PLAYSTATION(R)3"',
      vendor: '54c',
      product: '268',
      uniq: 'aa:bb',
    })
    expect(facts).toMatchObject({
      name: 'Sony "PLAYSTATION(R)3"',
      bus: '0003',
      vendor: '054c',
      product: '0268',
      version: '0110',
    })
    expect(facts.uniq).toBe('aa:bb')
    expect(node).toBeUndefined()
  })

  it('leaves out what the kernel says is empty', () => {
    expect(inputDevice({ uniq: '' }).facts).not.toHaveProperty('uniq')
  })

  it('prefers the capabilities of sysfs, whose longs have a known width', () => {
    const capabilities = inputDevice().facts.capabilities
    if (capabilities === undefined) throw new Error('no capabilities')
    const sysfs = { ...capabilities, ev: parseBitmap('120013', 64) }
    const device = deviceFrom(
      { properties: inputProperties(), seqnum: 1, at: 1 },
      { ...NOWHERE, capabilities: () => sysfs },
    )
    expect(device?.facts.capabilities?.ev).toEqual(sysfs.ev)
  })

  it("gives an event node its parent's facts and its own number", () => {
    const event = childDevice(inputDevice({ name: 'Pad' }), 'event7', 71)
    expect(event.node).toEqual({ name: 'input/event7', major: 13, minor: 71 })
    expect(event.facts.name).toBe('Pad')
  })

  it("gives a hidraw node the HID device's facts", () => {
    const hidraw = hidrawDevice(hidDevice())
    expect(hidraw.node).toEqual({ name: 'hidraw2', major: 245, minor: 2 })
    expect(hidraw.facts).toMatchObject({
      name: 'Test HID Pad',
      vendor: '054c',
      product: '0ce6',
      uniq: '00:11:22:33:44:55',
    })
  })

  it('names the node after the device, whatever DEVNAME says', () => {
    const properties = new Map([
      ['DEVPATH', '/devices/virtual/input/input23/event7'],
      ['SUBSYSTEM', 'input'],
      ['MAJOR', '13'],
      ['MINOR', '71'],
      ['DEVNAME', '../../etc/passwd'],
    ])
    expect(deviceFrom({ properties, seqnum: 1, at: 1 }, NOWHERE)?.node?.name).toBe('input/event7')
  })

  it.each([
    ['a major that is not input’s', 'event7', '1', '1'],
    ['a minor below 0', 'event7', '13', '-1'],
    ['a minor beyond 32 bits', 'event7', '13', '4294967367'],
    ['an empty minor', 'event7', '13', ''],
    ['a minor with an exponent', 'event7', '13', '1e3'],
    ['a minor in hexadecimal', 'event7', '13', '0x45'],
    ['a name that no file can have', `event${'7'.repeat(300)}`, '13', '71'],
  ])('is nothing for %s', (_, sysname, major, minor) => {
    const properties = new Map([
      ['DEVPATH', `/devices/virtual/input/input23/${sysname}`],
      ['SUBSYSTEM', 'input'],
      ['MAJOR', major],
      ['MINOR', minor],
    ])
    expect(deviceFrom({ properties, seqnum: 1, at: 1 }, NOWHERE)).toBeUndefined()
  })

  it('is nothing for a node without a number', () => {
    const properties = new Map([
      ['DEVPATH', '/devices/virtual/input/input23/event7'],
      ['SUBSYSTEM', 'input'],
    ])
    expect(deviceFrom({ properties, seqnum: 1, at: 1 }, NOWHERE)).toBeUndefined()
  })

  it.each([
    ['input', '/devices/virtual/input/mice', false],
    ['leds', '/devices/virtual/input/input3/input3::numlock', false],
    ['constructor', '/devices/virtual/input/input3', false],
    ['__proto__', '/devices/virtual/input/input3', false],
    ['hid', '/devices/x/0003:054C:0CE6.0001/.', false],
    ['usb', '/devices/usb1/1-2', false],
    ['input', '/devices/virtual/input/input3/mouse0', true],
    ['hidraw', '/devices/x/0003:054C:0CE6.0001/hidraw/hidraw0', true],
    ['hid', '/devices/x/0003:054C:0CE6.0001', true],
    // The 65,537th of a boot, and ids of 32 bits, which uhid takes.
    ['hid', '/devices/x/0003:054C:0CE6.10001', true],
    ['hid', '/devices/x/0003:1234054C:ABCD0CE6.0001', true],
  ])('%s %s is handled: %s', (subsystem, devpath, handled) => {
    expect(handledUnit(subsystem, devpath) !== undefined).toBe(handled)
  })
})

describe('sameDevice', () => {
  it('tells a device from another one with the same devpath', () => {
    const pad = inputDevice({ name: 'A' })
    expect(sameDevice(pad, inputDevice({ name: 'A' }, 200))).toBe(true)
    expect(sameDevice(pad, inputDevice({ name: 'B' }, 200))).toBe(false)
    expect(sameDevice(childDevice(pad, 'event7', 71), childDevice(pad, 'event7', 72))).toBe(false)
  })

  it('takes a HID device for the same when its driver has asked for its name and serial number meanwhile', () => {
    const [before, now] = [hidDevice(), hidDevice()]
    const asked = { ...now, facts: { ...now.facts, name: 'Its own name', uniq: '66:77:88:99:aa:bb' } }
    expect(sameDevice(before, asked)).toBe(true)
    expect(sameDevice(hidrawDevice(before), hidrawDevice(asked))).toBe(true)
    expect(sameDevice(hidrawDevice(before), hidrawDevice(asked, 3))).toBe(false)
  })
})
