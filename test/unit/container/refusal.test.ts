import { describe, expect, it } from 'vitest'
import type { HostConfig } from '../../../src/container/engine.js'
import { occupiedReason } from '../../../src/container/refusal.js'

const hostConfig = (given: Partial<HostConfig>): HostConfig => ({
  privileged: false,
  devices: [],
  deviceCgroupRules: [],
  binds: [],
  networkMode: '',
  readonlyRootfs: false,
  ...given,
})

describe('a container that has something of its own where its stage would be', () => {
  it.each([
    [
      '--device',
      { devices: ['/dev/hidraw3', '/dev/input/event5'] },
      "it has something of its own in /dev/input (event5), by --device /dev/input/event5; create it without (compose: devices), as what a route gives it appears by itself, and with --device-cgroup-rule='c 13:* rw' (compose: device_cgroup_rules: ['c 13:* rw'])",
    ],
    [
      '--privileged',
      { privileged: true },
      "it is privileged, so that its /dev has the host's nodes (event5 in /dev/input), every keyboard among them; create it without --privileged (compose: privileged), and with --device-cgroup-rule='c 13:* rw' (compose: device_cgroup_rules: ['c 13:* rw']), and with --cap-add for what else it needs",
    ],
    [
      'a volume, which goes before --privileged',
      { privileged: true, binds: ['/dev/input'] },
      'it has something of its own in /dev/input (event5), by a volume at /dev/input; create it without that -v (compose: volumes)',
    ],
    [
      'an entrypoint that makes nodes',
      { devices: ['/dev/dri/card0'], binds: ['/dev/inputs'] },
      'it has something of its own in /dev/input (event5), which something inside has made since it started; take out of its entrypoint what makes nodes, for udev-proxy does it, and restart it',
    ],
  ] as const)('is told that it is %s', (_, given, expected) => {
    const config = hostConfig({ ...given, devices: [...('devices' in given ? given.devices : [])] } as never)
    expect(occupiedReason('/dev/input', ['event5'], config)).toBe(expected)
  })

  it('is told no reason that nobody knows, and no more names than a line can bear', () => {
    expect(occupiedReason('/dev/input', ['a', 'b', 'c', 'd'], undefined)).toBe(
      'it has something of its own in /dev/input (a, b, c, …); run it without that --device or -v',
    )
  })

  it('is not told of --privileged for /run/udev, which that leaves empty', () => {
    expect(occupiedReason('/run/udev', ['control'], hostConfig({ privileged: true }))).toBe(
      'it has something of its own in /run/udev (control), which something inside has made since it started; take out of its entrypoint what writes there, for udev-proxy does it, and restart it',
    )
  })
})
