// Devices that no driver made: their uevents, written as the kernel would write them.

/** EV_* and codes of linux/input-event-codes.h. */
const EV_KEY = 1
const EV_REL = 2
const EV_ABS = 3
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

export interface Uevent {
  action: string
  devpath: string
  /** What comes after ACTION and DEVPATH. */
  properties: Record<string, string>
}

export interface PadOptions {
  name?: string
  /** Hex digits, as the kernel writes them: without leading zeros. */
  vendor?: string
  product?: string
  version?: string
  bus?: string
  uniq?: string
  phys?: string
  kind?: 'gamepad' | 'keyboard' | 'mouse'
  /** With a HID device above inputN, and a hidraw node; its major, which a kernel without hidraw has not. */
  hidrawMajor?: number
}

/** One device of a person's desk: all its kernel objects. */
export interface Pad {
  name: string
  /** devpaths */
  input: string
  event: string
  js: string
  hidraw: string
  eventNode: string
  jsNode: string
  hidrawNode: string
  /** `13:4217`, of event. */
  eventNumber: string
  hidrawNumber: string
  add: Uevent[]
  remove: Uevent[]
}

const CAPABILITIES: Record<string, Record<number, number[]>> = {
  gamepad: { [EV_KEY]: range(0x130, 0x13e), [EV_ABS]: [0, 1, 2, 3, 4, 5, 16, 17] },
  keyboard: { [EV_KEY]: range(1, 127) },
  mouse: { [EV_KEY]: [0x110, 0x111, 0x112], [EV_REL]: [0, 1, 8] },
}

/**
 * A device whose objects carry `number` in their names and in their device numbers. Numbers are far above
 * those of real devices, and sysfs has no such device.
 */
export function pad(number: number, options: PadOptions = {}): Pad {
  const { name = 'Test Pad', vendor = 'f00d', product = 'ce6', version = '111', bus = '3' } = options
  const { uniq = '', phys = `test-${number}/input0`, kind = 'gamepad', hidrawMajor } = options
  const instance = number.toString(16).toUpperCase().padStart(4, '0')
  const id =
    [bus, vendor, product].map((part) => part.toUpperCase().padStart(4, '0')).join(':') + `.${instance}`
  const hid = `/devices/virtual/misc/uhid/${id}`
  const input =
    hidrawMajor === undefined ? `/devices/virtual/input/input${number}` : `${hid}/input/input${number}`
  const [event, js, mouse] = [`${input}/event${number}`, `${input}/js${number}`, `${input}/mouse${number}`]
  const hidraw = `${hid}/hidraw/hidraw${number}`
  // Minors from 256 on are the dynamic ones; 20 bits is what a minor has (linux/kdev_t.h).
  const minor = 2 * number
  const node = (devpath: string, sysname: string, nodeMinor: number): Uevent => ({
    action: 'add',
    devpath,
    properties: { SUBSYSTEM: 'input', MAJOR: '13', MINOR: String(nodeMinor), DEVNAME: `input/${sysname}` },
  })

  const inputs: Uevent[] = [
    {
      action: 'add',
      devpath: input,
      properties: {
        SUBSYSTEM: 'input',
        PRODUCT: [bus, vendor, product, version].join('/'),
        NAME: `"${name}"`,
        PHYS: `"${phys}"`,
        UNIQ: `"${uniq}"`,
        PROP: '0',
        ...capabilityKeys(CAPABILITIES[kind] ?? {}),
        MODALIAS: `input:b${four(bus)}v${four(vendor)}p${four(product)}e${four(version)}-e0,1`,
      },
    },
    ...(kind === 'gamepad' ? [node(js, `js${number}`, minor + 1)] : []),
    ...(kind === 'mouse' ? [node(mouse, `mouse${number}`, minor + 1)] : []),
    node(event, `event${number}`, minor),
  ]
  const hidProperties = { SUBSYSTEM: 'hid', HID_ID: `${four(bus)}:0000${four(vendor)}:0000${four(product)}` }
  const hidNames = { HID_NAME: name, HID_PHYS: phys, HID_UNIQ: uniq }
  const add: Uevent[] =
    hidrawMajor === undefined
      ? inputs
      : [
          { action: 'add', devpath: hid, properties: { ...hidProperties, ...hidNames } },
          ...inputs,
          {
            action: 'add',
            devpath: hidraw,
            properties: {
              SUBSYSTEM: 'hidraw',
              MAJOR: String(hidrawMajor),
              MINOR: String(number),
              DEVNAME: `hidraw${number}`,
            },
          },
          {
            action: 'bind',
            devpath: hid,
            properties: { DRIVER: 'hid-generic', ...hidProperties, ...hidNames },
          },
        ]

  return {
    name,
    input,
    event,
    js,
    hidraw,
    eventNode: `/dev/input/event${number}`,
    jsNode: `/dev/input/js${number}`,
    hidrawNode: `/dev/hidraw${number}`,
    eventNumber: `13:${minor}`,
    hidrawNumber: `${hidrawMajor ?? 0}:${number}`,
    add,
    remove: removal(add),
  }
}

/** A receiver, to which devices are paired: `one` without inputs of its own. */
export function receiver(one: Pad, driver = 'hid-generic'): Pad {
  const add = one.add
    .filter(({ properties }) => properties['SUBSYSTEM'] !== 'input')
    .map(({ properties, ...uevent }) => ({
      ...uevent,
      properties: { ...properties, ...('DRIVER' in properties && { DRIVER: driver }) },
    }))
  return { ...one, add, remove: removal(add) }
}

/** The HID device of `one` below that of the receiver. */
export function pairedTo(receiver: Pad, one: Pad): Pad {
  const [above, hid] = [receiver.add[0]?.devpath ?? '', one.add[0]?.devpath ?? '']
  return movedTo(one, hid, above + hid.slice(hid.lastIndexOf('/')))
}

/** The same device after what is at `from` was moved to `to`, with all that is below it (device_move). */
export function movedTo(one: Pad, from: string, to: string): Pad {
  const path = (devpath: string): string =>
    `${devpath}/`.startsWith(`${from}/`) ? to + devpath.slice(from.length) : devpath
  const moved = (uevents: Uevent[]): Uevent[] =>
    uevents.map((uevent) => ({ ...uevent, devpath: path(uevent.devpath) }))
  const { input, event, js, hidraw } = one
  return {
    ...one,
    ...{ input: path(input), event: path(event), js: path(js), hidraw: path(hidraw) },
    add: moved(one.add),
    remove: moved(one.remove),
  }
}

/** What the kernel says when the device at `devpath` was moved to where `after` has it; what is below it says nothing. */
export function moveUevent(before: Pad, after: Pad, devpath = before.add[0]?.devpath): Uevent {
  // A HID device that is bound says so, too.
  const index = before.add.findLastIndex((uevent) => uevent.devpath === devpath)
  const [from, to] = [before.add[index], after.add[index]]
  if (from === undefined || to === undefined)
    throw new Error(`${before.name} has nothing at ${devpath ?? ''}`)
  const { SUBSYSTEM = '', ...properties } = from.properties
  return {
    action: 'move',
    devpath: to.devpath,
    properties: { SUBSYSTEM, DEVPATH_OLD: from.devpath, ...properties },
  }
}

/** The kernel's order of an unplug: js, event, inputN, hidraw, the driver's unbind, HID. */
function removal(add: Uevent[]): Uevent[] {
  const isInput = ({ devpath }: Uevent) => /input\d+$/.test(devpath)
  const of = (subsystem: string) => add.filter(({ properties }) => properties['SUBSYSTEM'] === subsystem)
  const inputs = of('input')
  return [
    ...inputs.filter((uevent) => !isInput(uevent)),
    ...inputs.filter(isInput),
    ...of('hidraw'),
    ...of('hid').toReversed(),
  ].map((uevent) => ({ ...uevent, action: uevent.action === 'bind' ? 'unbind' : 'remove' }))
}

function capabilityKeys(codes: Record<number, number[]>): Record<string, string> {
  const types = [0, ...Object.keys(codes).map(Number)]
  const names: Partial<Record<number, string>> = { [EV_KEY]: 'KEY', [EV_REL]: 'REL', [EV_ABS]: 'ABS' }
  const bitmaps = Object.entries(codes).map(([type, bits]) => [names[Number(type)] ?? '', bitmap(bits)])
  return { EV: bitmap(types), ...(Object.fromEntries(bitmaps) as Record<string, string>) }
}

/**
 * A bitmap as the kernel prints it: hex longs of 64 bits, the most significant first, without leading zeros.
 */
function bitmap(bits: number[]): string {
  const words = new Array<bigint>(Math.floor(Math.max(0, ...bits) / 64) + 1).fill(0n)
  for (const bit of bits)
    words[Math.floor(bit / 64)] = (words[Math.floor(bit / 64)] ?? 0n) | (1n << BigInt(bit % 64))
  return words
    .toReversed()
    .map((word) => word.toString(16))
    .join(' ')
}

function four(hex: string): string {
  return hex.toUpperCase().padStart(4, '0')
}
