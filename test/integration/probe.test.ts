// A HID device is given away when its driver has finished its probe, and not before: it may have a keyboard still to come.
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished } from 'vitest'
import { Client } from './harness/client.js'
import type { Pad, Uevent } from './harness/pad.js'
import { movedTo } from './harness/pad.js'
import { hidrawMajor, test } from './harness/rig.js'
import { StandInUdevd } from './harness/stand-in-udevd.js'

const top = ({ add }: Pad): string => add[0]?.devpath ?? ''
/** The inputs of `other`, as further ones of the HID device of `one`. */
const inputsBelow = (one: Pad, other: Pad): Uevent[] =>
  movedTo(other, top(other), top(one)).add.filter(({ properties }) => properties['SUBSYSTEM'] === 'input')

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
})
