import { expect, it } from 'vitest'
import { nearName } from '../../../src/route/near.js'

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
