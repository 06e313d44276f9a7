// A sysfs for devices that no driver made: a tmpfs over /sys, in the mount namespace of the test run alone.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { output } from '../../integration/harness/command.js'
import type { Pad, Uevent } from '../../integration/harness/pad.js'

/** What is still needed of the machine's own: cgroups for Docker, the SEQNUM of the last uevent for the daemon. */
const KEPT = ['fs', 'kernel', 'module', 'devices/system']

/** Hides /sys behind a sysfs without devices. Throws in the mount namespace of the machine. */
export async function mountSysfs(): Promise<void> {
  if (mountNamespaceOf('self') === mountNamespaceOf('1'))
    throw new Error(
      'these tests hide /sys: run them in a mount namespace of their own (npm run test:torture)',
    )
  const script = `
    set -e
    mount --make-rprivate /
    new=$(mktemp -d)
    mount -t tmpfs -o mode=755 tmpfs "$new"
    for kept in ${KEPT.join(' ')}; do
      [ -d "/sys/$kept" ] || continue
      mkdir -p "$new/$kept"
      mount --rbind "/sys/$kept" "$new/$kept"
    done
    mkdir -p "$new/class/input" "$new/class/hidraw" "$new/bus/hid/devices" "$new/bus/hid/drivers/hid-generic"
    mount --move "$new" /sys
    rmdir "$new"`
  await output('sh', ['-c', script])
}

/** Undefined when even root may not look, as a sandbox can have it. */
function mountNamespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    return undefined
  }
}

/** Writes a device as its driver would have made it: before its uevents are sent. */
export function plugInSysfs(pad: Pad): void {
  for (const { action, devpath, properties } of pad.add) {
    if (action === 'bind') {
      writeFileSync(join('/sys', devpath, 'uevent'), ueventFile(properties))
      link(`/sys${devpath}/driver`, `/sys/bus/hid/drivers/${properties['DRIVER'] ?? ''}`)
    } else addDevice(devpath, properties)
  }
}

/** Removes a device, before its uevents are sent: the kernel takes the links away first, and the directory right after the uevent (device_del). */
export function unplugInSysfs(pad: Pad): void {
  const top = pad.add[0]?.devpath ?? pad.input
  for (const uevent of pad.add) rmSync(listing(uevent), { force: true })
  rmSync(join('/sys', top), { recursive: true, force: true })
  removeEmpty(dirname(join('/sys', top)))
}

/** What is plugged, by sysname. */
export function pluggedInSysfs(): string[] {
  return ['class/input', 'class/hidraw', 'bus/hid/devices'].flatMap((path) => readdirSync(join('/sys', path)))
}

function addDevice(devpath: string, properties: Uevent['properties']): void {
  const directory = join('/sys', devpath)
  mkdirSync(directory, { recursive: true })
  const { SUBSYSTEM: subsystem = '' } = properties
  writeFileSync(join(directory, 'uevent'), ueventFile(properties))
  link(join(directory, 'subsystem'), subsystem === 'hid' ? '/sys/bus/hid' : `/sys/class/${subsystem}`)
  for (const [attribute, value] of Object.entries(attributesOf(properties))) {
    mkdirSync(dirname(join(directory, attribute)), { recursive: true })
    writeFileSync(join(directory, attribute), `${value}\n`)
  }
  link(listing({ devpath, properties }), directory)
}

/** Where a subsystem lists the device. */
function listing({ devpath, properties }: Pick<Uevent, 'devpath' | 'properties'>): string {
  const { SUBSYSTEM: subsystem = '' } = properties
  return join('/sys', subsystem === 'hid' ? 'bus/hid/devices' : `class/${subsystem}`, basename(devpath))
}

function ueventFile(properties: Uevent['properties']): string {
  return Object.entries(properties)
    .filter(([key]) => key !== 'SUBSYSTEM')
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

/** The attribute files of drivers/input/input.c that udev's rules read; of a node its number. */
function attributesOf(properties: Uevent['properties']): Record<string, string> {
  const { MAJOR, MINOR, PRODUCT, NAME, PHYS, UNIQ, EV, KEY, ABS, REL } = properties
  if (MAJOR !== undefined && MINOR !== undefined) return { dev: `${MAJOR}:${MINOR}` }
  if (PRODUCT === undefined) return {}
  const [bustype, vendor, product, version] = PRODUCT.split('/').map((id) => id.padStart(4, '0'))
  const unquoted = (value = '') => value.replaceAll('"', '')
  return {
    ...{ name: unquoted(NAME), phys: unquoted(PHYS), uniq: unquoted(UNIQ), properties: '0' },
    ...{ 'id/bustype': bustype ?? '', 'id/vendor': vendor ?? '' },
    ...{ 'id/product': product ?? '', 'id/version': version ?? '' },
    ...{ 'capabilities/ev': EV ?? '0', 'capabilities/key': KEY ?? '0', 'capabilities/abs': ABS ?? '0' },
    ...{ 'capabilities/rel': REL ?? '0', 'capabilities/sw': '0' },
  }
}

/** Links are absolute: whoever has the tree has it at /sys. */
function link(path: string, target: string): void {
  rmSync(path, { force: true })
  symlinkSync(target, path)
}

function removeEmpty(directory: string): void {
  if (directory === '/sys/devices' || !existsSync(directory) || readdirSync(directory).length > 0) return
  rmdirSync(directory)
  removeEmpty(dirname(directory))
}
