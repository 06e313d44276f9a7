import { describe, expect, test } from 'vitest'
import { journalStreamLines, jsonLine, plainLine, terminalLine } from '../../../src/service/log-line.js'

const at = new Date('2026-03-01T20:15:30.250Z')
const timeOfDay = at.toTimeString().slice(0, 8)

describe('a line on a terminal', () => {
  test('has the time of day, the level and the message', () => {
    expect(terminalLine({ level: 'info', message: 'Ready' }, at, false)).toBe(`${timeOfDay} info  Ready\n`)
    expect(terminalLine({ level: 'error', message: 'Gone' }, at, false)).toBe(`${timeOfDay} error Gone\n`)
  })

  test('shows its level in colour where colours are wanted', () => {
    expect(terminalLine({ level: 'warn', message: 'x' }, at, true)).toBe(
      `${timeOfDay} \x1b[33mwarn \x1b[0m x\n`,
    )
  })

  test('indents what follows the first line, so that a name can not pass for a line of the log', () => {
    const line = terminalLine({ level: 'info', message: 'Attached a\n20:15:31 error b' }, at, true)
    expect(line.split('\n')[1]).toBe(' '.repeat(15) + '20:15:31 error b')
  })

  test('shows control characters instead of obeying them', () => {
    const line = terminalLine({ level: 'info', message: '\x1b[2Jpad\r\x9b1m\ttab' }, at, false)
    expect(line).toBe(`${timeOfDay} info  \\x1b[2Jpad\\x0d\\x9b1m\ttab\n`)
  })
})

test('a byte that is no text is shown escaped, and JSON is JSON', () => {
  const entry = { level: 'info', message: 'a \udcff b', device: '"\udcfa"' } as const
  expect(terminalLine(entry, at, false)).toBe(`${timeOfDay} info  a \\xff b\n`)
  expect(journalStreamLines(entry)).toBe('<6>a \\xff b (device="\\xfa")\n')
  expect(JSON.parse(jsonLine(entry, at))).toMatchObject({ message: 'a \\xff b', device: '"\\xfa"' })
})

test('a line in a file has the date too, and no colour', () => {
  expect(plainLine({ level: 'debug', message: 'x' }, at)).toBe('2026-03-01T20:15:30.250Z debug x\n')
})

test('a line of JSON has time, level, message, and the fields that are there', () => {
  const line = jsonLine({ level: 'info', message: 'a\nb', container: 'retroarch-1', device: undefined }, at)
  expect(line).toBe(
    '{"time":"2026-03-01T20:15:30.250Z","level":"info","message":"a\\nb","container":"retroarch-1"}\n',
  )
})

describe('lines for a stream that journald reads', () => {
  test('carry the priority in front, as sd-daemon(3) has it', () => {
    expect(journalStreamLines({ level: 'error', message: 'x' })).toBe('<3>x\n')
    expect(journalStreamLines({ level: 'warn', message: 'x' })).toBe('<4>x\n')
    expect(journalStreamLines({ level: 'info', message: 'x' })).toBe('<6>x\n')
    expect(journalStreamLines({ level: 'debug', message: 'x' })).toBe('<7>x\n')
  })

  test('carry it on every line of a message', () => {
    expect(journalStreamLines({ level: 'error', message: 'a\n\nb' })).toBe('<3>a\n<3>\n<3>b\n')
  })

  test('name the fields after the message', () => {
    const entry = {
      level: 'info',
      message: 'Attached',
      container: 'retroarch-1',
      route: undefined,
      action: 'attach',
    } as const
    expect(journalStreamLines(entry)).toBe('<6>Attached (container=retroarch-1, action=attach)\n')
  })
})
