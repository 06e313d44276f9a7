// A HID device is given away when its driver has finished its probe, and not before: it may have a keyboard still to come.
import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished } from 'vitest'
import { Client } from './harness/client.js'
import type { Pad, Uevent } from './harness/pad.js'
import { movedTo, pairedTo, receiver } from './harness/pad.js'
import { Monitor } from './harness/monitor.js'
import type { Rig } from './harness/rig.js'
import { hidrawMajor, test } from './harness/rig.js'
import { StandInUdevd } from './harness/stand-in-udevd.js'

const top = ({ add }: Pad): string => add[0]?.devpath ?? ''
/** The inputs of `other`, as further ones of the HID device of `one`. */
const inputsBelow = (one: Pad, other: Pad): Uevent[] =>
  movedTo(other, top(other), top(one)).add.filter(({ properties }) => properties['SUBSYSTEM'] === 'input')

const asRemoved = (uevent: Uevent): Uevent => ({ ...uevent, action: 'remove' })

describe.for(['builtin', 'host'])('with properties of %s, a HID pad', (properties) => {
  const route = `  - { name: r, match: { vendor: "f00d" }, container: probe-a, properties: ${properties} }`
  const withUdevd = () => {
    const udevd = new StandInUdevd(() => ({ USEC_INITIALIZED: '4711' }))
    onTestFinished(() => udevd.stop())
  }

  test.for([0, 10, 300])(
    'whose keyboard comes %i ms after its gamepad is nothing that its container hears of, or sees',
    async (delay, { rig }) => {
      withUdevd()
      const daemon = await rig.daemon(route, undefined, { hostTimeout: 60_000 })
      const { container, client } = await rig.player('probe-a')
      const pad = rig.pad({ name: 'Pad', hidrawMajor: hidrawMajor() })
      const keyboard = inputsBelow(
        pad,
        rig.pad({ name: 'Keys', kind: 'keyboard', hidrawMajor: hidrawMajor() }),
      )
      const isLast = ({ action, properties: { SUBSYSTEM } }: Uevent) =>
        action === 'bind' || SUBSYSTEM === 'hidraw'

      await rig.kernel.send(pad.add.filter((uevent) => !isLast(uevent)))
      await pause(delay)
      await rig.kernel.send([...keyboard, ...pad.add.filter(isLast)])
      await daemon.says('info', /stays with the host: route r matches, but a keyboard/)
      const marker = rig.pad({ name: 'Marker' })
      await rig.plug(marker)
      await client.hears('add', marker.event)

      expect(client.heard.map(({ devpath }) => devpath).toSorted()).toEqual(
        marker.add.map(({ devpath }) => devpath).toSorted(),
      )
      expect(await container.list('/dev')).not.toContain(pad.hidrawNode.replace('/dev/', ''))
      await rig.kernel.send([...keyboard.toReversed().map((uevent) => ({ ...uevent, action: 'remove' }))])
      await rig.kernel.send(pad.remove)
    },
  )

  test('is announced at its bind, in order', async ({ rig }) => {
    withUdevd()
    await rig.daemon(route, undefined, { hostTimeout: 60_000 })
    const container = await rig.container('probe-a')
    const client = await Client.start(container)
    const pad = rig.pad({ name: 'Pad', hidrawMajor: hidrawMajor() })
    const isBind = ({ action }: Uevent) => action === 'bind'
    await rig.kernel.send(pad.add.filter((uevent) => !isBind(uevent)))
    await pause(300)
    expect(client.heard).toEqual([])
    await rig.kernel.send(pad.add.filter(isBind))
    await client.hears('bind', top(pad))
    expect(client.heard.map(({ action, devpath }) => `${action} ${devpath}`)).toEqual(
      pad.add.map(({ action, devpath }) => `${action} ${devpath}`),
    )
    await rig.kernel.send(pad.remove)
  })

  test('whose driver is bound anew is detached and attached again, in the log too', async ({ rig }) => {
    withUdevd()
    const daemon = await rig.daemon(route, undefined, { hostTimeout: 60_000 })
    const { client } = await rig.player('probe-a')
    const major = hidrawMajor()
    const [before, other] = [rig.pad({ name: 'Pad', hidrawMajor: major }), rig.pad({ hidrawMajor: major })]
    const after = movedTo(other, top(other), top(before)).add.slice(1)
    await rig.plug(before)
    await daemon.says('info', /^attached "Pad"/)

    await rig.kernel.send(before.remove.slice(0, -1))
    await rig.kernel.send(after)
    await client.hears('add', movedTo(other, top(other), top(before)).event)
    await daemon.says('info', new RegExp(`^attached .*${other.hidrawNode.slice('/dev/'.length)}`))
    await rig.kernel.send([...after.slice(0, -1).toReversed(), ...before.add.slice(0, 1)].map(asRemoved))
    await daemon.stop()

    const nodes = ({ jsNode, eventNode, hidrawNode }: Pad) =>
      [jsNode, eventNode, hidrawNode].map((path) => path.slice(path.lastIndexOf('/') + 1)).join(', ')
    const lines = daemon.messages('info').filter((line) => /^(?:at|de)tached/.test(line))
    expect(lines.map((line) => line.replace(/ \(route r\)$/, ''))).toEqual([
      `attached "Pad" (f00d:0ce6) to probe-a: ${nodes(before)}`,
      `detached "Pad" (f00d:0ce6) from probe-a: ${nodes(before)}`,
      `attached "Pad" (f00d:0ce6) to probe-a: ${nodes(other)}`,
      `detached "Pad" (f00d:0ce6) from probe-a: ${nodes(other)}`,
    ])
  })
})

describe.for(['builtin', 'host'])('with properties of %s, a receiver', (properties) => {
  const route = `  - { name: r, match: { vendor: "f00d" }, container: probe-b, properties: ${properties} }`
  const started = async (rig: Rig) => {
    const udevd = new StandInUdevd(() => ({ USEC_INITIALIZED: '4711' }))
    onTestFinished(() => udevd.stop())
    const config = rig.config(route, undefined, { hostTimeout: 60_000 })
    const one = rig.pad({ name: 'Keys', kind: 'keyboard', hidrawMajor: hidrawMajor() })
    const dongle = receiver(rig.pad({ name: 'Receiver', hidrawMajor: hidrawMajor() }))
    const monitor = await Monitor.start('--config', config, '--kernel')
    const daemon = await rig.daemon(route, undefined, { hostTimeout: 60_000 })
    const container = await rig.container('probe-b')
    const client = await Client.start(container)
    const isThere = async () => (await container.list('/dev')).includes(basename(dongle.hidrawNode))
    return { daemon, client, monitor, isThere, dongle, keyboard: pairedTo(dongle, one) }
  }

  test('is withdrawn when a keyboard is paired to it, and given again without', async ({ rig }) => {
    const { daemon, client, monitor, isThere, dongle, keyboard } = await started(rig)
    await rig.kernel.send(dongle.add)
    await client.hears('bind', top(dongle))
    expect(await isThere()).toBe(true)

    await rig.kernel.send(keyboard.add)
    await client.hears('remove', top(dongle))
    expect(await isThere()).toBe(false)
    const { message } = await daemon.says('warn', /is withdrawn from probe-b/)
    expect(message).toContain('it passes on what is typed on "Keys"')
    expect(client.heard.filter(({ devpath }) => devpath.startsWith(top(keyboard)))).toEqual([])

    await rig.kernel.send(dongle.add.slice(0, 1).map((one) => ({ ...one, action: 'change' })))
    await monitor.prints(/change .*-> no route \(it passes on what is typed on "Keys"/)
    await rig.kernel.send(keyboard.remove)
    await client.hears('add', dongle.hidraw)
    expect(await isThere()).toBe(true)
    await rig.kernel.send(dongle.remove)
    await client.hears('remove', top(dongle))
    await monitor.stop()
  })

  test('is nothing that a container sees when its keyboard is there from the beginning', async ({ rig }) => {
    const { daemon, client, monitor, isThere, dongle, keyboard } = await started(rig)
    const isBind = ({ action }: Uevent) => action === 'bind'
    await rig.kernel.send([
      ...dongle.add.filter((one) => !isBind(one)),
      ...keyboard.add.slice(0, 1),
      ...dongle.add.filter(isBind),
    ])
    await pause(300)
    await rig.kernel.send(keyboard.add.slice(1))
    await daemon.says('info', /"Receiver" .* stays with the host: route r matches, but it passes on what is/)
    const marker = rig.pad({ name: 'Marker' })
    await rig.plug(marker)
    await client.hears('add', marker.event)
    expect(client.heard.filter(({ devpath }) => devpath.startsWith(top(dongle)))).toEqual([])
    expect(await isThere()).toBe(false)
    await rig.kernel.send([...keyboard.remove, ...dongle.remove])
    await monitor.stop()
  })
})
