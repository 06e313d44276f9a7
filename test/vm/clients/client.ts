// What a client is to the table: how it is started, and how it says that it has noticed something.
import type { HidPad } from '../harness/uhid.js'
import type { InputDevice } from '../harness/uinput.js'
import type { Suite } from './suites.js'

/** The containers that the clients run in; each gets devices of its own, whose names begin with its name. */
export const ROOMS = ['clients', 'sandbox'] as const
export type Room = (typeof ROOMS)[number]

/** What is plugged for one container. */
export interface Devices {
  pad: InputDevice
  padName: string
  mouse: InputDevice
  hid: HidPad
}

export const PHASES = ['plug', 'input', 'unplug', 'enumerate'] as const
export type Phase = (typeof PHASES)[number]

/** What a client says when it has noticed something, or why there is nothing that it could notice. */
export type Sign = ((devices: Devices) => RegExp) | { not: string }

/** A client, with its sign for each phase. */
export interface Client extends Record<Phase, Sign> {
  name: string
  room: Room
  /** The Debian suite and the package that make it what it is. */
  suite: Suite
  package: string
  /** Started before the devices are plugged. */
  waits?: Start | undefined
  /** Started on devices that are plugged; it sees what becomes of them. */
  opens?: ((devices: Devices) => Start) | undefined
  /** Shell command that is to find the devices that are plugged. */
  finds?: ((devices: Devices) => string) | undefined
}

export interface Start {
  /** Shell command. */
  command: string
  /** What it says when it has got so far that it misses nothing. */
  ready: RegExp
}
