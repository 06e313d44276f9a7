// 60-persistent-input.rules: the bus, who made it, where it is plugged, and links that last.
import type { RuleEvent } from './rule-event.js'

const BUS_BLUETOOTH = '0005'
/** Subsystems of which one above is enough for a path, and those that need no class for a link. */
const WITH_PATH = new Set<string | undefined>(['pci', 'usb', 'platform', 'acpi'])
const WITHOUT_CLASS = new Set<string | undefined>(['usb', 'platform', 'i2c'])

export function persistentInput(event: RuleEvent): void {
  const { device, self, context } = event
  if (device.subsystem !== 'input') return
  const isBelow = (name: string): boolean => self.nearest(({ subsystem }) => subsystem === name) !== undefined
  // Not every Bluetooth device is below one of that subsystem: BlueZ makes them with uhid.
  const isBluetooth = self.nearest((above) => trimmed(above.attribute('id/bustype')) === BUS_BLUETOOTH)
  if (isBelow('bluetooth') || isBluetooth !== undefined) {
    event.set('ID_BUS', 'bluetooth')
    return
  }
  if (isBelow('rmi4')) event.set('ID_BUS', 'rmi')
  if (isBelow('serio')) event.set('ID_BUS', 'i8042')
  if (event.env('ID_BUS') === '' && isBelow('usb')) event.import(context.usbId(self))

  const kind = linkClass(event)
  if (kind !== '') event.set('.INPUT_CLASS', kind)
  if (kind !== '' && event.env('ID_SERIAL') === '') event.set('ID_SERIAL', 'noserial')

  const ending = linkEnding(self.sysname)
  if (ending !== undefined) linkById(event, ending, kind)
  if (self.nearest(({ subsystem }) => WITH_PATH.has(subsystem)) !== undefined)
    event.import(context.pathId(self))
  if (ending !== undefined) linkByPath(event, ending, kind)
}

/** By which property a link has which class: the last one counts. */
const CLASSES: readonly [property: string, linkClass: string][] = [
  ['ID_INPUT_KEYBOARD', 'kbd'],
  ['ID_INPUT_MOUSE', 'mouse'],
  ['ID_INPUT_TOUCHPAD', 'mouse'],
  ['ID_INPUT_TABLET', 'mouse'],
  ['ID_INPUT_JOYSTICK', 'joystick'],
]

/** ENV{.INPUT_CLASS} */
function linkClass(event: RuleEvent): string {
  const { self } = event
  let found = ''
  for (const [property, name] of CLASSES) if (event.env(property) !== '') found = name
  if (self.nearest(({ driver }) => driver === 'pcspkr') !== undefined) found = 'spkr'
  if (self.nearest((above) => /dvb|DVB| IR /.test(trimmed(above.attribute('name')) ?? '')) !== undefined)
    found = 'ir'
  return found
}

/** What a link to this node has before its class; undefined for what gets no link. */
function linkEnding(sysname: string): string[] | undefined {
  if (sysname.startsWith('event')) return ['event']
  return /^(?:mouse|js)/.test(sysname) ? [] : undefined
}

interface IdLink {
  /** Which bInterfaceNumber it is for. */
  matches: (number: string) => boolean
  hasClass: boolean
  parts: (number: string) => string[]
}

/** The lines of the rules, one by one. Only what is below a USB interface gets such a link: everything else would have the same name as its likes. */
function linkById(event: RuleEvent, ending: string[], kind: string): void {
  const lines: IdLink[] = [
    { matches: (number) => number === '' || number === '00', hasClass: true, parts: () => [...ending, kind] },
    {
      matches: (number) => number !== '' && number !== '00',
      hasClass: true,
      parts: (number) => [`if${number}`, ...ending, kind],
    },
  ]
  if (ending.length > 0)
    lines.push({
      matches: (number) => number !== '',
      hasClass: false,
      parts: (number) => [...ending, `if${number}`],
    })
  for (const { matches, hasClass, parts } of lines) {
    const bus = event.env('ID_BUS')
    if (bus === '' || hasClass !== (kind !== '')) continue
    const found = event.self.nearest((above) => {
      const number = trimmed(above.attribute('bInterfaceNumber'))
      return number !== undefined && matches(number)
    })
    const number = found && event.attribute('bInterfaceNumber', found)
    if (number !== undefined) event.link('input/by-id', bus, event.env('ID_SERIAL'), ...parts(number))
  }
}

function linkByPath(event: RuleEvent, ending: string[], kind: string): void {
  const isAlone = event.self.nearest(({ subsystem }) => WITHOUT_CLASS.has(subsystem)) !== undefined
  if (kind === '' && !(isAlone && ending.length > 0)) return
  for (const key of ['ID_PATH', 'ID_PATH_WITH_USB_REVISION']) {
    const path = event.env(key)
    if (path !== '') event.link('input/by-path', path, ...ending, ...(kind === '' ? [] : [kind]))
  }
}

/** ATTRS{…} is compared without whitespace at its end. */
function trimmed(value: string | undefined): string | undefined {
  return value?.replace(/[ \t\n\r]+$/, '')
}
