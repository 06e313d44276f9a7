// What udev says of a device decides where it goes: a route and what its container is told never disagree.
import { describe, expect, onTestFinished } from 'vitest'
import type { Outcome } from './harness/command.js'
import { MAIN } from './harness/daemon.js'
import { MadeHost, PAD } from './harness/made-host.js'
import { test } from './harness/rig.js'
import type { Answer } from './harness/stand-in-udevd.js'
import { StandInUdevd } from './harness/stand-in-udevd.js'

const PATIENT = { hostTimeout: 60_000 }
const route = (match: string, container = 'words-a', properties = 'host') =>
  `  - { name: ${container}, match: { ${match} }, container: ${container}, properties: ${properties} }`

function udevd(answer: Answer): StandInUdevd {
  const started = new StandInUdevd(answer)
  onTestFinished(() => started.stop())
  return started
}

describe("with a udevd on the host, a route's class", () => {
  test('is what its rules leave of it, for a mouse that poses as a joystick too', async ({ rig }) => {
    udevd(({ properties }) => ({
      ID_INPUT: '1',
      ...(properties.get('NAME') === '"Poser"' || !properties.has('NAME')
        ? { ID_INPUT_MOUSE: '1' }
        : { ID_INPUT_JOYSTICK: '1' }),
    }))
    const daemon = await rig.daemon(route('class: joystick'), undefined, PATIENT)
    const { container, client } = await rig.player('words-a')
    const [poser, pad] = [rig.pad({ name: 'Poser' }), rig.pad({ name: 'Pad' })]
    await rig.plug(poser, pad)
    await client.hears('add', pad.event)
    expect(client.heard.map(({ devpath }) => devpath)).toEqual(pad.add.map(({ devpath }) => devpath))
    expect(await container.list('/dev/input')).not.toContain(poser.eventNode.replace('/dev/input/', ''))
    expect(daemon.messages('warn')).toEqual([])
  })

  test('is waited for, and nothing is there before, unless no route asks for it', async ({ rig }) => {
    const host = udevd(() => undefined)
    const routes = `${route('class: joystick, vendor: f00d')}\n${route('vendor: cafe', 'words-b')}`
    await rig.daemon(routes, undefined, PATIENT)
    const [a, b] = [await rig.player('words-a'), await rig.player('words-b')]
    const [waits, other] = [rig.pad({ name: 'Waits' }), rig.pad({ name: 'Other', vendor: 'cafe' })]
    await rig.plug(waits, other)
    await expect
      .poll(() => b.container.list('/dev/input'), { timeout: 10_000 })
      .toContain(other.eventNode.replace('/dev/input/', ''))
    expect((await a.container.list('/dev/input')).filter((name) => /\d/.test(name))).toEqual([])

    for (const uevent of host.heard) await host.say(uevent, { ID_INPUT: '1', ID_INPUT_JOYSTICK: '1' })
    await a.client.hears('add', waits.event)
    await b.client.hears('add', other.event)
  })

  test('is that of the builtin rules when it stays silent', async ({ rig }) => {
    udevd(() => undefined)
    await rig.daemon(route('class: joystick'), undefined, { hostTimeout: 200 })
    const { client } = await rig.player('words-a')
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
  })

  test('may change, and its container is told of the end', async ({ rig }) => {
    udevd(({ action }) => ({
      ID_INPUT: '1',
      ...(action === 'add' ? { ID_INPUT_JOYSTICK: '1' } : { ID_INPUT_MOUSE: '1' }),
    }))
    await rig.daemon(route('class: joystick'), undefined, PATIENT)
    const { container, client } = await rig.player('words-a')
    const pad = rig.pad({ name: 'Pad' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
    await rig.kernel.send(pad.add.map((add) => ({ ...add, action: 'change' })))
    for (const devpath of [pad.event, pad.js, pad.input]) await client.hears('remove', devpath)
    expect(await container.list('/run/udev/data')).toEqual([])
  })
})

test('two pads of one kind are told apart by serial number and port', async ({ rig }) => {
  udevd(({ devpath }) => {
    const number = Number(/input(\d+)/.exec(devpath)?.[1])
    return {
      ID_INPUT: '1',
      ID_SERIAL_SHORT: `S${number % 2}`,
      ID_PATH: `pci-0000:00:14.0-usb-0:${number % 2}:1.0`,
    }
  })
  const [first, second] = [rig.pad(), rig.pad()]
  const parity = Number(/(\d+)$/.exec(first.input)?.[1]) % 2
  const routes = [
    route(`properties: { ID_SERIAL_SHORT: "S${parity}" }`),
    route(`properties: { ID_PATH: "pci-*-usb-0:${1 - parity}:*" }`, 'words-b'),
  ]
  await rig.daemon(routes.join('\n'), undefined, PATIENT)
  const [a, b] = [await rig.player('words-a'), await rig.player('words-b')]
  await rig.plug(first, second)
  await a.client.hears('add', first.event)
  await b.client.hears('add', second.event)
  expect(a.client.heard.map(({ devpath }) => devpath)).toEqual(first.add.map(({ devpath }) => devpath))
  expect(b.client.heard.map(({ devpath }) => devpath)).toEqual(second.add.map(({ devpath }) => devpath))
})

describe('udev-proxy explain', () => {
  const explained = async (config: string): Promise<Outcome> => {
    const made = new MadeHost()
    onTestFinished(() => made.remove())
    return made.run(MAIN, 'explain', PAD.node, '--config', config)
  }

  test.for([
    // The made host's udevd has a rule of its own, and says of the pad's event node that it is no joystick.
    ['host', 'properties: { MY_RULE: "y*" }', 'properties.MY_RULE  wanted "y*"  has "yes"', 'takes it'],
    [
      'builtin',
      'properties: { MY_RULE: "y*" }',
      'properties.MY_RULE  wanted "y*"  has none',
      'does not match',
    ],
    ['builtin', 'tag: uaccess', 'tag  wanted "uaccess"  has "uaccess"', 'takes it'],
  ] as const)('compares with what %s says: %s', async ([properties, match, row, verdict], { rig }) => {
    const { stdout, code } = await explained(rig.config(route(match, 'words-a', properties)))
    expect(code).toBe(0)
    expect(stdout).toContain(`\nroute words-a ${verdict}\n`)
    expect(stdout.replaceAll(/ +/g, ' ')).toContain(row.replaceAll(/ +/g, ' '))
  })
})
