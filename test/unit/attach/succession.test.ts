import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { knownText, succession } from '../../../src/attach/succession.js'
import type { FormerStage } from '../../../src/container/session.js'
import { announcement } from '../../../src/udev/announcement.js'
import { recordId, recordText } from '../../../src/udev/record.js'
import { recordOf } from '../records.js'
import { childDevice, hidDevice, inputDevice } from '../uevents.js'
import { applied } from './attachments.js'

const pad = inputDevice({ name: 'Pad' })
const event = childDevice(pad, 'event7', 71)
const js = childDevice(pad, 'js0', 0)
const hid = hidDevice()

/** A stage that had these, and that was lost. */
function former(...devices: (typeof pad)[]): FormerStage {
  const named = (text: (device: typeof pad) => string | undefined): [string, Buffer][] =>
    devices.flatMap((device) => {
      const content = text(device)
      return content === undefined ? [] : [[recordId(device), Buffer.from(content)] as const]
    })
  return {
    known: named((device) => knownText(applied(device))),
    records: named((device) => recordText(recordOf(device))),
  }
}

const devpaths = (all: readonly ReturnType<typeof applied>[]): string[] =>
  all.map(({ attachment }) => attachment.device.devpath)

describe('a stage after one that was lost', () => {
  it('takes what is as it was for known', () => {
    const all = [hid, pad, js, event].map((device) => applied(device))
    const { same, gone } = succession(former(hid, pad, js, event), all)
    expect(new Set(same)).toEqual(new Set(all))
    expect(gone).toEqual([])
  })

  it('does not mind that nobody knows since when a device has been there', () => {
    const before = { ...event, initializedAt: event.initializedAt - 1000 }
    expect(succession(former(before), [applied(event)]).gone).toEqual([])
  })

  it('has the end of what is not there any more told, children first, with what its record said', () => {
    const { same, gone } = succession(former(pad, js, event), [])
    expect(same).toEqual([])
    expect(devpaths(gone)).toEqual([js.devpath, event.devpath, pad.devpath])
    const properties = gone[1]?.event?.record.properties
    expect(properties?.get('ID_INPUT_JOYSTICK')).toBe('1')
    expect(gone[1]?.attachment.device).toMatchObject({ node: event.node, subsystem: 'input' })
    expect(gone[1]?.event?.kernel).toEqual(event.properties)
  })

  it('has the end told of a device whose number, or whose record, is another by now', () => {
    const other = childDevice(inputDevice({ name: 'Other' }), 'event7', 71)
    const moved = { ...other, devpath: other.devpath.replace('/virtual/', '/other/') }
    expect(devpaths(succession(former(event), [applied(moved)]).gone)).toEqual([event.devpath])
    const changed = { ...former(event), records: [['c13:71', Buffer.from('E:MINE=1\nV:1\n')]] } as FormerStage
    expect(devpaths(succession(changed, [applied(event)]).gone)).toEqual([event.devpath])
  })

  it('has the end told of what it can not know: a record of which nobody has said to be known', () => {
    const unsaid = { ...former(event), known: [] }
    expect(devpaths(succession(unsaid, [applied(event)]).gone)).toEqual([event.devpath])
    expect(succession(unsaid, []).gone).toEqual([])
  })

  it.each([
    ['another name of the file', 'c13:72', {}],
    ['a devpath that leads elsewhere', 'c13:71', { DEVPATH: '/devices/virtual/input/input5/../event7' }],
    ['a subsystem that is not served', 'c13:71', { SUBSYSTEM: 'block' }],
    ['no unit', 'c13:71', { DEVPATH: '/devices/event7' }],
    ['no number', 'c13:71', { MINOR: 'x' }],
  ])('takes nothing from %s', (_, id, changed) => {
    const properties = Object.entries({ ...Object.fromEntries(event.properties), ...changed })
    const text = JSON.stringify({ libudevZero: false, properties })
    // knownText sets both anew
    const known: FormerStage['known'] = [[id, Buffer.from(text)]]
    expect(succession({ known, records: [] }, [])).toEqual({ same: [], gone: [] })
  })

  it('lets what a container may have written decide of nothing but what that container hears', () => {
    const all = [pad, event].map((device) => applied(device))
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({
          node: fc.oneof(fc.string(), fc.constant('input/js1')),
          libudevZero: fc.boolean(),
          properties: fc.array(
            fc.tuple(
              fc.oneof(fc.constantFrom('DEVPATH', 'SUBSYSTEM', 'MAJOR', 'MINOR'), fc.string()),
              fc.oneof(
                fc.constantFrom('13', '71', 'input', event.devpath, pad.devpath, '/devices/x/input/input9'),
                fc.string(),
              ),
            ),
          ),
        })
        .map((value) => Buffer.from(JSON.stringify(value))),
    )
    const file = fc.tuple(fc.oneof(fc.constantFrom('c13:71', '+input:input9', 'c1:1'), fc.string()), bytes)
    fc.assert(
      fc.property(fc.array(file), fc.array(file), (known, records) => {
        const { same, gone } = succession({ known, records }, all)
        expect(all).toEqual(expect.arrayContaining(same))
        for (const { attachment, event: said, done } of gone) {
          expect(done.size).toBe(0)
          expect(attachment.device.unit).toMatch(/^former:/)
          if (said !== undefined)
            expect(announcement({ ...said, action: 'remove' }).length).toBeLessThan(8192)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
