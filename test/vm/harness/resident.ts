// Devices that the machine itself has: they are unplugged and plugged by taking them from their driver and giving them back.
import { readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { devicesBelow } from './sysfs-devices.js'

export interface Resident {
  title: string
  /** devpath of what its driver drives; the inputs are below it. */
  devpath: string
  plug(): void
  unplug(): void
}

/** The keyboard and the mouse of the i8042, the buttons of ACPI, and the input devices of QEMU on USB and virtio. */
export function residents(): Resident[] {
  return [...onSerio(), ...onBus('virtio', 'virtio_input'), ...onBus('acpi', 'button'), ...onUsb()]
}

function onSerio(): Resident[] {
  return boundTo('serio', ['atkbd', 'psmouse']).map(({ path, driver }) => {
    const control = (word: string) => (): void => {
      writeFileSync(join(path, 'drvctl'), word)
    }
    return resident(path, driver, control(driver), control('none'))
  })
}

function onBus(bus: string, name: string): Resident[] {
  return boundTo(bus, [name]).map(({ path, driver }) => {
    const control = (file: string) => (): void => {
      writeFileSync(join('/sys/bus', bus, 'drivers', driver, file), basename(path))
    }
    return resident(path, driver, control('bind'), control('unbind'))
  })
}

/** bDeviceClass of a hub: QEMU puts one in front of the last port. */
const HUB = '09'

/** A USB device without authorization has no interfaces. */
function onUsb(): Resident[] {
  return linksIn('/sys/bus/usb/devices')
    .filter((path) => textOf(join(path, 'manufacturer')) === 'QEMU')
    .filter((path) => textOf(join(path, 'bDeviceClass')) !== HUB)
    .map((path) => {
      const authorize = (answer: string) => (): void => {
        writeFileSync(join(path, 'authorized'), answer)
      }
      return resident(path, 'usb', authorize('1'), authorize('0'))
    })
}

function resident(path: string, driver: string, plug: () => void, unplug: () => void): Resident {
  const devpath = path.slice('/sys'.length)
  const title = `${nameBelow(devpath) ?? basename(path)} (${driver} ${basename(path)})`
  return { title, devpath, plug, unplug }
}

function boundTo(bus: string, drivers: readonly string[]): { path: string; driver: string }[] {
  return linksIn(`/sys/bus/${bus}/devices`).flatMap((path) => {
    const driver = driverOf(path)
    return driver !== undefined && drivers.includes(driver) ? [{ path, driver }] : []
  })
}

function driverOf(path: string): string | undefined {
  try {
    return basename(readlinkSync(join(path, 'driver')))
  } catch {
    return undefined
  }
}

function linksIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => realpathSync(join(directory, name)))
  } catch {
    return []
  }
}

/** The name of the first input at or below. */
function nameBelow(devpath: string): string | undefined {
  const input = devicesBelow(devpath).find(({ sysname }) => sysname.startsWith('input'))
  return input && textOf(`/sys${input.devpath}/name`)
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
