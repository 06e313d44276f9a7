// Everything that is plugged to be compared.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UinputSpec } from '../../../src/demo/lab.js'
import { lab } from '../../../src/demo/lab.js'
import { BTN, BUS } from '../../devices/codes.js'
import { parseEvemu } from '../../devices/evemu.js'
import { FLEET } from '../../devices/fleet.js'
import { DUALSENSE_HID, DUALSHOCK4_HID, SWITCH_PRO_HID } from '../../devices/hid-pads.js'
import { PLAIN_HID } from '../../devices/hid-plain.js'
import type { HidSpec } from '../../devices/hid-spec.js'
import type { UsbSpec } from '../../devices/usb.js'
import { USB_DEVICES } from '../../devices/usb.js'
import { plugUsb } from '../harness/gadget.js'
import type { Resident } from '../harness/resident.js'
import { plugHid } from '../harness/uhid.js'

/** How it was made. */
export type Kind = 'recording' | 'uinput' | 'uhid' | 'USB gadget' | "machine's own"

export interface Specimen {
  kind: Kind
  title: string
  plug(): Promise<Plugged>
}

export interface Plugged {
  /** The devpath at or below which all its devices are. */
  root: string
  unplug(): void
}

/** The device that a rule of the suite's own keeps from the host's programs. */
export const KEPT: UinputSpec = {
  name: 'Pad kept from the host',
  bus: BUS.usb,
  vendor: 0x1209,
  product: 0x5d01,
  version: 1,
  keys: [BTN.south, BTN.east],
}

/** One for each recording in the folder; a recording that can't be read is an error that names it. */
export function recordings(folder: string): Specimen[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.evemu'),
  )
  return files.toSorted().map((file) => {
    const title = file.replace(/\.evemu$/, '')
    try {
      return ofUinput('recording', title, parseEvemu(readFileSync(join(folder, file), 'utf8')))
    } catch (error) {
      throw new Error(`${join(folder, file)} is no recording of evemu 1.x: ${String(error)}`, {
        cause: error,
      })
    }
  })
}

/** All of the repo's own. */
export function ownSpecimens(residents: readonly Resident[]): Specimen[] {
  return [
    ...[...FLEET, KEPT].map((spec) => ofUinput('uinput', spec.name, spec)),
    ...[DUALSENSE_HID, DUALSHOCK4_HID, SWITCH_PRO_HID, ...PLAIN_HID].map(ofUhid),
    ...USB_DEVICES.map(ofUsb),
    ...residents.map(ofResident),
  ]
}

function ofUinput(kind: Kind, title: string, spec: UinputSpec): Specimen {
  const plug = (): Plugged => {
    const device = lab.createUinput(spec)
    return {
      root: `/devices/virtual/input/${device.sysname}`,
      unplug: () => {
        device.destroy()
      },
    }
  }
  return { kind, title, plug: () => Promise.resolve(plug()) }
}

function ofUhid(spec: HidSpec): Specimen {
  const plug = async (): Promise<Plugged> => {
    const device = await plugHid(spec)
    return {
      root: device.hid,
      unplug: () => {
        device.unplug()
      },
    }
  }
  return { kind: 'uhid', title: spec.name, plug }
}

function ofUsb(spec: UsbSpec, controller: number): Specimen {
  const plug = async (): Promise<Plugged> => {
    const device = await plugUsb(spec, controller)
    return {
      root: device.devpath,
      unplug: () => {
        device.unplug()
      },
    }
  }
  const hex = (id: number): string => id.toString(16).padStart(4, '0')
  return {
    kind: 'USB gadget',
    title: spec.productName ?? `${hex(spec.vendor)}:${hex(spec.product)} without strings`,
    plug,
  }
}

function ofResident(resident: Resident): Specimen {
  const plug = (): Plugged => {
    resident.plug()
    return {
      root: resident.devpath,
      unplug: () => {
        resident.unplug()
      },
    }
  }
  return { kind: "machine's own", title: resident.title, plug: () => Promise.resolve(plug()) }
}
