// Datagrams on the kernel's group that are not the kernel's, or not right.
import { expect } from 'vitest'
import { test } from './harness/rig.js'
import { encode, UeventSender } from './harness/uevents.js'

const ROUTE = '  - { name: one, match: { name: "Pad*" }, container: datagram-a }'

test('a uevent that user space has multicast is ignored', async ({ rig }) => {
  const daemon = await rig.daemon(ROUTE)
  const { container, client } = await rig.player('datagram-a')
  const [forged, real] = [rig.pad({ name: 'Pad' }), rig.pad({ name: 'Pad' })]
  const forger = UeventSender.forged()

  await forger.sendRaw(forged.add.map((uevent) => Buffer.concat([encode(uevent), Buffer.from('SEQNUM=1\0')])))
  await rig.plug(real)
  await client.hears('add', real.event)
  await forger.sendRaw(
    real.remove.map((uevent) => Buffer.concat([encode(uevent), Buffer.from('SEQNUM=2\0')])),
  )
  const next = rig.pad({ name: 'Pad' })
  await rig.plug(next)
  await client.hears('add', next.event)
  forger.close()

  expect(client.heard.map(({ devpath }) => devpath)).toEqual(
    [...real.add, ...next.add].map(({ devpath }) => devpath),
  )
  expect(await container.list('/dev/input')).toHaveLength(4)
  expect(daemon.messages('error')).toEqual([])
})

test('malformed datagrams change nothing', async ({ rig }) => {
  const daemon = await rig.daemon(ROUTE)
  const { client } = await rig.player('datagram-a')
  const pad = rig.pad({ name: 'Pad' })
  const forger = UeventSender.forged()
  const [input] = rig.pad({ name: 'Pad' }).add
  const whole = encode(input ?? { action: 'add', devpath: '/devices/x', properties: {} })

  // These the kernel itself broadcasts, with its SEQNUM after them.
  await rig.kernel.sendRaw([
    Buffer.from('no at sign\0KEY=value\0'),
    Buffer.from('add@/devices/virtual/input/input1'),
    Buffer.from('add@/devices/virtual/input/input1\0ACTION\0=\0\0\0'),
    Buffer.concat([
      Buffer.from('add@/devices/virtual/input/input1\0NAME='),
      Buffer.from([0xff, 0xfe, 0xc0, 0]),
    ]),
    whole.subarray(0, whole.length / 2),
  ])
  await forger.sendRaw([Buffer.alloc(9000, 'a'), Buffer.alloc(1), Buffer.from('libudev\0')])
  await rig.plug(pad)
  await client.hears('add', pad.event)
  forger.close()

  expect(client.heard.map(({ devpath }) => devpath)).toEqual(pad.add.map(({ devpath }) => devpath))
  expect(daemon.messages('error')).toEqual([])
})
