// Many devices at once, each for its own container.
import { expect } from 'vitest'
import type { Pad } from './harness/pad.js'
import { test } from './harness/rig.js'

const PLAYERS = ['a', 'b', 'c', 'd', 'e']
const ROUTES = PLAYERS.map(
  (player) => `  - { name: ${player}, match: { name: "Pad of ${player} *" }, container: many-${player} }`,
).join('\n')

test('two pads that are plugged at the same time go to their two containers', async ({ rig }) => {
  await rig.daemon(ROUTES)
  const [a, b] = await Promise.all([rig.player('many-a'), rig.player('many-b')])
  const [first, second] = [rig.pad({ name: 'Pad of a 1' }), rig.pad({ name: 'Pad of b 1' })]

  // The kernel's events of the two are interleaved.
  await rig.kernel.send(first.add.flatMap((uevent, index) => [uevent, ...second.add.slice(index, index + 1)]))
  await Promise.all([a.client.hears('add', first.event), b.client.hears('add', second.event)])
  await rig.unplug(first, second)
  await Promise.all([a.client.hears('remove', first.input), b.client.hears('remove', second.input)])

  expect(a.client.summary).toEqual(history([first]))
  expect(b.client.summary).toEqual(history([second]))
})

test('fifty pads at once reach their five containers in order, and none is lost', async ({ rig }) => {
  await rig.daemon(ROUTES)
  const players = await Promise.all(PLAYERS.map((player) => rig.player(`many-${player}`)))
  const pads = Array.from({ length: 50 }, (_, index) =>
    rig.pad({ name: `Pad of ${PLAYERS[index % PLAYERS.length] ?? ''} ${index}` }),
  )
  const padsOf = (player: number) => pads.filter((_, index) => index % PLAYERS.length === player)

  await rig.plug(...pads)
  await Promise.all(
    players.flatMap(({ client }, player) => padsOf(player).map(({ event }) => client.hears('add', event))),
  )
  const nodes = await Promise.all(players.map(({ container }) => container.list('/dev/input')))
  await rig.unplug(...pads)
  await Promise.all(
    players.flatMap(({ client }, player) => padsOf(player).map(({ input }) => client.hears('remove', input))),
  )

  players.forEach(({ client }, player) => {
    const own = padsOf(player)
    expect(client.summary).toEqual(history(own))
    expect(client.mishaps).toEqual([])
    expect(nodes[player]).toEqual(own.flatMap(({ event, js }) => [sysname(event), sysname(js)]).toSorted())
    for (const { action, node } of client.heard) if (node !== null) expect(node.exists).toBe(action === 'add')
  })
  for (const { container } of players) expect(await container.list('/dev/input')).toEqual([])
})

/** What a client hears of pads that were all plugged, and then all unplugged: the kernel's order. */
function history(pads: Pad[]): string[] {
  return [...pads.flatMap(({ add }) => add), ...pads.flatMap(({ remove }) => remove)].map(
    ({ action, devpath }) => `${action} ${sysname(devpath)}`,
  )
}

function sysname(devpath: string): string {
  return devpath.slice(devpath.lastIndexOf('/') + 1)
}
