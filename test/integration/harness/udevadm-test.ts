// What this machine's own udev says of devices in a sysfs of the test's: `udevadm test`, where that sysfs is mounted as /sys.
import { execFileSync } from 'node:child_process'
import { ENVIRONMENT, output } from './command.js'

export interface Verdict {
  /** In the order of the message. */
  properties: [string, string][]
  /** The database's file; undefined when there is none, and from 257 on, which no longer writes it. */
  record: string | undefined
}

/**
 * Arguments: the sysfs, and devpaths. Nothing of the machine's /dev and /run is seen or touched. libudev is told to take what is no sysfs for one; the
 * programs that rules import from don't inherit that, so they are told by a wrapper.
 */
const SCRIPT = `
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /dev
mknod /dev/null c 1 3
mkdir /run/programs /run/wrappers
for program in fido_id libinput-device-group; do
  cp "/usr/lib/udev/$program" /run/programs
  printf '#!/bin/sh\nSYSTEMD_DEVICE_VERIFY_SYSFS=0 exec /run/programs/%s "\${1-/sys$DEVPATH}"\n' $program >/run/wrappers/$program
  chmod +x /run/wrappers/$program
  mount --bind /run/wrappers/$program "/usr/lib/udev/$program"
done
mount --bind "$1" /sys
shift
export SYSTEMD_DEVICE_VERIFY_SYSFS=0
for devpath; do
  echo "=== $devpath"
  udevadm test --action=add "/sys$devpath" 2>/dev/null
  for file in /run/udev/data/*; do
    if [ -e "$file" ]; then echo "--- \${file##*/}"; cat "$file"; rm "$file"; fi
  done
done
`

/** The verdicts of the rules of /usr/lib/udev/rules.d, by devpath. */
export async function udevadmTest(sysfs: string, devpaths: string[]): Promise<Map<string, Verdict>> {
  const text = await output('unshare', ['--mount', 'sh', '-ec', SCRIPT, 'sh', sysfs, ...devpaths])
  return new Map(
    text.split(/^=== /m).flatMap((part) => {
      const [told = '', record] = part.split(/^--- .*\n/m)
      // From 257 on, the properties are indented, and what is no property comes after them.
      const [devpath = '', ...lines] = told.replace(/^Tags:.*/ms, '').split('\n')
      const properties = lines.flatMap((line): [string, string][] => {
        const [, key, value] = /^ *([\w.]+)=(.*)$/s.exec(line) ?? []
        return key === undefined || value === undefined ? [] : [[key, value]]
      })
      const text = record?.trimEnd()
      return devpath === '' ? [] : [[devpath, { properties, record: text && `${text}\n` }]]
    }),
  )
}

/** The major version of this machine's udev. */
export async function udevVersion(): Promise<number> {
  return Number.parseInt(await output('udevadm', ['--version']), 10)
}

/** This machine's hardware database. */
export function queryHwdb(modalias: string): ReadonlyMap<string, string> {
  const text = execFileSync('systemd-hwdb', ['query', modalias], { env: ENVIRONMENT, encoding: 'utf8' })
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const equals = line.indexOf('=')
      return equals < 0 ? [] : [[line.slice(0, equals), line.slice(equals + 1)]]
    }),
  )
}
