// Why a container can't be served as it was made, and what to change: the words, from what its engine says of it.
import type { HostConfig } from './engine.js'

/** Major of the kernel's input devices. */
const INPUT = 13
const ENTRIES_SHOWN = 3

/** Why nothing can be mounted over the directory `target`, in which the container has these entries of its own. */
export function occupiedReason(
  target: string,
  entries: readonly string[],
  hostConfig: HostConfig | undefined,
): string {
  const shown = entries.slice(0, ENTRIES_SHOWN)
  const names = [...shown, ...(entries.length > shown.length ? ['…'] : [])].join(', ')
  const has = `it has something of its own in ${target} (${names})`
  if (hostConfig === undefined) return `${has}; run it without that --device or -v`
  const isDevice = target.startsWith('/dev/')
  const volume = hostConfig.binds.find((path) => isAtOrBelow(path, target))
  if (volume !== undefined) {
    return `${has}, by a volume at ${volume}; create it without that -v (compose: volumes)`
  }
  const devices = hostConfig.devices.filter((path) => isAtOrBelow(path, target))
  if (devices.length > 0) {
    const options = devices.slice(0, ENTRIES_SHOWN).map((path) => `--device ${path}`)
    return `${has}, by ${options.join(' ')}; create it without (compose: devices), as what a route gives it appears by itself, and with ${ruleOption(INPUT)}`
  }
  if (isDevice && hostConfig.privileged) {
    return `it is privileged, so that its /dev has the host's nodes (${names} in ${target}), every keyboard among them; create it without --privileged (compose: privileged), and with ${ruleOption(INPUT)}, and with --cap-add for what else it needs`
  }
  const makes = isDevice ? 'makes nodes' : 'writes there'
  return `${has}, which something inside has made since it started; take out of its entrypoint what ${makes}, for udev-proxy does it, and restart it`
}

/** How a container is created that may open devices of this major. */
export function ruleOption(major: number): string {
  return `--device-cgroup-rule='c ${major}:* rw' (compose: device_cgroup_rules: ['c ${major}:* rw'])`
}

function isAtOrBelow(path: string, directory: string): boolean {
  return `${path}/`.startsWith(`${directory}/`)
}
