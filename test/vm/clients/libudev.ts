// Clients that are the tests' own program on some libudev of Debian's, and udevadm.
import { BTN_SOUTH } from '../harness/uinput.js'
import type { Client, Devices, Sign } from './client.js'
import { LOOKS_ONCE, TELLS_ONLY } from './reasons.js'
import type { Suite } from './suites.js'
import { onSuite, OWN_SUITE } from './suites.js'

const PROGRAM = '/clients/libudev-client'

const hears =
  (action: string) =>
  ({ pad }: Devices) =>
    new RegExp(`"action":"${action}","devpath":"${pad.devpath}/${pad.event}"`)

const reads = ({ pad }: Devices) =>
  new RegExp(`"devnode":"/dev/input/${pad.event}","type":1,"code":${BTN_SOUTH},"value":1,`)

/** The pad with its node; --brief, since this lists every device of the machine. */
const listsNode = ({ pad }: Devices) =>
  new RegExp(`"action":null,"devpath":"${pad.devpath}/${pad.event}".*"node":\\{"exists":true\\}`)

/** The pad with its node, and with what only its record says. */
const lists = ({ pad }: Devices) =>
  new RegExp(`"action":null,"devpath":"${pad.devpath}/${pad.event}".*"open_errno":0.*"ID_INPUT_JOYSTICK":"1"`)

function libudev(name: string, filter: string, suite: Suite = OWN_SUITE, program = PROGRAM): Client {
  return {
    name,
    room: 'clients',
    suite,
    package: 'libudev1',
    waits: { command: `${program} --read ${filter}`, ready: /"ready":true/ },
    finds: () => `${program} --enumerate ${filter}`,
    plug: hears('add'),
    input: reads,
    unplug: hears('remove'),
    enumerate: lists,
  }
}

function udevadm(name: string): Pick<Client, 'name' | 'room' | 'suite' | 'package'> {
  return { name, room: 'clients', suite: OWN_SUITE, package: 'udev' }
}

const NO_PROPERTY_FILTER: Sign = { not: 'udev_monitor has no filter for properties, udev_enumerate has.' }
const NO_DEVTYPE: Sign = {
  not: 'No input or hidraw device has a devtype. The suite checks that this monitor hears nothing, as it would of udevd.',
}

/** Hears of nothing: its filter asks for a devtype. */
export const DEVTYPE_FILTER: Client = {
  ...libudev('libudev, filter for a devtype', '--subsystem input/none'),
  finds: undefined,
  plug: NO_DEVTYPE,
  input: NO_DEVTYPE,
  unplug: NO_DEVTYPE,
  enumerate: NO_DEVTYPE,
}

export const LIBUDEV_CLIENTS: readonly Client[] = [
  {
    ...libudev('libudev', ''),
    finds: () => `${PROGRAM} --enumerate --brief`,
    enumerate: listsNode,
  },
  libudev('libudev, filter for a subsystem', '--subsystem input'),
  DEVTYPE_FILTER,
  libudev('libudev, filter for a tag', '--tag uaccess'),
  {
    ...libudev('libudev, filter for a property', '--property ID_INPUT_JOYSTICK=1'),
    waits: undefined,
    plug: NO_PROPERTY_FILTER,
    input: NO_PROPERTY_FILTER,
    unplug: NO_PROPERTY_FILTER,
  },
  // The program wants a newer libc than bullseye's.
  libudev(
    'libudev of Debian 11',
    '--subsystem input',
    'bullseye',
    `LD_PRELOAD=/trees/bullseye/tree/usr/lib/x86_64-linux-gnu/libudev.so.1 ${PROGRAM}`,
  ),
  libudev('libudev of Debian 13', '--subsystem input', 'trixie', onSuite('trixie', PROGRAM)),
  libudev('libudev of Debian unstable', '--subsystem input', 'sid', onSuite('sid', PROGRAM)),
  {
    ...udevadm('udevadm monitor'),
    waits: { command: 'udevadm monitor --udev', ready: /^UDEV - the event/ },
    plug: ({ pad }) => new RegExp(`^UDEV .* add +${pad.devpath}/${pad.event} \\(input\\)$`),
    input: TELLS_ONLY,
    unplug: ({ pad }) => new RegExp(`^UDEV .* remove +${pad.devpath}/${pad.event} \\(input\\)$`),
    enumerate: { not: 'It tells what happens, not what is there.' },
  },
  {
    ...udevadm('udevadm info'),
    finds: ({ pad }) => `udevadm info --query=property --name=input/${pad.event}`,
    plug: LOOKS_ONCE,
    input: TELLS_ONLY,
    unplug: LOOKS_ONCE,
    enumerate: () => /^ID_INPUT_JOYSTICK=1$/,
  },
  {
    ...udevadm('udevadm trigger --dry-run'),
    finds: () =>
      'udevadm trigger --dry-run --verbose --subsystem-match=input --property-match=ID_INPUT_JOYSTICK=1',
    plug: LOOKS_ONCE,
    input: TELLS_ONLY,
    unplug: LOOKS_ONCE,
    enumerate: ({ pad }) => new RegExp(`^/sys${pad.devpath}/${pad.event}$`),
  },
]
