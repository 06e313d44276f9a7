// Datagrams on the kernel's group that are not the kernel's, or not right; and such as are right, whatever their bytes.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { Client } from './harness/client.js'
import { hidrawMajor, test } from './harness/rig.js'
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

test('a pad whose name is not UTF-8 is announced and recorded with the bytes of the kernel, and goes', async ({
  rig,
}) => {
  const daemon = await rig.daemon('  - { name: one, match: { name: "Pad ??@?" }, container: datagram-a }')
  const container = await rig.container('datagram-a')
  const client = await Client.start(container, '--subsystem', 'input', '--datagram')
  const heard: Record<string, string> = {}
  const pad = rig.pad({ name: 'Pad \udcff\udca5@\udcfa', uniq: 'x\udcff', hidrawMajor: hidrawMajor() })

  await rig.plug(pad)
  for (const devpath of [pad.input, pad.event, pad.js]) {
    const line: unknown = await client.hears('add', devpath)
    heard[devpath] = Buffer.from((line as { datagram: string }).datagram, 'hex').toString('latin1')
  }
  expect(heard[pad.input]).toContain('\0NAME="Pad \xff\xa5@\xfa"\0')
  expect(heard[pad.input]).toContain('\0UNIQ="x\xff"\0')
  await expect
    .poll(() => daemon.messages('info').join(), { timeout: 10_000 })
    .toContain('"Pad \\xff\\xa5@\\xfa" (f00d:0ce6)')
  const data = join(rig.stage, 'datagram-a/udev/data')
  expect(readdirSync(data)).toContain(`c${pad.eventNumber}`)
  const ledger = join(rig.stage, 'datagram-a/ledger/entries')
  await expect
    .poll(
      () =>
        readdirSync(ledger)
          .map((name) => readFileSync(join(ledger, name), 'utf8'))
          .join(),
      {
        timeout: 10_000,
      },
    )
    .toContain('Pad \\udcff\\udca5@\\udcfa')

  await rig.unplug(pad)
  await client.hears('remove', pad.input)
  await expect.poll(() => readdirSync(data), { timeout: 10_000 }).toEqual([])
  expect([...daemon.messages('warn'), ...daemon.messages('error')]).toEqual([])
})

test('a node with a number that it can’t have is not made, and is told of once', async ({ rig }) => {
  const daemon = await rig.daemon(ROUTE)
  const { container, client } = await rig.player('datagram-a')
  const pad = rig.pad({ name: 'Pad' })
  const [input, js, event] = pad.add
  if (input === undefined || js === undefined || event === undefined) throw new Error('no pad')
  const numbered = (MAJOR: string, MINOR: string) => ({
    ...event,
    properties: { ...event.properties, MAJOR, MINOR },
  })
  const wrong = [
    ['1', '1'],
    ['13', '-1'],
    ['13', '4294967367'],
    ['13', ''],
    ['13', '1e3'],
    ['13', '0x45'],
  ].map(([major = '', minor = '']) => numbered(major, minor))
  const proto = { ...input, properties: { ...input.properties, SUBSYSTEM: 'constructor' } }

  await rig.kernel.send([input, js, ...wrong, ...wrong, proto])
  await client.hears('add', pad.js)
  await rig.kernel.send([event])
  await client.hears('add', pad.event)
  expect(client.summary).toHaveLength(3)
  expect(await container.exec('stat', '-c', '%t:%T', pad.eventNode)).toBe(
    `d:${Number(event.properties['MINOR']).toString(16)}`,
  )
  expect(daemon.messages('warn')).toEqual([
    expect.stringMatching(new RegExp(`^a uevent of ${pad.event} is ignored: its MAJOR and MINOR `)),
  ])
  expect(daemon.messages('error')).toEqual([])
  await rig.unplug(pad)
  await client.hears('remove', pad.input)
})
