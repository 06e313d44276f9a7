// What a device is: by its capabilities, and by what the hardware database knows of its ids and its name.
import { hasBit } from '../../kernel/bitmap.js'
import { inputIds } from '../input-id.js'
import { importByModalias } from './modalias.js'
import type { RuleEvent } from './rule-event.js'

/** 50-udev-default.rules */
export function udevDefault(event: RuleEvent): void {
  const { device, self, context } = event
  const { subsystem } = device
  if (subsystem === 'hidraw') importByModalias(event)
  if (subsystem === 'usb' && self.devtype === 'usb_device') {
    event.import(context.usbId(self))
    importByModalias(event, { subsystem })
  }
  if (event.env('MODALIAS') !== '') importByModalias(event, { subsystem })
  if (subsystem === 'usb') event.import(context.pathId(self))
}

/** 60-evdev.rules. The keyboard builtin that follows them sets keycodes and axes, and no property: that is the host's to do, and done once. */
export function evdev(event: RuleEvent): void {
  const { self, context } = event
  if (!self.sysname.startsWith('event')) return
  const { dmi } = context
  const found = (isFound: boolean): void => {
    if (isFound) event.set('.HAVE_HWDB_PROPERTIES', '1')
  }
  found(importByModalias(event, { subsystem: 'input', prefix: 'evdev:' }))
  if (self.nearest(({ driver }) => driver === 'atkbd')) found(event.importHwdb('evdev:atkbd:', dmi))
  const input = self.nearest(isInput)
  if (input === undefined) return
  const name = event.attribute('name', input)
  found(event.importHwdb('evdev:name:', name, ':', dmi))
  const phys = event.attribute('phys', input)
  const ev = event.attribute('capabilities/ev', input)
  found(event.importHwdb('evdev:name:', name, ':phys:', phys, ':ev:', ev, ':', dmi))
}

/** Buses that 257 looks names up for, by their id in linux/input.h. */
const NAMED_BUSES: readonly [bustype: string, bus: string][] = [
  ['0003', 'usb'],
  ['0005', 'bluetooth'],
  ['0018', 'i2c'],
]

/** 60-input-id.rules */
export function inputId(event: RuleEvent): void {
  const { device, self, context } = event
  if (device.subsystem !== 'input') return
  if (event.env('ID_INPUT') === '') setInputIds(event)
  importByModalias(event, { subsystem: 'input', prefix: 'id-input:modalias:' })
  if (context.udevVersion < 257) return
  for (const [bustype, bus] of NAMED_BUSES) {
    const input = self.nearest((above) => isInput(above) && above.attribute('id/bustype') === bustype)
    if (input !== undefined && event.importHwdb(`id-input:${bus}:`, ...idsAndName(event, input))) return
  }
}

/** The builtin input_id. */
function setInputIds(event: RuleEvent): void {
  const ids = inputIds(event.device, event.context.udevVersion)
  if (ids !== undefined) {
    event.set('ID_INPUT', '1')
    for (const id of ids) event.set(`ID_INPUT_${id}`, '1')
  }
  if (event.self.sysname.startsWith('event')) setSize(event)
}

const ABS_X = 0x00
const ABS_Y = 0x01

/** extract_info(): how large a touchpad or a screen is. */
function setSize(event: RuleEvent): void {
  const { node, facts } = event.device
  if (node === undefined) return
  // A device without these axes has no resolution of them: the node need not be opened for that.
  const { abs } = facts.capabilities ?? {}
  if (abs !== undefined && !(hasBit(abs, ABS_X) && hasBit(abs, ABS_Y))) return
  const { name, major, minor } = node
  const [x, y] = event.context.absInfo({ path: `/dev/${name}`, major, minor }, [ABS_X, ABS_Y])
  if (x === undefined || y === undefined || x.resolution <= 0 || y.resolution <= 0) return
  event.set('ID_INPUT_WIDTH_MM', String(Math.trunc((x.maximum - x.minimum) / x.resolution)))
  event.set('ID_INPUT_HEIGHT_MM', String(Math.trunc((y.maximum - y.minimum) / y.resolution)))
}

/** 60-sensor.rules, as far as they are for input devices. */
export function sensor(event: RuleEvent): void {
  const { device, self, context } = event
  if (device.subsystem !== 'input' || event.env('ID_INPUT_ACCELEROMETER') !== '1') return
  const { dmi } = context
  const acpi = self.nearest(({ subsystem }) => subsystem === 'acpi')
  if (acpi && event.importHwdb('sensor:modalias:acpi:', event.attribute('hid', acpi), ':', dmi)) return
  const platform = self.nearest(({ subsystem }) => subsystem === 'platform')
  if (platform !== undefined) event.importHwdb('sensor:modalias:platform:', platform.sysname, ':', dmi)
}

/** 70-joystick.rules */
export function joystick(event: RuleEvent): void {
  importOfClass(event, 'ID_INPUT_JOYSTICK', 'joystick', () => true)
}

/** 70-mouse.rules */
export function mouse(event: RuleEvent): void {
  if (importOfClass(event, 'ID_INPUT_MOUSE', 'mouse', (bus) => bus === 'usb' || bus === 'bluetooth')) return
  if (event.env('ID_INPUT_MOUSE') === '' || !event.self.sysname.startsWith('event')) return
  const ps2 = event.self.nearest(({ driver, subsystem }) => driver === 'psmouse' && subsystem === 'serio')
  if (ps2 !== undefined) event.importHwdb('mouse:ps2::name:', event.attribute('device/name', ps2), ':')
}

/** 70-touchpad.rules */
export function touchpad(event: RuleEvent): void {
  if (event.env('ID_INPUT') !== '') importOfClass(event, 'ID_INPUT_TOUCHPAD', 'touchpad', () => true)
}

/** What the database has of a kind of device by its bus, its ids and its name; whether that is anything. */
function importOfClass(
  event: RuleEvent,
  key: string,
  kind: string,
  isBus: (bus: string) => boolean,
): boolean {
  const bus = event.env('ID_BUS')
  if (event.env(key) === '' || !event.self.sysname.startsWith('event')) return false
  const input = event.self.nearest(isInput)
  if (input === undefined || bus === '' || !isBus(bus)) return false
  return event.importHwdb(`${kind}:${bus}:`, ...idsAndName(event, input))
}

/** KERNELS=="input*" */
function isInput({ sysname }: { sysname: string }): boolean {
  return sysname.startsWith('input')
}

function idsAndName(event: RuleEvent, input: RuleEvent['self']): (string | undefined)[] {
  const attribute = (name: string): string | undefined => event.attribute(name, input)
  return ['v', attribute('id/vendor'), 'p', attribute('id/product'), ':name:', attribute('name'), ':']
}
