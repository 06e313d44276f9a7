// Clients that are applications, or the libraries that applications have for input.
import { BTN_LEFT, BTN_SOUTH } from '../harness/uinput.js'
import type { Client, Devices } from './client.js'
import { LOOKS_ONCE, TELLS_ONLY } from './reasons.js'
import { onSuite, OWN_SUITE } from './suites.js'

/** For programs that write in blocks to what is no terminal. */
const BY_LINE = 'stdbuf -oL'
/** Vendor of the HID pad, which no driver of SDL wants. */
export const HID_VENDOR = 0x1209

/** A program of test/clients/debian that prints a line for each device: what happened to it, its name and node. */
function printer(name: string, library: string, command: string): Client {
  const prints =
    (what: string) =>
    ({ pad: { event } }: Devices) =>
      new RegExp(`^${what} ${event} /dev/input/${event} joystick=1$`)
  return {
    name,
    room: 'clients',
    suite: OWN_SUITE,
    package: library,
    waits: { command, ready: /^ready$/ },
    finds: () => command,
    plug: prints('add'),
    input: TELLS_ONLY,
    unplug: prints('remove'),
    enumerate: prints('found'),
  }
}

/** A game on SDL; it hears of pads that are there as it hears of new ones. */
function sdl(command: string): Omit<Client, 'name' | 'room' | 'suite' | 'package'> {
  const onDummy = `SDL_VIDEODRIVER=dummy ${command}`
  const added = ({ pad }: Devices) => new RegExp(`^added /dev/input/${pad.event}$`)
  return {
    waits: { command: onDummy, ready: /^ready$/ },
    finds: () => onDummy,
    plug: added,
    input: ({ pad }) => new RegExp(`^button a /dev/input/${pad.event}$`),
    unplug: ({ pad }) => new RegExp(`^removed /dev/input/${pad.event}$`),
    enumerate: added,
  }
}

/** A game on GLFW. */
function glfw(command: string): Omit<Client, 'name' | 'suite'> {
  const onDisplay = `DISPLAY=:0 ${command}`
  return {
    room: 'clients',
    package: 'libglfw3',
    waits: { command: onDisplay, ready: /^ready$/ },
    finds: () => onDisplay,
    plug: ({ padName }) => new RegExp(`^added ${padName}$`),
    input: ({ padName }) => new RegExp(`^button 0 of ${padName}$`),
    unplug: ({ padName }) => new RegExp(`^removed ${padName}$`),
    enumerate: ({ padName }) => new RegExp(`^found ${padName}$`),
  }
}

const SDL2 = { suite: OWN_SUITE, package: 'libsdl2-2.0-0', ...sdl('/clients/sdl2-client') } as const
const GLFW = '/clients/glfw-client'
const DEBUG_EVENTS = `${BY_LINE} libinput debug-events --udev seat0`
const RETROARCH = 'HOME=/tmp retroarch --verbose --config /clients/retroarch.cfg --menu'
/** RetroArch has taken the pad for that of the profile in test/clients/debian/autoconfig. */
const configured = ({ padName }: Devices) => new RegExp(`\\[Autoconf\\]: ${padName} configured in port \\d`)
const HIDAPI = `/clients/hidapi-client ${HID_VENDOR.toString(16)}`

export const APPLICATIONS: readonly Client[] = [
  printer('sd-device', 'libsystemd0', '/clients/sd-device-client'),
  printer('libgudev', 'libgudev-1.0-0', '/clients/gudev-client'),
  printer('pyudev', 'python3-pyudev', 'python3 /clients/pyudev-client.py'),
  { name: 'SDL2', room: 'clients', ...SDL2 },
  { name: 'SDL2 in a sandbox, by inotify', room: 'sandbox', ...SDL2 },
  {
    name: 'SDL3',
    room: 'clients',
    suite: 'trixie',
    package: 'libsdl3-0',
    ...sdl(onSuite('trixie', '/clients/sdl3-client')),
  },
  { name: 'GLFW, by inotify', suite: OWN_SUITE, ...glfw(GLFW) },
  { name: 'GLFW of Debian 13, by inotify', suite: 'trixie', ...glfw(onSuite('trixie', GLFW)) },
  {
    name: 'libinput debug-events',
    room: 'clients',
    suite: OWN_SUITE,
    package: 'libinput-tools',
    // It says so when a seat has no devices, and listens from then on.
    waits: { command: DEBUG_EVENTS, ready: /Expected device added events/ },
    finds: () => DEBUG_EVENTS,
    plug: ({ mouse }) => new RegExp(`${mouse.event} +DEVICE_ADDED .* seat0 `),
    input: ({ mouse }) => new RegExp(`${mouse.event} +POINTER_BUTTON .*BTN_LEFT \\(${BTN_LEFT}\\) pressed`),
    unplug: ({ mouse }) => new RegExp(`${mouse.event} +DEVICE_REMOVED`),
    enumerate: ({ mouse }) => new RegExp(`${mouse.event} +DEVICE_ADDED .* seat0 `),
  },
  {
    name: 'evtest',
    room: 'clients',
    suite: OWN_SUITE,
    package: 'evtest',
    opens: ({ pad }) => ({ command: `${BY_LINE} evtest /dev/input/${pad.event}`, ready: /^Testing/ }),
    finds: () => `${BY_LINE} evtest`,
    plug: LOOKS_ONCE,
    input: () => new RegExp(`code ${BTN_SOUTH} \\(BTN_SOUTH\\), value 1$`),
    unplug: () => /error reading: No such device/,
    enumerate: ({ pad, padName }) => new RegExp(`^/dev/input/${pad.event}:\\s+${padName}$`),
  },
  {
    name: 'hidapi on hidraw',
    room: 'clients',
    suite: OWN_SUITE,
    package: 'libhidapi-hidraw0',
    waits: { command: HIDAPI, ready: /^ready$/ },
    finds: () => HIDAPI,
    plug: ({ hid }) => new RegExp(`^added /dev/${hid.hidrawName} `),
    input: ({ hid }) => new RegExp(`^report /dev/${hid.hidrawName} 01$`),
    unplug: ({ hid }) => new RegExp(`^removed /dev/${hid.hidrawName}$`),
    enumerate: ({ hid }) => new RegExp(`^added /dev/${hid.hidrawName} `),
  },
  {
    name: 'RetroArch, joypad driver udev',
    room: 'clients',
    suite: OWN_SUITE,
    package: 'retroarch',
    waits: { command: RETROARCH, ready: /Found joypad driver: "udev"/ },
    finds: () => RETROARCH,
    plug: configured,
    // The button turns the sound up, in the test's configuration.
    input: () => /\[Audio\]: Audio volume: /,
    unplug: ({ padName }) => new RegExp(`\\[Autoconf\\]: ${padName} disconnected from port \\d`),
    // Its driver has found the pad in udev's database and opened it; of profiles of pads that were there before, it does not always tell.
    enumerate: ({ pad }) => new RegExp(`\\[udev\\]: Pad #\\d \\(/dev/input/${pad.event}\\)`),
  },
]
