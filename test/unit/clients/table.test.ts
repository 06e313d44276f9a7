// The page that the VM suite writes about clients, and what it compares of it.
import { expect, test } from 'vitest'
import type { Client, Phase } from '../../vm/clients/client.js'
import { cellsOf, page } from '../../vm/clients/table.js'

const client: Client = {
  name: 'evtest',
  room: 'clients',
  suite: 'bookworm',
  package: 'evtest',
  plug: { not: 'It looks once.' },
  input: () => /pressed/,
  unplug: () => /gone/,
  enumerate: () => /found/,
}
const seen = (...phases: Phase[]) => ({ client, version: '1:1.35-1', seen: new Set(phases) })

test('a cell says what was seen, what was not, and what there is not to see, with the reason below the table', () => {
  const text = page([seen('input', 'enumerate')])
  expect(text).toContain('| evtest | evtest 1:1.35-1 | —[^1] | yes | no | yes |\n')
  expect(text).toContain('[^1]: It looks once.\n')
})

test('pages that differ in a cell differ, and pages that differ in a version only do not', () => {
  const cells = cellsOf(page([seen('input', 'unplug', 'enumerate')]))
  expect(cells).toEqual(new Map([['evtest', '— yes yes yes']]))
  expect(cellsOf(page([seen('input', 'enumerate')]))).not.toEqual(cells)
  expect(cellsOf(page([{ ...seen('input', 'unplug', 'enumerate'), version: '2' }]))).toEqual(cells)
})

test('a page that was formatted says the same', () => {
  const text = page([seen('unplug')])
  expect(cellsOf(text.replaceAll(' | ', '   |   ').replaceAll('---', '--------'))).toEqual(cellsOf(text))
})
