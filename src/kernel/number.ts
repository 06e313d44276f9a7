// Numbers as the kernel writes them, and which of them nodes can have.
import { existsSync, readFileSync, readlinkSync } from 'node:fs'

/** 12 and 20 bits (linux/kdev_t.h). */
const MAX_MAJOR = 0xfff
const MAX_MINOR = 0xfffff
/** linux/major.h */
const INPUT_MAJOR = 13

export interface DeviceNumber {
  major: number
  minor: number
}

/** The number that `text` is in plain decimal, as printf's %u writes it: no sign, no exponent, no leading zero. */
export function decimal(text: string | undefined, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text === undefined || !/^(?:0|[1-9]\d{0,15})$/.test(text)) return undefined
  const number = Number(text)
  return number <= most ? number : undefined
}

/** MAJOR and MINOR in a uevent, of `subsystem` if that is given; undefined where they are none that a node of it can have. */
export function numberOf(
  properties: ReadonlyMap<string, string>,
  subsystem?: string,
): DeviceNumber | undefined {
  const major = decimal(properties.get('MAJOR'), MAX_MAJOR)
  const minor = decimal(properties.get('MINOR'), MAX_MINOR)
  if (major === undefined || minor === undefined) return undefined
  return subsystem === 'input' && major !== INPUT_MAJOR ? undefined : { major, minor }
}

export interface NodeNumbersOptions {
  sysfs?: string
  /** /proc/devices, or a file like it. */
  devices?: string
}

/** Which node has which number on this machine. */
export class NodeNumbers {
  private readonly sysfs: string
  private readonly devices: string
  private hidrawMajor: number | undefined

  constructor({ sysfs = '/sys', devices = '/proc/devices' }: NodeNumbersOptions = {}) {
    this.sysfs = sysfs
    this.devices = devices
  }

  /** Whether a node of `subsystem` can have this major. hidraw's is given to it when it is loaded (alloc_chrdev_region). */
  isMajorOf(subsystem: string, major: number): boolean {
    if (subsystem !== 'hidraw') return true
    if (this.hidrawMajor !== major) this.hidrawMajor = this.readHidrawMajor()
    return this.hidrawMajor === undefined || this.hidrawMajor === major
  }

  /** The devpath of the device that has the number now; undefined where sysfs knows none. */
  holderOf({ major, minor }: DeviceNumber): string | undefined {
    const path = `${this.sysfs}/dev/char/${major}:${minor}`
    // Asked first: an exception costs more than both.
    if (!existsSync(path)) return undefined
    try {
      return readlinkSync(path).replace(/^(?:\.\.\/)+/, '/')
    } catch {
      return undefined
    }
  }

  /** Whether sysfs has the device, with a number. */
  isHolder(devpath: string): boolean {
    return existsSync(`${this.sysfs}${devpath}/dev`)
  }

  private readHidrawMajor(): number | undefined {
    try {
      return decimal(/^ *(\d+) hidraw$/m.exec(readFileSync(this.devices, 'utf8'))?.[1])
    } catch {
      return undefined
    }
  }
}
