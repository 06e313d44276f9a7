import { expect, test } from 'vitest'
import { tableLines } from '../../../src/cli/table.js'

test('columns are aligned, and nothing is written behind the last', () => {
  expect(
    tableLines(
      ['NAME', 'ID', 'STATE'],
      [
        ['retroarch-1', '3f4e', 'served'],
        ['x', '3f4e8a9b01c2', ''],
      ],
    ),
  ).toEqual([
    'NAME         ID            STATE',
    'retroarch-1  3f4e          served',
    'x            3f4e8a9b01c2',
  ])
})

test('an empty cell is a dash', () => {
  expect(tableLines(['A', 'B'], [['', 'b']])).toEqual(['A  B', '-  b'])
})

test('control characters of a device do not reach a terminal, and width is counted in characters', () => {
  expect(tableLines(['A', 'B'], [['\x1b[2J🎮é', 'b']])).toEqual(['A       B', '\ufffd[2J🎮é  b'])
})
