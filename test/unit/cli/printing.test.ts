import { expect, test } from 'vitest'
import { Printing } from '../../../src/cli/printing.js'
import { GROUP_KERNEL, GROUP_UDEV } from '../../../src/groups.js'
import type { MonitorListener } from '../../../src/native.js'
import { datagram } from '../uevents.js'

const UEVENT = datagram(['add@/devices/x', 'ACTION=add', 'DEVPATH=/devices/x', 'SUBSYSTEM=net', 'SEQNUM=7'])

/** A printing whose sockets say what a test makes them say. */
function printing(json = false) {
  const listeners = new Map<number, MonitorListener>()
  const dropped = { foreign: 0, truncated: 0 }
  const printed: string[] = []
  const told: string[] = []
  const closed: number[] = []
  const one = new Printing({
    property: false,
    json,
    routing: undefined,
    open: (group, receiveBuffer, listener) => {
      listeners.set(group, listener)
      return { receiveBuffer, dropped: () => ({ ...dropped }), close: () => closed.push(group) }
    },
    print: (text) => printed.push(text),
    tell: (problem) => told.push(problem),
  })
  return { one, listeners, dropped, printed, told, closed }
}

test('the sockets that were asked for are opened, and closed at the end', () => {
  const { one, listeners, closed } = printing()
  one.start(['UDEV', 'KERNEL'])
  expect([...listeners.keys()]).toEqual([GROUP_UDEV, GROUP_KERNEL])
  one.stop()
  expect(closed).toEqual([GROUP_UDEV, GROUP_KERNEL])
})

test('the first lines come before any event, and JSON has none', () => {
  for (const json of [false, true]) {
    const { one, listeners, printed } = printing(json)
    one.start(['KERNEL'])
    listeners.get(GROUP_KERNEL)?.onMessages([UEVENT, UEVENT])
    expect(printed.map((text) => text.slice(0, 7))).toEqual(
      json ? ['{"sourc', '{"sourc'] : ['monitor', 'KERNEL[', 'KERNEL['],
    )
  }
})

test('an overrun is told, and events go on', () => {
  const { one, listeners, printed, told } = printing()
  one.start(['UDEV'])
  listeners.get(GROUP_UDEV)?.onOverrun()
  listeners.get(GROUP_UDEV)?.onMessages([UEVENT])
  expect(told).toEqual(['UDEV events were lost: more came than could be printed'])
  expect(printed).toHaveLength(2)
})

test('what can not be read is told, with the reason', () => {
  const { one, listeners, printed, told } = printing()
  one.start(['KERNEL'])
  listeners.get(GROUP_KERNEL)?.onMessages([Buffer.from('hello\0'), UEVENT])
  expect(told).toEqual(['a KERNEL message is not shown: no header'])
  expect(printed).toHaveLength(2)
})

test('what the socket dropped is told when it has changed, at the latest at the end', () => {
  const { one, listeners, dropped, told } = printing()
  one.start(['KERNEL'])
  const listener = listeners.get(GROUP_KERNEL)
  dropped.foreign = 2
  listener?.onMessages([UEVENT])
  listener?.onMessages([UEVENT])
  expect(told).toEqual([expect.stringMatching(/^KERNEL .*: 2 from senders .*, 0 that were too long$/)])
  dropped.truncated = 1
  one.stop()
  expect(told.slice(1)).toEqual([expect.stringMatching(/: 2 from senders .*, 1 that were too long$/)])
})

test('a socket that has failed ends it', async () => {
  const { one, listeners } = printing()
  one.start(['KERNEL'])
  listeners.get(GROUP_KERNEL)?.onError(new Error('recvmsg: ENOMEM'))
  await expect(one.failed).rejects.toThrow('ENOMEM')
})
