// The application in the demo's container: listens for GROUP_UDEV as libudev does, and at the moment of each event looks at what a game would look at.
import { closeSync, constants, existsSync, openSync, statSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../errors.js'
import { monotonicMicroseconds } from '../kernel/index.js'
import { native } from '../native.js'
import { GROUP_UDEV } from '../groups.js'
import { decodeMessage } from '../udev/message.js'
import type { Report } from './protocol.js'
import { recordPath } from './protocol.js'

tell({ kind: 'started' })
// libudev looks for this file once, when its monitor is created, and is deaf for ever when it is not there.
while (!existsSync('/run/udev/control')) await sleep(5)

native.openMonitor(GROUP_UDEV, 1024 * 1024, {
  onMessages: (messages) => {
    for (const message of messages) hear(message)
  },
  onOverrun: () => fail('the receive buffer has overrun'),
  onError: (error) => fail(error.message),
})
tell({ kind: 'ready' })

function hear(message: Buffer): void {
  const at = monotonicMicroseconds()
  const properties = decodeMessage(message)
  if (properties === undefined) {
    fail('a message that libudev would not take')
    return
  }
  const action = properties.get('ACTION') ?? ''
  const devpath = properties.get('DEVPATH') ?? ''
  const devname = properties.get('DEVNAME')
  const record = existsSync(recordPath(properties))
  const stat = devname === undefined ? undefined : statNode(devname)
  tell({
    kind: 'heard',
    at,
    action,
    devpath,
    record,
    ...(devname !== undefined && { devname }),
    ...(stat !== undefined && { node: stat }),
    ...(stat !== undefined && devname !== undefined && { open: tryOpen(devname) }),
  })
  if (action === 'remove' && stat === undefined && !record) tell({ kind: 'gone', at, devpath })
}

function statNode(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isCharacterDevice() !== true) return undefined
  const major = (stat.rdev >>> 8) & 0xfff
  const minor = (stat.rdev & 0xff) | ((stat.rdev >>> 12) & 0xfff00)
  return `${major}:${minor} ${(stat.mode & 0o7777).toString(8).padStart(4, '0')}`
}

function tryOpen(path: string): string {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
    return 'ok'
  } catch (error) {
    if (isSystemError(error)) return error.code
    throw error
  }
}

function tell(report: Report): void {
  writeSync(1, `${JSON.stringify(report)}\n`)
}

function fail(reason: string): void {
  writeSync(2, `application: ${reason}\n`)
  process.exit(1)
}
