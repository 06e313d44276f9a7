// What udev says of a device decides its route: by the host's udevd, as it comes, or by the builtin rules.
import { describe, expect, it } from 'vitest'
import type { Uevent } from '../integration/harness/pad.js'
import { pad } from '../integration/harness/pad.js'
import { hidrawMajor } from '../integration/harness/rig.js'
import type { MemoryDaemon, Said } from './memory-daemon.js'
import { HOST_TIMEOUT, eachWithMemoryDaemons } from './memory-daemon.js'

const JOYSTICK = { ID_INPUT: '1', ID_INPUT_JOYSTICK: '1' }
const MOUSE = { ID_INPUT: '1', ID_INPUT_MOUSE: '1' }
const route = (match: string, name = 'r') => `  - { name: ${name}, match: { ${match} }, container: game }`
const one = pad(27_000, { name: 'Pad' })
const [input, , event] = one.add as [Uevent, Uevent, Uevent]
const ADDS = ['add input27000', 'add js27000', 'add event27000']
const NODES = ['event27000', 'js27000']

describe('where the host has a udevd', () => {
  const start = eachWithMemoryDaemons()
  /** Plugs the pad; `say` has udevd say its words on all that was heard so far. */
  async function plugged(routes: string, uevents = one.add) {
    const bench = await start(routes, 'host')
    const seqnums = bench.tell(uevents)
    await bench.pass()
    const say = async (said: Said) => {
      uevents.forEach((uevent, index) => bench.udevdSays(uevent, seqnums[index] ?? 0, said))
      await bench.pass()
    }
    return { ...bench, say }
  }

  it('a route that asks for a class waits for its word, and no node is there before', async () => {
    const { say, nodes, summary, waiting } = await plugged(route('class: joystick'))
    expect(nodes()).toEqual([])
    expect(waiting()).toEqual([
      "route r goes by udev's properties, and the host's udevd has not announced it yet",
    ])
    await say(JOYSTICK)
    expect([nodes().toSorted(), summary()]).toEqual([NODES, ADDS])
  })

  it.each([
    ['has no such key', route('name: "Pad*"')],
    ['fails by another key', `${route('class: mouse, name: Mouse')}\n${route('vendor: f00d', 's')}`],
    ['comes later', `${route('vendor: f00d')}\n${route('class: mouse', 's')}`],
  ])('the node is there at once where the route that %s', async (_, routes) => {
    const { nodes, summary } = await plugged(routes)
    expect([nodes().toSorted(), summary()]).toEqual([NODES, []])
  })

  it('a route waits for the word that an earlier one needs', async () => {
    const routes = `${route('class: mouse')}\n${route('name: Pad', 's')}`
    const { say, nodes, daemon } = await plugged(routes)
    expect(nodes()).toEqual([])
    await say(MOUSE)
    expect(daemon.report().containers[0]?.units[0]?.route).toBe('r')
  })

  it.each([
    ['0', { ID_INPUT: '1', ID_INPUT_JOYSTICK: '0' }],
    ['nothing', { ID_INPUT: '1', ID_INPUT_JOYSTICK: '' }],
    ['something else', MOUSE],
  ])('a rule that says %s where capabilities say joystick counts', async (_, said) => {
    const { say, nodes, summary, daemon } = await plugged(route('class: joystick'))
    await say(said)
    expect([nodes(), summary(), daemon.report().unrouted]).toEqual([[], [], 1])
  })

  it('a rule that says joystick counts where capabilities do not', async () => {
    const mouse = pad(27_001, { kind: 'mouse' })
    const { say, nodes } = await plugged(route('class: joystick'), mouse.add)
    await say(JOYSTICK)
    expect(nodes().toSorted()).toEqual(['event27001', 'mouse27001'])
  })

  it('builtin rules count when it stays silent', async () => {
    const { pass, nodes, summary } = await plugged(route('class: joystick'))
    await pass(HOST_TIMEOUT + 10)
    expect([nodes().toSorted(), summary()]).toEqual([NODES, ADDS])
  })

  it('a change that takes the class away takes the device away, and one that gives it gives it', async () => {
    const { say, tell, udevdSays, pass, nodes, heard, summary } = await plugged(route('class: joystick'))
    await say(JOYSTICK)
    heard.length = 0
    const change = async (said: Said) => {
      for (const uevent of one.add.map((add) => ({ ...add, action: 'change' }))) {
        const [seqnum = 0] = tell([uevent])
        udevdSays(uevent, seqnum, said)
      }
      await pass()
    }
    await change(MOUSE)
    expect(nodes()).toEqual([])
    expect(
      summary()
        .filter((line) => line.startsWith('remove'))
        .toSorted(),
    ).toEqual(ADDS.map((line) => line.replace('add', 'remove')).toSorted())
    heard.length = 0
    await change(JOYSTICK)
    expect(nodes().toSorted()).toEqual(NODES)
    expect(
      summary()
        .filter((line) => line.startsWith('add'))
        .toSorted(),
    ).toEqual(ADDS.toSorted())
  })

  it.each([
    ['a property', 'properties: { ID_PATH: "pci-*-usb-0:2:*" }', { ID_PATH: 'pci-0000:00:14.0-usb-0:2:1.0' }],
    [
      'all of several',
      'properties: { ID_BUS: usb, ID_SERIAL_SHORT: [A1, B2] }',
      { ID_BUS: 'usb', ID_SERIAL_SHORT: 'B2' },
    ],
    ['what is for the host alone', 'properties: { ID_SEAT: seat-couch }', { ID_SEAT: 'seat-couch' }],
    ['a mark for this very purpose', 'properties: { UDEV_PROXY_PLAYER: "1" }', { UDEV_PROXY_PLAYER: '1' }],
    ['a tag', 'tag: "seat-c*"', { TAGS: ':seat:seat-couch:', CURRENT_TAGS: ':seat-couch:' }],
  ])('a route may ask for %s', async (_, match, said) => {
    const { say, nodes, heard } = await plugged(route(match))
    expect(nodes()).toEqual([])
    await say({ ...JOYSTICK, ...said })
    expect(nodes().toSorted()).toEqual(NODES)
    expect(heard.some((message) => 'ID_SEAT' in message || 'UDEV_PROXY_PLAYER' in message)).toBe(false)
  })

  it.each([
    ['one of several', 'properties: { ID_BUS: usb, ID_SERIAL_SHORT: A1 }', { ID_BUS: 'usb' }],
    ['a tag of before', 'tag: mine', { TAGS: ':mine:', CURRENT_TAGS: ':other:' }],
  ])('a device that lacks %s stays', async (_, match, said) => {
    const { say, nodes } = await plugged(route(match))
    await say({ ...JOYSTICK, ...said })
    expect(nodes()).toEqual([])
  })

  it('a keyboard is what it says, or what capabilities say', async () => {
    const { say, nodes, messages } = await plugged(route('vendor: f00d'))
    expect(nodes().toSorted()).toEqual(NODES)
    await say({ ID_INPUT: '1', ID_INPUT_KEYBOARD: '1' })
    expect(nodes()).toEqual([])
    expect(messages('withhold')).toEqual([expect.stringContaining('is withdrawn from game')])

    const keyboard = pad(27_002, { kind: 'keyboard' })
    const other = await plugged(route('vendor: f00d'), keyboard.add)
    await other.say(JOYSTICK)
    expect(other.nodes()).toEqual([])
  })

  it('a node that comes later waits for its own word, and what is there stays', async () => {
    const routes = `${route('class: mouse')}\n${route('name: Pad', 's')}`
    const { say, tell, udevdSays, pass, nodes, summary } = await plugged(routes, [input])
    await say(JOYSTICK)
    expect(summary()).toEqual(['add input27000'])
    const [seqnum = 0] = tell([event])
    await pass()
    expect([nodes(), summary()]).toEqual([[], ['add input27000']])
    udevdSays(event, seqnum, JOYSTICK)
    await pass()
    expect([nodes(), summary()]).toEqual([['event27000'], ['add input27000', 'add event27000']])
  })

  it('a reload that asks for words takes nothing away that it will give back', async () => {
    const { say, reload, pass, nodes, summary } = await plugged(route('name: Pad'))
    await say(JOYSTICK)
    reload(route('class: joystick', 'other'))
    await pass()
    expect([nodes().toSorted(), summary()]).toEqual([NODES, ADDS])
    reload(route('class: mouse', 'other'))
    await pass()
    expect(nodes()).toEqual([])
  })
})

describe('where the builtin rules say it', () => {
  const start = eachWithMemoryDaemons()
  const plugged = async (routes: string, uevents: readonly Uevent[] = one.add): Promise<MemoryDaemon> => {
    const bench = await start(routes, 'builtin')
    bench.tell(uevents)
    await bench.pass()
    return bench
  }

  it.each([
    ['class: joystick', NODES],
    ['class: mouse', []],
    ['tag: uaccess', NODES],
    ['properties: { ID_INPUT_JOYSTICK: "1" }', NODES],
    ['properties: { ID_INPUT_MOUSE: "1" }', []],
    ['properties: { PRODUCT: "3/f00d/*" }', NODES],
  ])('%s is decided at once', async (match, expected) => {
    expect((await plugged(route(match))).nodes().toSorted()).toEqual(expected)
  })

  it('the driver of a HID device is known at its bind', async () => {
    const hid = pad(27_003, { hidrawMajor: hidrawMajor() })
    const nodes = ['/dev/hidraw27003', 'event27003', 'js27003']
    expect((await plugged(route('driver: "hid-gen*"'), hid.add)).nodes().toSorted()).toEqual(nodes)
    expect((await plugged(route('driver: playstation'), hid.add)).nodes()).toEqual([])
  })
})
