// A receiver has the HID devices of what is paired to it below its own, and its hidraw node hears what they say.
import { describe, expect, it } from 'vitest'
import type { Pad, PadOptions, Uevent } from '../integration/harness/pad.js'
import { pad, pairedTo, receiver } from '../integration/harness/pad.js'
import { hidrawMajor } from '../integration/harness/rig.js'
import { eachWithMemoryDaemons, hidOf } from './memory-daemon.js'

const ANY = '  - { name: r, match: { vendor: "f00d" }, container: game }'
const dongle = receiver(pad(27_000, { name: 'Receiver', product: 'c52b', hidrawMajor: hidrawMajor() }))
const paired = (number: number, options: PadOptions) =>
  pairedTo(dongle, pad(number, { hidrawMajor: hidrawMajor(), ...options }))
const keyboard = paired(27_001, { name: 'Keys', kind: 'keyboard' })
const mouse = paired(27_002, { name: 'Mouse', kind: 'mouse' })
const sysname = (devpath: string) => devpath.slice(devpath.lastIndexOf('/') + 1)
const all = (one: Pad) => one.add.filter(({ action }) => action === 'add').map(({ devpath }) => devpath)
const ofDongle = (action: string) => all(dongle).map((devpath) => `${action} ${sysname(devpath)}`)
/** Its last uevent is the bind. */
const [probe, bind] = [(one: Pad) => one.add.slice(0, -1), (one: Pad) => one.add.slice(-1)]
const NODES = { dongle: ['/dev/hidraw27000'], mouse: ['/dev/hidraw27002', 'event27002', 'mouse27002'] }

describe('a receiver', () => {
  const start = eachWithMemoryDaemons()

  it('goes to its container by itself, and its mouse elsewhere', async () => {
    const { tell, pass, nodes } = await start(
      '  - { name: m, match: { name: Mouse }, container: other }\n' + ANY,
    )
    tell([...dongle.add, ...mouse.add])
    await pass()
    expect(nodes()).toEqual(NODES.dongle)
  })

  it('is withdrawn when a keyboard is paired to it, which is said once, and given again when that has gone', async () => {
    const { tell, pass, summary, nodes, heard, messages, waiting } = await start(ANY)
    tell([...dongle.add, ...mouse.add])
    await pass()
    expect(nodes().toSorted()).toEqual([...NODES.dongle, ...NODES.mouse].toSorted())
    heard.length = 0
    tell(probe(keyboard))
    await pass()
    expect(summary().toSorted()).toEqual(ofDongle('remove').toSorted())
    expect(nodes().toSorted()).toEqual(NODES.mouse)
    tell(bind(keyboard))
    await pass()
    expect(messages('withhold')).toEqual([
      '"Receiver" (f00d:c52b) is withdrawn from game: it passes on what is typed on "Keys" (f00d:0ce6), and a keyboard goes only to a route that names it (name: or class: keyboard), which route r does not',
      '"Keys" (f00d:0ce6) stays with the host: route r matches, but a keyboard goes only to a route that says name: or class: keyboard',
    ])
    expect(waiting().toSorted()).toEqual([
      'a keyboard goes only to a route that says name: or class: keyboard',
      'it passes on what is typed on "Keys" (f00d:0ce6), and a keyboard goes only to a route that says name: or class: keyboard',
    ])
    heard.length = 0
    tell(keyboard.remove)
    await pass()
    expect(summary()).toEqual(ofDongle('add'))
    tell([...keyboard.add, ...keyboard.remove])
    await pass()
    expect(messages('withhold').filter((message) => message.includes('withdrawn'))).toHaveLength(1)
  })

  it('is given to nobody while the driver of what was paired has not finished its probe', async () => {
    const { tell, pass, summary, nodes, waiting, messages, daemon } = await start(ANY)
    const [hid, ...inputs] = probe(keyboard)
    if (hid === undefined) throw new Error('no HID device')
    tell([...probe(dongle), hid, ...bind(dongle)])
    await pass(300)
    expect([summary(), nodes()]).toEqual([[], []])
    expect(waiting()).toContain('the driver of a device below it has not finished its probe')
    tell([...inputs, ...bind(keyboard)])
    await pass(5000)
    expect([summary(), nodes()]).toEqual([[], []])
    expect(messages('withhold')).toContain(
      '"Receiver" (f00d:c52b) stays with the host: route r matches, but it passes on what is typed on "Keys" (f00d:0ce6), and a keyboard goes only to a route that says name: or class: keyboard',
    )
    expect(daemon.report().held['probing']).toBe(0)
  })

  it('is withdrawn before its keyboard is given to anybody', async () => {
    const { tell, pass, daemon } = await start(
      '  - { name: k, match: { name: Keys }, container: other }\n' + ANY,
    )
    tell([...dongle.add, ...mouse.add])
    await pass()
    const steps: string[] = []
    daemon.trace.subscribe((trace) => {
      if (trace.kind === 'step')
        steps.push(`${trace.direction} ${trace.step} ${trace.device.sysname} on ${trace.stage}`)
    })
    tell(keyboard.add)
    await pass(100)
    const given = steps.findIndex((step) => step.startsWith('apply'))
    const withdrawn = steps.findLastIndex((step) => step.startsWith('revert'))
    expect(steps).toContain('revert node hidraw27000 on game')
    expect(steps).toContain('apply node event27001 on other')
    expect(withdrawn).toBeLessThan(given)
  })

  it("with the driver that makes devices after its bind is nobody's until it has had 2 s for that", async () => {
    const { tell, pass, summary, nodes, daemon } = await start(ANY)
    const own = receiver(dongle, 'logitech-djreceiver')
    tell(own.add)
    await pass(300)
    tell(keyboard.add)
    await pass(5000)
    expect([summary(), nodes()]).toEqual([[], []])
    tell([...keyboard.remove, ...own.remove])
    await pass()
    tell(own.add)
    await pass(1900)
    expect(nodes()).toEqual([])
    await pass(200)
    expect(nodes()).toEqual(NODES.dongle)
    tell(mouse.add)
    await pass()
    expect(nodes().toSorted()).toEqual([...NODES.dongle, ...NODES.mouse].toSorted())
    expect(daemon.report().held['probing']).toBe(0)
  })

  it('is given when what is below it has had its time, and when that goes in the midst of its probe', async () => {
    const { tell, pass, nodes } = await start(ANY)
    const [hid] = mouse.add as [Uevent]
    tell([...dongle.add.slice(0, -1), hid, ...bind(dongle)])
    await pass(1900)
    expect(nodes()).toEqual([])
    await pass(200)
    expect(nodes()).toEqual(NODES.dongle)
    tell([{ ...hid, action: 'remove' }, ...dongle.remove])
    await pass()
    tell([...probe(dongle), hid, ...bind(dongle)])
    await pass()
    expect(nodes()).toEqual([])
    tell([{ ...hid, action: 'remove' }])
    await pass()
    expect(nodes()).toEqual(NODES.dongle)
  })

  it('goes with its keyboard to a route that names it', async () => {
    const { tell, pass, nodes } = await start('  - { name: r, match: { name: Receiver }, container: game }')
    tell([...dongle.add, ...keyboard.add])
    await pass()
    expect(nodes()).toEqual(NODES.dongle)
  })

  it('is moved with all that is below it, and knows its keyboard still', async () => {
    const { tell, pass, nodes } = await start(ANY)
    tell([...dongle.add, ...keyboard.add])
    await pass()
    const elsewhere = `/devices/elsewhere/${sysname(hidOf(dongle))}`
    const devpath = hidOf(dongle)
    const properties = { ...dongle.add[0]?.properties, DEVPATH_OLD: devpath }
    tell([{ action: 'move', devpath: elsewhere, properties }])
    await pass()
    expect(nodes()).toEqual([])
    const gone = keyboard.remove.map((uevent) => ({
      ...uevent,
      devpath: elsewhere + uevent.devpath.slice(devpath.length),
    }))
    tell(gone)
    await pass()
    expect(nodes()).toEqual(NODES.dongle)
  })

  it('is what a reload makes of it, with its keyboard and without', async () => {
    const { tell, pass, nodes, reload } = await start(ANY)
    tell([...dongle.add, ...keyboard.add])
    await pass()
    reload('  - { name: r, match: { name: Receiver }, container: game }')
    await pass()
    expect(nodes()).toEqual(NODES.dongle)
    reload(ANY)
    await pass()
    expect(nodes()).toEqual([])
  })
})
