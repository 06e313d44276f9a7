import { describe, expect, it } from 'vitest'
import type { Uevent } from '../../../src/kernel/index.js'
import { lastingProperties, moveOf, movedDevice, movedPath } from '../../../src/kernel/index.js'
import { childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'

const move = { from: '/devices/a/b', to: '/devices/c' }

function uevent(action: Uevent['action'], properties: Record<string, string>): Uevent {
  const devpath = '/devices/c'
  return { action, devpath, subsystem: 'hid', seqnum: 1, properties: new Map(Object.entries(properties)) }
}

describe('a move', () => {
  it('is what a uevent tells of that says where the device was', () => {
    expect(moveOf(uevent('move', { DEVPATH_OLD: '/devices/a/b' }))).toEqual(move)
    expect(moveOf(uevent('change', { DEVPATH_OLD: '/devices/a/b' }))).toBeUndefined()
  })

  it('is none where that is not said, or nothing has changed', () => {
    expect(moveOf(uevent('move', { SYNTH_UUID: '0' }))).toBeUndefined()
    expect(moveOf(uevent('move', { DEVPATH_OLD: '' }))).toBeUndefined()
    expect(moveOf(uevent('move', { DEVPATH_OLD: '/devices/c' }))).toBeUndefined()
  })

  it('takes along what is below, and nothing that is only called alike', () => {
    expect(movedPath(move, '/devices/a/b')).toBe('/devices/c')
    expect(movedPath(move, '/devices/a/b/input/input5')).toBe('/devices/c/input/input5')
    expect(movedPath(move, '/devices/a/b2')).toBeUndefined()
    expect(movedPath(move, '/devices/a')).toBeUndefined()
  })

  it('gives a device its new devpath and unit, and leaves the rest', () => {
    const hid = hidDevice()
    const hidraw = hidrawDevice(hid)
    const to = '/devices/0003:054C:0CE6.0001'
    const moved = movedDevice({ from: hid.devpath, to }, hidraw)
    expect(moved).toEqual({
      ...hidraw,
      devpath: `${to}/hidraw/hidraw2`,
      unit: to,
      properties: new Map([...hidraw.properties, ['DEVPATH', `${to}/hidraw/hidraw2`]]),
    })
    expect([...moved.properties.keys()]).toEqual([...hidraw.properties.keys()])
  })

  it('leaves what is elsewhere as it is', () => {
    const event = childDevice(inputDevice(), 'event7', 71)
    expect(movedDevice(move, event)).toBe(event)
  })

  it('is over when it has been told: where the device was is no property of it', () => {
    const said = new Map([
      ['ACTION', 'move'],
      ['DEVPATH', '/devices/c'],
      ['DEVPATH_OLD', '/devices/a/b'],
      ['SYNTH_UUID', '0'],
      ['NAME', '"Pad"'],
    ])
    expect([...lastingProperties(said).keys()]).toEqual(['DEVPATH', 'NAME'])
  })
})
