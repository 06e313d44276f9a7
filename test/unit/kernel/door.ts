// A datagram on its way from the kernel's socket to a container, and what must be true of it at each turn.
import { expect } from 'vitest'
import { takeDevice } from '../../../src/attach/intake.js'
import { createWorld } from '../../../src/attach/world.js'
import { encodeBytes } from '../../../src/bytes.js'
import { admit } from '../../../src/kernel/admit.js'
import type { Device, Uevent } from '../../../src/kernel/index.js'
import { handledUnit, moveOf } from '../../../src/kernel/index.js'
import { NodeNumbers } from '../../../src/kernel/number.js'
import { announcement } from '../../../src/udev/announcement.js'
import { MAX_MESSAGE, decodeMessage, encodeProperties } from '../../../src/udev/message.js'
import { recordId, recordText } from '../../../src/udev/record.js'
import { compiled } from '../routes.js'
import { addOf } from '../records.js'

const ROUTES = [compiled('all', [{ name: ['*'] }, { vendor: ['????'] }, { devpath: ['*'] }], 'container')]
const NUMBERS = new NodeNumbers({ sysfs: '/nowhere', devices: '/nowhere' })

/** What comes of it: why it is refused, `device`, or `nothing` for what is none that is handled. Throws when a law is broken. */
export function through(datagram: Buffer, withRecord = true): string {
  const uevent = admit(datagram, NUMBERS)
  if (typeof uevent === 'string') return uevent
  isWhole(uevent, datagram)
  const { devpath, subsystem, properties, seqnum } = uevent
  const world = createWorld(ROUTES, '4:host')
  moveOf(uevent)
  const unit = handledUnit(subsystem, devpath)
  const device = takeDevice(world, { properties, seqnum, at: 1 })
  if (device === undefined) return 'nothing'
  expect(unit).toBe(device.unit)
  expect(world.units.get(device.unit)?.members.get(devpath)?.device).toBe(device)
  isSafe(device)
  if (withRecord) isTold(uevent, device)
  return 'device'
}

/** Nothing of what the kernel has said is lost, but a key that is there twice. */
function isWhole({ properties, seqnum }: Uevent, datagram: Buffer): void {
  expect(Number.isSafeInteger(seqnum) && seqnum > 0).toBe(true)
  const said = datagram.subarray(datagram.indexOf(0) + 1)
  const again = encodeProperties(properties)
  if (again.length === said.length) expect(again.equals(said)).toBe(true)
  else expect(again.length).toBeLessThan(said.length)
}

/** Its files can be only its own. */
function isSafe(device: Device): void {
  const { node, sysname, subsystem, unit, devpath } = device
  expect(recordId(device)).toMatch(/^(?:c\d+:\d+|\+(?:input:input\d+|hid:[0-9A-F:.]+))$/)
  expect(`${devpath}/`.startsWith(`${unit}/`)).toBe(true)
  if (node === undefined) return
  expect(node.name).toBe(subsystem === 'input' ? `input/${sysname}` : sysname)
  expect(node.name).toMatch(/^(?:input\/(?:event|js|mouse)|hidraw)\d{1,10}$/)
  expect(node.minor >= 0 && node.minor < 2 ** 20).toBe(true)
  expect(subsystem === 'input' ? node.major === 13 : node.major >= 0 && node.major < 2 ** 12).toBe(true)
}

/** The kernel's values go on byte for byte, up to a newline, where udevd ends them. */
function isTold(uevent: Uevent, device: Device): void {
  const event = addOf(device)
  const text = recordText(event.record) ?? ''
  for (const line of text.split('\n').slice(0, -1)) expect(line).toMatch(/^[SIEGQV]:./s)
  const message = announcement(event)
  const said = decodeMessage(message)
  if (message.length > MAX_MESSAGE - 64 || said === undefined) return
  for (const key of ['DEVPATH', 'NAME', 'HID_NAME', 'PHYS', 'UNIQ', 'DRIVER']) {
    const [first = ''] = (device.properties.get(key) ?? '').split('\n')
    expect(encodeBytes(said.get(key) ?? '').equals(encodeBytes(first))).toBe(true)
  }
  expect(said.get('SEQNUM')).toBe(String(uevent.seqnum))
}
