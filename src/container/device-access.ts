// Whether a container may open a device: what its device cgroup says, as far as it can be known.
import { readFileSync } from 'node:fs'
import { isSystemError } from '../errors.js'
import type { DeviceNode } from '../kernel/index.js'
import type { Container } from './engine.js'
import { ruleOption } from './refusal.js'

const DEVICES_HIERARCHY = '/sys/fs/cgroup/devices'

/** The lines of a devices.list of cgroup v1, or of --device-cgroup-rule: `c 13:* rw`, `a *:* rwm`, `a`. */
const RULE = /^([abc])(?:\s+(\d+|\*):(\d+|\*)(?:\s+([rwm]+))?)?$/

/**
 * Why the container can't open the node (`can't open event7 (13:71): …`, and what to change); undefined when it can, or when nobody knows. cgroup v1 tells it
 * itself. The programs of v2 tell nothing: there it is how the container was created, which an engine without root (in a user's slice) does not enforce.
 */
export function openRefusal(container: Container, node: DeviceNode): string | undefined {
  const { running, hostConfig } = container
  if (running === undefined) return undefined
  const cgroup = readIfAny(`/proc/${running.pid}/cgroup`)
  if (cgroup === undefined) return undefined
  const list = readIfAny(devicesListOf(cgroup))
  if (list !== undefined) return allows(list.split('\n'), node) ? undefined : refusalText(node)
  if (hostConfig === undefined || hostConfig.privileged || /^\d+:[^:]*:\/user\.slice\//m.test(cgroup))
    return undefined
  const isGiven = hostConfig.devices.some((path) => `/dev/${node.name}/`.startsWith(`${path}/`))
  return isGiven || allows(hostConfig.deviceCgroupRules, node) ? undefined : refusalText(node)
}

/** Whether these rules together let a process read and write the device. */
export function allows(rules: readonly string[], { major, minor }: DeviceNode): boolean {
  const allowed = rules.flatMap((rule) => {
    const [, type = '', ofMajor = '*', ofMinor = '*', access = 'rwm'] = RULE.exec(rule.trim()) ?? []
    const holds =
      (type === 'a' || type === 'c') &&
      (ofMajor === '*' || Number(ofMajor) === major) &&
      (ofMinor === '*' || Number(ofMinor) === minor)
    return holds ? [access] : []
  })
  return ['r', 'w'].every((letter) => allowed.join('').includes(letter))
}

/** The list of the group that /proc/PID/cgroup names for the controller `devices`; undefined under cgroup v2. */
function devicesListOf(cgroup: string): string | undefined {
  for (const line of cgroup.split('\n')) {
    const [, controllers = '', ...path] = line.split(':')
    if (controllers.split(',').includes('devices'))
      return `${DEVICES_HIERARCHY}${path.join(':')}/devices.list`
  }
  return undefined
}

function refusalText({ name, major, minor }: DeviceNode): string {
  const title = name.slice(name.lastIndexOf('/') + 1)
  return `can't open ${title} (${major}:${minor}): its device cgroup does not allow it; create it with ${ruleOption(major)}`
}

function readIfAny(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}
