// The daemon is away for a while, by itself or with the world changed meanwhile.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { unmountBelow } from '../integration/harness/mounts.js'
import type { Pad, Uevent } from '../integration/harness/pad.js'
import { movedTo, pad, pairedTo, receiver } from '../integration/harness/pad.js'
import { hidrawMajor } from '../integration/harness/rig.js'
import { PROBE_TIME } from '../../src/kernel/index.js'
import type { Player } from './harness/lane.js'
import { test } from './harness/lane.js'
import { plugInSysfs, unplugInSysfs } from './harness/sysfs.js'

const route = (container: string) =>
  `  - { name: main, match: { name: "Restarted*" }, container: ${container}, links: [input/player1, player1] }`
const hidPad = (number: number) => pad(number, { name: 'Restarted', hidrawMajor: hidrawMajor() })

describe.for([
  { title: 'with its stage mounted by the daemon', isGiven: false },
  { title: 'with its stage as a volume', isGiven: true },
])('a container $title', ({ isGiven }) => {
  test('does not notice a clean stop and start', async ({ lanes }) => {
    const lane = lanes()
    lane.configure(route('restart-a'))
    await lane.start()
    const player = await lane.player('restart-a', { isGiven })
    await player.ready()
    const device = hidPad(23_000)
    await lane.plug(device)
    const before = await player.has([device])
    const [files, nodes] = [await player.snapshot(), inodesOf(player, device)]

    for (let round = 0; round < 3; round++) {
      await lane.stop()
      await lane.start()
    }
    // Work goes on in order: what this one is told after.
    const later = pad(23_001, { name: 'Restarted too' })
    await lane.plug(later)
    const after = await player.has([device, later])

    expect(after.adds - before.adds).toBe(3)
    expect(after.removes).toBe(0)
    expect(inodesOf(player, device)).toEqual(nodes)
    await lane.unplug(later)
    await player.has([device])
    expect(await player.snapshot()).toEqual(files)
  })

  test('does not notice that the daemon stops right after an attach', async ({ lanes }) => {
    const lane = lanes()
    lane.configure(route('restart-a'))
    await lane.start()
    const player = await lane.player('restart-a', { isGiven })
    await player.ready()
    const devices: Pad[] = []
    for (let round = 0; round < 5; round++) {
      const device = hidPad(23_010 + round)
      await lane.plug(device)
      devices.push(device)
      await player.has(devices)
      await lane.stop()
      await lane.start()
    }

    const { adds, removes } = await player.has(devices)
    expect({ adds, removes }).toEqual({ adds: 5 * devices.length, removes: 0 })
  })

  test('is served on when its stage was unmounted and made anew while it runs, again and again', async ({
    lanes,
  }) => {
    const lane = lanes()
    lane.configure(route('restart-a'))
    await lane.start()
    const player = await lane.player('restart-a', { isGiven })
    await player.ready()
    const steady = hidPad(23_040)
    let leaving = hidPad(23_041)
    await lane.plug(steady, leaving)
    await player.has([steady, leaving])
    // Of a younger one the next daemon, which has no ledger, can't know that its driver has finished its probe.
    await pause(PROBE_TIME)
    const mounts = mountsOf(player)

    for (let round = 0; round < 5; round++) {
      const before = await player.state()
      // The last one is killed.
      await lane.stop(round === 4 ? 'SIGKILL' : 'SIGTERM')
      await unmountBelow(lane.stage)
      const coming = hidPad(23_042 + round)
      await lane.unplug(leaving)
      await lane.plug(coming)
      await lane.start()

      const after = await player.has([steady, coming])
      await player.quiet()
      const { adds, removes } = await player.state()
      // What stays is no news, and what comes and goes is announced once.
      const all = coming.add.filter(({ action }) => action === 'add').length
      expect({ adds: adds - before.adds, removes: removes - before.removes }).toEqual({
        adds: all,
        removes: all,
      })
      expect(mountsOf(player)).toBe(mounts)
      expect(after.suspicions).toBe(0)
      expect((await player.snapshot()).inside.filter((line) => line.includes('deleted'))).toEqual([])
      leaving = coming
    }
    await lane.unplug(steady, leaving)
    await player.has([])
  })

  test('has its devices when the host has been rebooted: the stage is gone', async ({ lanes }) => {
    const lane = lanes()
    lane.configure(route('restart-a'))
    await lane.start()
    const player = await lane.player('restart-a', { isGiven })
    await player.ready()
    const device = hidPad(23_020)
    await lane.plug(device)
    await player.has([device])
    const before = await player.snapshot()

    await lane.stop()
    await player.stop()
    await unmountBelow(lane.stage)
    await lane.start()
    await player.start()
    await player.ready()

    await player.has([device])
    // One that has its stage from the start finds the nodes before all else is done.
    await expect.poll(() => player.snapshot(), { timeout: 20_000 }).toEqual(before)
  })
})

test('a unit whose route names another container by now is moved to it', async ({ lanes }) => {
  const lane = lanes()
  lane.configure(route('restart-*'))
  lane.configure(route('restart-a'))
  await lane.start()
  const [a] = [await lane.player('restart-a')]
  await a.ready()
  const device = hidPad(23_030)
  await lane.plug(device)
  await a.has([device])

  await lane.stop('SIGKILL')
  lane.configure(route('restart-b'))
  await lane.start()
  const b = await lane.player('restart-b')
  await b.ready()

  await b.has([device])
  await a.has([])
  expect((await a.snapshot()).stage.filter((line) => /js|event|hidraw|player/.test(line))).toEqual([])
})

/** The inodes of the nodes that a container has of a device. */
function inodesOf({ hostPid }: Player, { eventNode, jsNode, hidrawNode }: Pad): number[] {
  return [eventNode, jsNode, hidrawNode].map((node) => statSync(join(`/proc/${hostPid}/root`, node)).ino)
}

test('a HID device in the midst of its probe when the daemon starts waits for the end of it', async ({
  lanes,
}) => {
  const lane = lanes()
  lane.configure('  - { name: main, match: { vendor: "f00d" }, container: restart-a }')
  await lane.start()
  const player = await lane.player('restart-a')
  await player.ready()
  await lane.stop()
  const [probed, hasKeyboard, marker] = [hidPad(23_040), hidPad(23_041), pad(23_042, { name: 'Restarted' })]
  const isBind = ({ action }: Uevent) => action === 'bind'
  const inProbe = (device: Pad): Pad => ({ ...device, add: device.add.filter((uevent) => !isBind(uevent)) })
  const keys = pad(23_043, { kind: 'keyboard', hidrawMajor: hidrawMajor() })
  const keyboard = movedTo(keys, keys.add[0]?.devpath ?? '', hasKeyboard.add[0]?.devpath ?? '')
  const inputs = keyboard.add.filter(({ properties }) => properties['SUBSYSTEM'] === 'input')
  plugInSysfs(inProbe(probed))
  plugInSysfs(inProbe(hasKeyboard))

  await lane.start()
  plugInSysfs({ ...keyboard, add: inputs })
  await lane.send([...inputs, ...hasKeyboard.add.filter(isBind), ...probed.add.filter(isBind)])
  await lane.daemon.says('info', /stays with the host/)
  await lane.plug(marker)
  const { adds, removes } = await player.has([marker, probed])
  expect({ adds, removes }).toEqual({ adds: 3 + 5, removes: 0 })
  unplugInSysfs({ ...keyboard, add: inputs })
  await lane.unplug(hasKeyboard, probed, marker)
})

test('a receiver is withdrawn when a keyboard was paired to it meanwhile, and given when that has gone', async ({
  lanes,
}) => {
  const lane = lanes()
  lane.configure('  - { name: main, match: { vendor: "f00d" }, container: restart-a }')
  await lane.start()
  const player = await lane.player('restart-a')
  await player.ready()
  const dongle = receiver(hidPad(23_050))
  const keyboard = pairedTo(dongle, pad(23_051, { kind: 'keyboard', hidrawMajor: hidrawMajor() }))
  await lane.plug(dongle)
  await player.has([dongle])
  await lane.stop()
  plugInSysfs(keyboard)
  await lane.start()
  await lane.daemon.says('warn', /is withdrawn from restart-a: it passes on what is typed on/)
  await player.has([])
  await lane.stop()
  unplugInSysfs(keyboard)
  await lane.start()
  await player.has([dongle])
  await lane.unplug(dongle)
})

/** How many mounts its mount namespace has. */
function mountsOf({ hostPid }: Player): number {
  return readFileSync(`/proc/${hostPid}/mountinfo`, 'utf8').split('\n').length
}
