import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Circumstances } from '../../../src/service/requirements.js'
import { CAPABILITIES, describeMissing, effectiveCapabilities } from '../../../src/service/requirements.js'

const everything: Circumstances = {
  uid: 0,
  capabilities: 0x1ffffffffffn,
  uidMap: '         0          0 4294967295\n',
  missingSystemCalls: [],
}

describe('what is missing', () => {
  test('is nothing for root on a host', () => {
    expect(describeMissing(everything)).toBeUndefined()
  })

  test('is nothing for another user with the capabilities', () => {
    expect(describeMissing({ ...everything, uid: 1000 })).toBeUndefined()
  })

  test('is root, for a user without any', () => {
    expect(describeMissing({ ...everything, uid: 1000, capabilities: 0n })).toBe(
      'udev-proxy needs root: run it with sudo, or as the systemd service.',
    )
  })

  test('are the capabilities that root in a container lacks', () => {
    // The default of Docker Engine.
    expect(describeMissing({ ...everything, capabilities: 0xa80425fbn })).toBe(
      'udev-proxy lacks CAP_NET_ADMIN, CAP_SYS_PTRACE and CAP_SYS_ADMIN though it is root: run it on the host itself, or add these capabilities to the container or service that it runs in.',
    )
  })

  test('is one capability', () => {
    const mknod = 1n << BigInt(CAPABILITIES.CAP_MKNOD)
    expect(describeMissing({ ...everything, capabilities: everything.capabilities & ~mknod })).toBe(
      'udev-proxy lacks CAP_MKNOD though it is root: run it on the host itself, or add this capability to the container or service that it runs in.',
    )
  })

  test('is the host, for root of a user namespace', () => {
    expect(describeMissing({ ...everything, uidMap: '         0     100000      65536\n' })).toBe(
      'udev-proxy runs in a user namespace, where root can make no device nodes: run it as root of the host itself.',
    )
  })

  test('are the system calls of an old kernel', () => {
    expect(describeMissing({ ...everything, missingSystemCalls: ['mount_setattr'] })).toBe(
      "mount_setattr can't be called here: udev-proxy needs Linux 5.12 or newer, and no seccomp filter that denies its system calls.",
    )
  })
})

describe('the effective capabilities', () => {
  test('are read from /proc/PID/status', () => {
    const status =
      'Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t00000000a80425fb\nCapBnd:\t000001ffffffffff\n'
    expect(effectiveCapabilities(status)).toBe(0xa80425fbn)
  })

  test('are none when the kernel says nothing', () => {
    expect(effectiveCapabilities('Name:\tnode\n')).toBe(0n)
  })

  test('are found in this process', () => {
    expect(effectiveCapabilities(readFileSync('/proc/self/status', 'utf8')) > 0n).toBe(
      process.geteuid?.() === 0,
    )
  })
})

test('the systemd service may have exactly the capabilities that are required', () => {
  const service = readFileSync(new URL('../../../systemd/udev-proxy.service', import.meta.url), 'utf8')
  const bounds = [...service.matchAll(/^CapabilityBoundingSet=(.*)$/gm)].flatMap(
    ([, names]) => names?.split(' ') ?? [],
  )
  expect(bounds.sort()).toEqual(Object.keys(CAPABILITIES).sort())
})
