// Everything that one container has of its devices, as lines that can be compared.
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isSystemError } from '../../../src/errors.js'
import type { TrackerState } from './tracker.js'

/**
 * Files of a stage: kind, mode, owner, number, and content or target. The ledger is the daemon's own; a tag's directory stays when the last device with
 * the tag goes, as it does with udevd. What the container shows for a stage after this one comes with the ledger, a moment later: see knownFiles.
 */
export function stageFiles(stage: string): string[] {
  return filesBelow(stage, '').filter((line) => !/^ledger|^udev\/(?:tags\/[^/]+ |udev-proxy)/.test(line))
}

/** Names of the devices that the container shows its clients to know. */
export function knownFiles(stage: string): string[] {
  return readdirSync(join(stage, 'udev/udev-proxy')).toSorted()
}

/** Names of the ledger's entries. */
export function ledgerEntries(stage: string): string[] {
  return readdirSync(join(stage, 'ledger')).toSorted()
}

/**
 * What a container's mount namespace has below /dev, /run and /dev/input because of the daemon: mounts, bound nodes, links of its own /dev, and
 * placeholders.
 */
export function insideOf(pid: number): string[] {
  const root = `/proc/${pid}/root`
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , , , path = '']) => /^\/dev\/(?:input|char|hidraw\d+)$|^\/run\/udev/.test(path))
    .map(([, , , source = '', path = '', options = '']) => `mount ${path} of ${source} ${options}`)
  const own = readdirSync(join(root, 'dev'))
    .filter((name) => /^hidraw|^player/.test(name))
    .map((name) => `dev/${describe(join(root, 'dev', name), name)}`)
  return [...mounts, ...own].toSorted()
}

/**
 * What its tracker believes in, and what a look at the directories shows it. Without HID devices: udevd keeps no record of them, so that who enumerates does
 * not find them initialized.
 */
export function believed({ devices, input, data }: TrackerState): string[] {
  return [
    ...devices
      .filter(({ devpath }) => !isHid(devpath))
      .map(({ devpath, devnode, rdev }) => `device ${devpath} ${devnode ?? ''} ${rdev ?? ''}`)
      .toSorted(),
    ...input.map((name) => `/dev/input/${name}`),
    ...data.map((name) => `/run/udev/data/${name}`),
  ]
}

/** Whether the devpath is of a HID device, bus:vendor:product.instance. */
export function isHid(devpath: string): boolean {
  return /:[0-9A-F]{4}\.[0-9A-F]{4}$/.test(devpath)
}

function filesBelow(root: string, directory: string): string[] {
  const path = join(root, directory)
  if (directory === 'ledger' || !existsSync(path)) return []
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => {
      const file = join(directory, name)
      const isDirectory = lstatSync(join(root, file), { throwIfNoEntry: false })?.isDirectory() === true
      return [describe(join(root, file), file), ...(isDirectory ? filesBelow(root, file) : [])]
    })
}

/** What has gone between two looks at it is said to be vanishing: it is looked at again. */
function describe(path: string, name: string): string {
  try {
    const stat = lstatSync(path)
    const { mode, uid, gid, rdev } = stat
    const is = `${name} ${mode.toString(8)} ${uid}:${gid}`
    if (stat.isSymbolicLink()) return `${name} -> ${readlinkSync(path)}`
    if (stat.isCharacterDevice()) return `${is} ${rdev}`
    // Its time is that of the attachment.
    if (stat.isFile()) return `${is} ${JSON.stringify(readFileSync(path, 'utf8').replace(/^I:.*$/m, 'I:'))}`
    return is
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return `${name} vanishes`
    throw error
  }
}
