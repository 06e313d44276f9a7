// HID devices from their add to the end of their driver's probe: what a container gets of them, and when.
import { describe, expect, it } from 'vitest'
import type { Uevent } from '../integration/harness/pad.js'
import { pad } from '../integration/harness/pad.js'
import { hidrawMajor } from '../integration/harness/rig.js'
import type { MemoryDaemon } from './memory-daemon.js'
import { eachWithMemoryDaemons, hidOf, inputsBelow } from './memory-daemon.js'

const ROUTE = '  - { name: r, match: { vendor: "f00d" }, container: game }'
const hidPad = (number: number, kind: 'gamepad' | 'keyboard' = 'gamepad') =>
  pad(number, { name: 'Pad', kind, hidrawMajor: hidrawMajor() })
const first = hidPad(26_000)
const [hid, input, js, event, hidraw, bind] = first.add as [Uevent, Uevent, Uevent, Uevent, Uevent, Uevent]
const keyboard = inputsBelow(first, hidPad(26_001, 'keyboard'))
const unbind: Uevent = { ...bind, action: 'unbind' }
const id = hidOf(first).slice(hidOf(first).lastIndexOf('/') + 1)
const ADDS = [id, 'input26000', 'js26000', 'event26000', 'hidraw26000'].map((name) => `add ${name}`)
const NODES = ['event26000', 'js26000', '/dev/hidraw26000']
const synthetic = (uevent: Uevent): Uevent => ({
  ...uevent,
  properties: { ...uevent.properties, SYNTH_UUID: '0' },
})
const removed = (...uevents: Uevent[]) => uevents.map((uevent) => ({ ...uevent, action: 'remove' }))

describe.each(['builtin', 'host'])('of a HID device, with properties of %s', (properties) => {
  const start = eachWithMemoryDaemons()
  const started = async () => {
    const bench = await start(ROUTE, properties)
    return { ...bench, tell: (...uevents: Uevent[]) => says(bench, properties, uevents) }
  }

  it('nothing is there before its driver has finished its probe, and then all, in order', async () => {
    const { tell, pass, summary, nodes, waiting, daemon } = await started()
    for (const uevent of [hid, input, js, event, hidraw]) {
      tell(uevent)
      await pass(10)
    }
    expect([summary(), nodes()]).toEqual([[], []])
    expect(waiting()).toEqual(['its driver has not finished its probe'])
    expect(daemon.report().held['probing']).toBe(1)
    tell(bind)
    await pass()
    expect(summary()).toEqual([...ADDS, `bind ${id}`])
    expect(nodes().toSorted()).toEqual(NODES.toSorted())
    expect(daemon.report().held['probing']).toBe(0)
  })

  it.each([0, 10, 300])(
    'nothing is ever there when it has a keyboard, which comes %i ms after its gamepad',
    async (delay) => {
      const { tell, pass, summary, nodes, messages } = await started()
      tell(hid, input, js, event)
      await pass(delay)
      tell(...keyboard)
      await pass(delay)
      tell(hidraw, bind)
      await pass(5000)
      expect([summary(), nodes()]).toEqual([[], []])
      expect(messages('withhold')).toEqual([expect.stringContaining('stays with the host')])
    },
  )

  it('all is withdrawn before a keyboard that comes later, and the log says why', async () => {
    const { tell, pass, summary, nodes, messages, heard } = await started()
    tell(...first.add)
    await pass()
    heard.length = 0
    tell(...keyboard)
    await pass()
    expect(summary().toSorted()).toEqual(
      [id, 'input26000', 'js26000', 'event26000', 'hidraw26000'].map((name) => `remove ${name}`).toSorted(),
    )
    expect(nodes()).toEqual([])
    expect(messages('withhold')).toEqual([
      '"Pad" (f00d:0ce6) is withdrawn from game: it has a keyboard now, and a keyboard goes only to a route that names it (name: or class: keyboard), which route r does not',
    ])
    heard.length = 0
    tell(...removed(...keyboard.toReversed()))
    await pass()
    expect(summary().toSorted()).toEqual(ADDS.toSorted())
  })

  it.each<[string, Uevent]>([
    ['a bind that somebody wrote to its uevent file', synthetic(bind)],
    ['a bind that somebody wrote to the uevent file of its input', synthetic({ ...input, action: 'bind' })],
    ['a bind of its input', { ...input, action: 'bind' }],
    ['an unbind that somebody wrote to its uevent file', synthetic(unbind)],
  ])('%s does not end the probe', async (_, event) => {
    const { tell, pass, summary, nodes } = await started()
    tell(hid, input, js)
    tell(event)
    await pass(300)
    expect([summary(), nodes()]).toEqual([[], []])
    tell(...keyboard, bind)
    await pass(5000)
    expect([summary(), nodes()]).toEqual([[], []])
  })

  it('an unbind that somebody wrote to a uevent file does not begin a probe', async () => {
    const { tell, pass, nodes, summary } = await started()
    tell(...first.add.filter((uevent) => uevent !== hidraw), synthetic(unbind), hidraw)
    await pass()
    expect(nodes().toSorted()).toEqual(NODES.toSorted())
    expect(summary()).toContain(`unbind ${id}`)
  })

  it('what there is counts after 2 s when its driver does not finish, and what comes later as it does', async () => {
    const { tell, pass, summary, nodes, daemon } = await started()
    tell(hid, input, js, event)
    await pass(1900)
    expect(summary()).toEqual([])
    await pass(200)
    expect(summary()).toEqual(ADDS.slice(0, 4))
    tell(hidraw)
    await pass(300)
    expect(summary()).toEqual(ADDS.slice(0, 4))
    tell(bind)
    await pass()
    expect(summary()).toEqual([...ADDS, `bind ${id}`])
    tell(...keyboard)
    await pass()
    expect(nodes()).toEqual([])
    expect(daemon.report().held['probing']).toBe(0)
  })

  it('nothing of a keyboard is there when a driver comes to it after it was given without one', async () => {
    const { tell, pass, summary, nodes, heard } = await started()
    tell(hid)
    await pass(2100)
    expect(summary()).toEqual([`add ${id}`])
    tell(hidraw, input, js, event)
    await pass(300)
    expect([summary(), nodes()]).toEqual([[`add ${id}`], []])
    heard.length = 0
    tell(...keyboard, bind)
    await pass(5000)
    expect([summary(), nodes()]).toEqual([[`remove ${id}`], []])
  })

  it('what comes to it later has 2 s as well', async () => {
    const { tell, pass, summary } = await started()
    tell(hid)
    await pass(2100)
    tell(input, js, event)
    await pass(1900)
    expect(summary()).toEqual([`add ${id}`])
    await pass(200)
    expect(summary()).toEqual(ADDS.slice(0, 4))
  })

  it('what there is counts after 2 s as well when its own add was lost', async () => {
    const { tell, pass, summary } = await started()
    tell(input, js, event)
    await pass(1900)
    expect(summary()).toEqual([])
    await pass(200)
    expect(summary()).toEqual(ADDS.slice(1, 4))
  })

  it('what one driver has made goes, and what the next makes waits for the end of its probe', async () => {
    const { tell, pass, summary, nodes, heard } = await started()
    tell(...first.add)
    await pass()
    heard.length = 0
    tell(...removed(js, event, input, hidraw), unbind)
    await pass()
    const [nextInput, ...nextNodes] = inputsBelow(first, hidPad(26_002))
    if (nextInput === undefined) throw new Error('no input')
    tell(nextInput, ...nextNodes, hidraw)
    await pass(300)
    expect(nodes()).toEqual([])
    tell({ ...bind, properties: { ...bind.properties, DRIVER: 'playstation' } })
    await pass()
    // The HID device itself has been there all the time.
    expect(summary()).toEqual([
      ...['js26000', 'event26000', 'input26000', 'hidraw26000'].map((name) => `remove ${name}`),
      `unbind ${id}`,
      ...['input26002', 'js26002', 'event26002', 'hidraw26000'].map((name) => `add ${name}`),
      `bind ${id}`,
    ])
  })

  it('a keyboard that the next driver makes keeps what it had away', async () => {
    const { tell, pass, nodes, heard, summary } = await started()
    tell(...first.add)
    await pass()
    tell(...removed(js, event, input, hidraw), unbind)
    await pass()
    heard.length = 0
    tell(...keyboard)
    await pass()
    expect(summary()).toEqual([`remove ${id}`])
    tell(bind)
    await pass()
    expect([summary(), nodes()]).toEqual([[`remove ${id}`], []])
  })

  it('nothing is left to be waited for when it goes at once, or the daemon stops', async () => {
    const { tell, pass, summary, daemon } = await started()
    tell(hid, input, ...removed(input, hid))
    await pass()
    expect(daemon.report().held['probing']).toBe(0)
    tell(hid, input)
    const stopped = daemon.stop()
    await pass(5000)
    await stopped
    expect(summary()).toEqual([])
  })
})

/** Tells of uevents; the host's udevd, where it is asked, has its say on each at once. */
function says({ tell, udevdSays }: MemoryDaemon, properties: string, uevents: readonly Uevent[]): void {
  for (const uevent of uevents) {
    const [seqnum = 0] = tell([uevent])
    if (properties === 'host') udevdSays(uevent, seqnum, { USEC_INITIALIZED: '4711' })
  }
}
