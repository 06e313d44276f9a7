import { expect, it } from 'vitest'
import type { Selector } from '../../../src/config/index.js'
import { nearChoice, nearName } from '../../../src/route/near.js'

it.each([
  ['games_x_1', 'games-x-1'],
  ['games-x-1', 'games_x_1'],
  ['Retroarch-1', 'retroarch-1'],
  ['retroarch', 'games-retroarch-1'],
  ['retroarch-1', 'games-retroarch-1'],
  ['games-retroarch-1', 'retroarch'],
  ['retorarch', 'retroarch'],
])('%s is probably %s', (wanted, name) => {
  expect(nearName(wanted, ['postgres', 'x', name, 'web'])).toBe(name)
})

it.each([
  ['player-1', ['player-2']],
  ['seat-b', ['seat-a']],
  ['retroarch', ['postgres', 'web', 'retroarch']],
  ['a', ['b', 'c-1']],
])('%s is none of %j', (wanted, names) => {
  expect(
    nearName(
      wanted,
      names.filter((name) => name !== 'b'),
    ),
  ).toBeUndefined()
})

const containers = [
  ['games', 'retroarch', '1'],
  ['games', 'retroarch', '2'],
  ['media', 'kodi', '2'],
].map(([project = '', service = '', number = '']) => ({
  labels: {
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.container-number': number,
    seat: 'couch',
  },
}))

it.each<[Selector, string | undefined]>([
  [{ kind: 'compose', service: 'retroach' }, 'compose retroarch'],
  [{ kind: 'compose', project: 'games', service: 'Retroarch' }, 'compose games/retroarch'],
  [{ kind: 'compose', project: 'game', service: 'retroarch' }, 'compose games/retroarch'],
  [{ kind: 'compose', project: 'media', service: 'kodi' }, 'compose media/kodi 2'],
  [{ kind: 'compose', project: 'media', service: 'retroarch' }, undefined],
  [{ kind: 'compose', service: 'firefox' }, undefined],
  [{ kind: 'label', labels: { seat: 'Couch' } }, 'seat=couch'],
  [{ kind: 'label', labels: { seat: 'desk' } }, undefined],
  [{ kind: 'label', labels: { room: 'couch' } }, undefined],
])('by labels, %j is probably %s', (choice, near) => {
  expect(nearChoice(choice, containers)).toBe(near)
})
