import { expect, test } from 'vitest'
import { inPlace } from '../../../src/cli/in-place.js'

const terminal = (columns: number, rows: number) => {
  const written: string[] = []
  return { columns, rows, written, write: (text: string) => written.push(text) }
}

test('a text takes the place of the one before, on a screen that is cleared once', () => {
  const screen = terminal(80, 24)
  const show = inPlace(screen)
  show('one\ntwo\n')
  show('three\n')
  expect(screen.written).toEqual(['\x1b[2J\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J', '\x1b[Hthree\x1b[K\n\x1b[J'])
})

test('what there is no room for is left out, so that nothing scrolls or wraps', () => {
  const screen = terminal(3, 3)
  inPlace(screen)('🎮bcd\nb\nc\n')
  expect(screen.written).toEqual(['\x1b[2J\x1b[H🎮bc\x1b[K\nb\x1b[K\n\x1b[J'])
})

test('a terminal without a size gets all of it', () => {
  const screen = terminal(0, 0)
  inPlace(screen)('one\ntwo\n')
  expect(screen.written).toEqual(['\x1b[2J\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J'])
})
