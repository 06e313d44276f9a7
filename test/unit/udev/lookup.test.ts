import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Device } from '../../../src/kernel/index.js'
import { monotonicMicroseconds } from '../../../src/kernel/index.js'
import { Lookup } from '../../../src/udev/lookup.js'
import { recordOf } from '../records.js'
import { childDevice, hidDevice, inputDevice } from '../uevents.js'

const event = childDevice(inputDevice(), 'event7', 71)
let run: string
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'udev-proxy-'))
  mkdirSync(join(run, 'data'))
})
afterEach(() => rmSync(run, { recursive: true }))

const lookup = (patience = 0, auto: 'host' | 'builtin' = 'host') =>
  new Lookup({ rules: { recordOf, recordOfParent: recordOf, forget: () => undefined }, patience, auto, run })
const classOf = (one: Lookup, source: 'auto' | 'host' | 'builtin' = 'auto', device: Device = event) =>
  [...(one.said(device, source)?.properties.keys() ?? ['awaited'])].filter((key) => key !== 'ID_SERIAL')

describe('what udev says of a device is looked up', () => {
  it("in the database of the host's udevd, with what is for the host alone", () => {
    writeFileSync(
      join(run, 'data/c13:71'),
      'I:5\nE:ID_INPUT=1\nE:ID_INPUT_MOUSE=1\nE:ID_SEAT=seat-couch\nV:1\n',
    )
    expect(classOf(lookup())).toEqual(['ID_INPUT', 'ID_INPUT_MOUSE', 'ID_SEAT'])
    expect(classOf(lookup(0, 'builtin'))).toContain('ID_INPUT_JOYSTICK')
    expect(classOf(lookup(), 'builtin')).toContain('ID_INPUT_JOYSTICK')
    expect(classOf(lookup(0, 'builtin'), 'host')).toContain('ID_INPUT_MOUSE')
  })

  it('in what it has said last, until the device goes', () => {
    const one = lookup()
    const { devpath, subsystem } = event
    const properties = new Map([...event.properties, ['ID_INPUT_TABLET', '1'] as const])
    one.hear({ action: 'change', devpath, subsystem, seqnum: 5, properties })
    expect(classOf(one)).toEqual(['ID_INPUT_TABLET'])
    one.forget(devpath)
    expect(classOf(one)).toContain('ID_INPUT_JOYSTICK')
  })

  it('by the builtin rules when it has not said it in time, and not before', () => {
    const young = { ...event, initializedAt: monotonicMicroseconds() }
    expect(classOf(lookup(60_000), 'auto', young)).toEqual(['awaited'])
    expect(classOf(lookup(60_000), 'auto', { ...young, initializedAt: 0 })).toContain('ID_INPUT_JOYSTICK')
    expect(classOf(lookup(), 'auto', hidDevice())).toEqual([])
  })
})
