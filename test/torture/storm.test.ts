// More uevents than anybody makes on purpose.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Pad } from '../integration/harness/pad.js'
import { moveUevent, movedTo, pad } from '../integration/harness/pad.js'
import { hidrawMajor } from '../integration/harness/rig.js'
import type { FaultControl } from './harness/faults.js'
import type { Lane, Player } from './harness/lane.js'
import { knownFiles } from './harness/snapshot.js'
import { test } from './harness/lane.js'
import { randomFrom, seedOfRun } from './harness/random.js'
import { plugInSysfs, unplugInSysfs } from './harness/sysfs.js'

const ROUTE = '  - { name: main, match: { name: "Storm*" }, container: storm-a }'
const OVERRUN = /kernel has dropped uevents/

test('10,000 uevents in one burst: none is lost', async ({ lanes }) => {
  const { lane, player } = await prepare(lanes())
  const pads = padsFrom(24_000, 3334)
  const [add, remove] = [pads.flatMap((one) => one.add), pads.flatMap((one) => one.remove)]
  expect(add.length).toBeGreaterThanOrEqual(10_000)

  // All of them wait in the daemon's socket before it reads the first. What is lost stays lost: sysfs has none of these devices.
  await lane.whileStopped(async () => lane.send(add))
  const full = await player.has(pads, 60_000)
  await lane.whileStopped(async () => lane.send(remove))
  const empty = await player.has([], 60_000)

  expect(full.adds).toBe(add.length)
  expect({ adds: empty.adds, removes: empty.removes }).toEqual({ adds: add.length, removes: remove.length })
  expect(overruns(lane)).toEqual([])
})

test('what the kernel had to drop is found in sysfs', async ({ lanes }) => {
  const { lane, player } = await prepare(lanes(), { receiveBuffer: 4096 })
  const [stay, go, come] = [padsFrom(28_000, 20), padsFrom(28_100, 20), padsFrom(28_200, 20)]
  await lane.plug(...stay, ...go)
  await player.has([...stay, ...go])

  await lane.whileStopped(async () => {
    await lane.unplug(...go)
    await lane.plug(...come)
  })
  await player.has([...stay, ...come])

  await lane.daemon.says('warn', OVERRUN)
  await lane.whileStopped(async () => lane.unplug(...stay, ...come))
  await player.has([])
  expect((await player.snapshot()).stage.filter((line) => /(?:event|js|c13:|input)\d/.test(line))).toEqual([])
  await expect.poll(() => knownFiles(join(lane.stage, player.name)), { timeout: 10_000 }).toEqual([])
})

test('another device with the same numbers is told apart when its events were dropped', async ({ lanes }) => {
  const { lane, player } = await prepare(lanes(), { receiveBuffer: 4096 })
  const noise = padsFrom(28_400, 30)
  const first = pad(28_300, { name: 'Storm one' })
  const second = pad(28_300, { name: 'Storm two', product: 'ce7' })
  await lane.plug(first)
  const before = await player.has([first])

  await lane.whileStopped(async () => {
    await lane.plug(...noise)
    await lane.unplug(first)
    await lane.plug(second)
    await lane.unplug(...noise)
  })
  await player.has([second])

  await lane.daemon.says('warn', OVERRUN)
  await player.quiet()
  const after = await player.state()
  expect(after.adds - before.adds).toBe(after.removes - before.removes)
  expect(after.adds).toBeGreaterThanOrEqual(before.adds + 3)
})

test('plugged and unplugged 1,000 times as fast as possible: announcements are paired', async ({ lanes }) => {
  const { lane, player } = await prepare(lanes())
  const device = pad(28_500, { name: 'Storm', hidrawMajor: hidrawMajor() })
  await lane.plug(device)
  await player.has([device])
  await lane.unplug(device)
  await player.has([])
  const resources = lane.resources()

  for (let round = 0; round < 10; round++)
    await lane.send(Array.from({ length: 100 }, () => [...device.add, ...device.remove]).flat())
  await player.quiet()
  const empty = await player.has([])
  await lane.plug(device)
  const { adds, removes } = await player.has([device])

  expect(empty.adds, JSON.stringify(empty)).toBe(empty.removes)
  expect(adds).toBe(removes + new Set(device.add.map(({ devpath }) => devpath)).size)
  const { fds, mounts } = lane.resources()
  expect(mounts).toBe(resources.mounts)
  // A connection to Docker may be open at one moment and not at another.
  expect(fds).toBeLessThanOrEqual(resources.fds + 2)
})

test('a device that flaps ends attached once', async ({ lanes }) => {
  const seed = seedOfRun()
  const random = randomFrom(seed)
  const { lane, player } = await prepare(lanes())
  const device = pad(28_600, { name: 'Storm', hidrawMajor: hidrawMajor() })
  // The driver changes: the HID device stays, its inputs and its hidraw node are made anew.
  const stays = ({ devpath }: { devpath: string }) => devpath === device.add[0]?.devpath
  const rebind = [
    ...device.remove.filter((uevent) => !stays(uevent) || uevent.action === 'unbind'),
    ...device.add.filter((uevent) => !stays(uevent) || uevent.action === 'bind'),
  ]
  await lane.plug(device)
  await player.has([device])

  for (let round = 0; round < 100; round++) {
    const flap = random() < 0.5 ? [...device.remove, ...device.add] : rebind
    const cut = Math.floor(random() * flap.length)
    await lane.send(flap.slice(0, cut))
    await pause(Math.floor(random() * 5))
    await lane.send(flap.slice(cut))
    if (random() < 0.1) await player.has([device])
  }

  await player.quiet()
  const { adds, removes, devices } = await player.has([device])
  expect(adds - removes, `seed ${seed}`).toBe(devices.length)
  const names = [device.eventNode, device.jsNode].map((node) => node.replace('/dev/input/', ''))
  expect((await player.state()).input).toEqual(names.toSorted())
})

test('500 devices that are there at the start are attached', async ({ lanes }) => {
  const lane = lanes()
  lane.configure(ROUTE, 'info')
  const pads = padsFrom(29_000, 500)
  for (const one of pads) plugInSysfs(one)
  const start = performance.now()
  await lane.start([])
  const player = await lane.player('storm-a')
  await player.ready()

  const { devices, adds } = await player.has(pads, 60_000)

  console.log(`500 devices: ${Math.round(performance.now() - start)} ms`)
  expect(devices).toHaveLength(1500)
  expect(adds).toBeLessThanOrEqual(1500)
  await lane.unplug(...pads)
  await player.has([], 60_000)
})

test('a device that is moved is told of as moved, and stays what it is', async ({ lanes }) => {
  const { lane, player } = await prepare(lanes())
  const before = pad(28_500, { name: 'Storm moved' })
  const after = movedTo(before, before.input, '/devices/platform/elsewhere/input28500')
  await lane.plug(before)
  const had = await player.has([before])
  const inodes = inodesIn(lane)
  // device_move() changes the devpaths of all that is below, and tells of the device alone.
  unplugInSysfs(before)
  plugInSysfs(after)
  await lane.send([moveUevent(before, after)])

  const has = await player.has([after])
  expect({ adds: has.adds, removes: has.removes, others: has.others }).toEqual({
    adds: had.adds,
    removes: had.removes,
    others: had.others + 1,
  })
  expect(inodesIn(lane)).toEqual(inodes)
  await lane.stop()
  await lane.start([])
  await player.quiet()
  expect((await player.has([after])).adds).toBe(had.adds)
  await lane.unplug(after)
  await player.has([])
})

test('a device that is moved, and its daemon killed, is told of once again at most', async ({ lanes }) => {
  const { lane, player } = await prepare(lanes())
  const before = pad(28_501, { name: 'Storm killed', hidrawMajor: hidrawMajor() })
  const top = before.add[0]?.devpath ?? ''
  const places = [top, '/devices/0003:F00D:0CE6.6F55']
  let now = before
  await lane.plug(before)
  await player.has([before])
  for (let round = 0; round < 6; round++) {
    const next = movedTo(now, places[round % 2] ?? '', places[(round + 1) % 2] ?? '')
    unplugInSysfs(now)
    plugInSysfs(next)
    await lane.send([moveUevent(now, next)])
    await pause(10 * round)
    await lane.stop('SIGKILL')
    await lane.start([])
    await player.has([next])
    now = next
  }
  await lane.unplug(now)
  await player.has([])
})

/** Of the nodes in /dev/input. */
function inodesIn({ stage }: Lane): bigint[] {
  const directory = join(stage, 'storm-a/input')
  return readdirSync(directory).map((name) => statSync(join(directory, name), { bigint: true }).ino)
}

async function prepare(lane: Lane, faults?: FaultControl): Promise<{ lane: Lane; player: Player }> {
  lane.configure(ROUTE, 'info')
  if (faults === undefined) await lane.start([])
  else {
    lane.faults.set(faults)
    await lane.start()
  }
  const player = await lane.player('storm-a')
  await player.ready()
  return { lane, player }
}

/** Pads of three kernel objects each, with numbers from `first` on. */
function padsFrom(first: number, count: number): Pad[] {
  return Array.from({ length: count }, (_, index) => pad(first + index, { name: `Storm ${index}` }))
}

function overruns({ daemon }: Lane): string[] {
  return daemon.messages('warn').filter((message) => OVERRUN.exec(message) !== null)
}
