// A sysfs of the test's own, in a temporary directory.
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Device, Surroundings } from '../../src/kernel/index.js'
import {
  deviceFrom,
  handledUnit,
  hidFacts,
  inputFacts,
  readCapabilities,
  readProperties,
} from '../../src/kernel/index.js'

export interface TreeDevice {
  subsystem?: string
  driver?: string
  /** The lines of its uevent file. */
  uevent?: string[]
  attributes?: Readonly<Record<string, string | Buffer>>
}

export class SysfsTree {
  readonly root = mkdtempSync(join(tmpdir(), 'udev-proxy-sysfs-'))
  private readonly added: string[] = []

  /** Adds a device, or replaces it; directories between devices are no devices. */
  add(devpath: string, { subsystem, driver, uevent = [], attributes = {} }: TreeDevice): void {
    this.added.push(devpath)
    const lines = driver === undefined ? uevent : [`DRIVER=${driver}`, ...uevent]
    this.write(`${devpath}/uevent`, lines.map((line) => `${line}\n`).join(''))
    for (const [name, value] of Object.entries(attributes)) {
      this.write(`${devpath}/${name}`, typeof value === 'string' ? `${value}\n` : value)
    }
    if (subsystem !== undefined) this.link(devpath, 'subsystem', `class/${subsystem}`)
    if (driver !== undefined) this.link(devpath, 'driver', `bus/${subsystem ?? 'none'}/drivers/${driver}`)
  }

  has(devpath: string): boolean {
    return existsSync(join(this.root, devpath))
  }

  write(path: string, content: string | Buffer): void {
    const file = join(this.root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }

  /** The device as an enumeration finds it. */
  device(devpath: string): Device {
    const device = this.find(devpath)
    if (device === undefined) throw new Error(`the test has no device ${devpath}`)
    return device
  }

  /** As `device`; undefined for what an enumeration would pass over. */
  find(devpath: string): Device | undefined {
    const properties = readProperties(devpath, this.root)
    return properties && deviceFrom({ properties, seqnum: 100, at: 100_000 }, this.surroundings())
  }

  /** Devices that were added and are handled, in that order. */
  devpaths(): string[] {
    return this.added.filter((devpath) => {
      const subsystem = readProperties(devpath, this.root)?.get('SUBSYSTEM')
      return subsystem !== undefined && handledUnit(subsystem, devpath) !== undefined
    })
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  private link(devpath: string, name: string, target: string): void {
    mkdirSync(join(this.root, target), { recursive: true })
    rmSync(join(this.root, devpath, name), { force: true })
    const up = '../'.repeat(devpath.split('/').length - 1)
    symlinkSync(up + target, join(this.root, devpath, name))
  }

  private surroundings(): Surroundings {
    const capabilities = (devpath: string) => readCapabilities(devpath, this.root)
    return {
      capabilities,
      facts: (devpath) => {
        const properties = readProperties(devpath, this.root)
        if (properties?.get('SUBSYSTEM') !== 'input') return properties && hidFacts(properties)
        const known = capabilities(devpath)
        return { ...inputFacts(properties), ...(known && { capabilities: known }) }
      },
    }
  }
}
