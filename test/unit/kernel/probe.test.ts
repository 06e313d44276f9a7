import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PROBE_TIME, probeTimeLeft } from '../../../src/kernel/index.js'
import { SysfsTree } from '../sysfs-tree.js'
import { childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'

const NOW = Date.parse('2026-03-04T05:06:07Z')
const hid = hidDevice()
const input = inputDevice({ hid: hid.devpath })
const event = childDevice(input, 'event4711', 71)
const hidraw = hidrawDevice(hid)
let tree: SysfsTree

beforeAll(() => {
  tree = new SysfsTree()
  for (const { devpath, subsystem } of [hid, input, event]) tree.add(devpath, { subsystem })
})
afterAll(() => tree.remove())

const aged = (devpath: string, age: number) => {
  const at = (NOW - age) / 1000
  utimesSync(join(tree.root, devpath), at, at)
}
const left = (...devices: (typeof hid)[]) => probeTimeLeft(devices, NOW, tree.root)

it('is left of a probe as what it has made is younger', () => {
  aged(hid.devpath, 60_000)
  aged(input.devpath, 500)
  aged(event.devpath, 300)
  expect(left(hid, input, event)).toBe(PROBE_TIME - 500)
  aged(event.devpath, 5000)
  expect(left(hid, input, event)).toBe(0)
})

it('is left in full where nothing is known to have been made, or only in the future', () => {
  expect(left(hid)).toBe(PROBE_TIME)
  expect(left(hid, hidraw)).toBe(PROBE_TIME)
  aged(input.devpath, -60_000)
  expect(left(input)).toBe(PROBE_TIME)
})
