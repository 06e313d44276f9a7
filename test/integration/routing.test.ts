// Which container a device goes to, with devices as the kernel describes them.
import { describe, expect } from 'vitest'
import { test } from './harness/rig.js'

const ROUTES = `
  - { name: named, match: { name: "Sony*Wireless Controller*", vendor: "054c" }, container: route-a }
  - { name: vendor, match: { vendor: "F00D" }, container: route-a }
  - { name: any, match: [ { uniq: "aa:bb:*" }, { class: mouse, bus: bluetooth } ], container: route-b }
  - { name: keys, match: { class: keyboard, vendor: "feed" }, container: route-b }
`

describe('a device goes', () => {
  test('to the first route of which all keys hold', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const [a, b] = await Promise.all([rig.player('route-a'), rig.player('route-b')])
    const sony = rig.pad({
      name: 'Sony Interactive Entertainment Wireless Controller',
      vendor: '54c',
      uniq: 'aa:bb:cc',
    })
    const wrongVendor = rig.pad({ name: 'Sony Fake Wireless Controller', vendor: '54d', uniq: 'aa:bb:cd' })
    const mouse = rig.pad({ name: 'A mouse', vendor: '1', bus: '5', kind: 'mouse' })
    const nobodys = rig.pad({ name: 'A mouse', vendor: '1', bus: '3', kind: 'mouse' })

    await rig.plug(sony, nobodys, wrongVendor, mouse)
    await a.client.hears('add', sony.event)
    await b.client.hears('add', mouse.event)

    expect(new Set(a.client.heard.map(({ devpath }) => devpath))).toEqual(
      new Set([sony.input, sony.js, sony.event]),
    )
    expect(b.client.heard.map(({ devpath }) => devpath)).toEqual([
      ...wrongVendor.add.map(({ devpath }) => devpath),
      ...mouse.add.map(({ devpath }) => devpath),
    ])
  })

  test('nowhere when it is a keyboard that no route names', async ({ rig }) => {
    await rig.daemon(ROUTES)
    const [a, b] = await Promise.all([rig.player('route-a'), rig.player('route-b')])
    const keyboard = rig.pad({ name: 'A Keyboard', vendor: 'f00d', kind: 'keyboard' })
    const named = rig.pad({ name: 'Another Keyboard', vendor: 'feed', kind: 'keyboard' })
    const pad = rig.pad({ name: 'A Pad', vendor: 'f00d' })

    await rig.plug(keyboard, named, pad)
    await a.client.hears('add', pad.event)
    const heard = await b.client.hears('add', named.event)

    expect(a.client.heard.map(({ devpath }) => devpath)).toEqual([pad.input, pad.js, pad.event])
    expect(heard.properties).toMatchObject({ ID_INPUT_KEYBOARD: '1', ID_INPUT_KEY: '1' })
    expect(await a.container.list('/dev/input')).not.toContain(keyboard.eventNode.slice(11))
  })
})
