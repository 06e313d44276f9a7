import { expect, it } from 'vitest'
import { eventInside } from '../../../src/attach/inside.js'
import { announcement } from '../../../src/udev/announcement.js'
import { decodeMessage } from '../../../src/udev/message.js'
import { recordText } from '../../../src/udev/record.js'
import { addOf } from '../records.js'
import { childDevice, inputDevice } from '../uevents.js'
import { attachment } from './attachments.js'

const js = childDevice(inputDevice(), 'js3', 3)
const { node } = js
if (node === undefined) throw new Error('no node')

it('an event is left alone where nothing is different inside', () => {
  const event = addOf(js)
  expect(eventInside(event, attachment(js), [])).toBe(event)
})

it('a joystick is announced and recorded under its number inside, at its devpath of the host', () => {
  const inside = eventInside(addOf(js), attachment({ ...js, node: { ...node, name: 'input/js0' } }), [])
  const message = decodeMessage(announcement(inside))
  expect(message?.get('DEVNAME')).toBe('/dev/input/js0')
  expect(message?.get('DEVPATH')).toBe(js.devpath)
  expect(message?.get('MINOR')).toBe('3')
  expect(recordText(inside.record)).toContain('E:DEVNAME=/dev/input/js0\n')
})

it("a route's own links are in the message and in the record", () => {
  const inside = eventInside(addOf(js), attachment(js), ['input/player1'])
  expect(decodeMessage(announcement(inside))?.get('DEVLINKS')).toBe('/dev/input/player1')
  expect(recordText(inside.record)).toMatch(/^S:input\/player1\n/)
})
