import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { notifier, startWatchdog, watchdogPeriod } from '../../../src/service/notify.js'

const manager = {
  sent: [] as string[],
  sendDatagram: (path: string, payload: Uint8Array) =>
    void manager.sent.push(`${path} ${Buffer.from(payload).toString()}`),
}
const log = {
  warnings: [] as string[],
  error: fail,
  warn: (message: string) => void log.warnings.push(message),
  info: fail,
  debug: fail,
}
const deaf = {
  sendDatagram: () => {
    throw new Error('ECONNREFUSED: connection refused, sendmsg')
  },
}

beforeEach(() => {
  manager.sent = []
  log.warnings = []
})

function fail(message: string): never {
  throw new Error(`unexpected log entry: ${message}`)
}

describe('the notifier', () => {
  test('tells systemd of readiness, status and the end', () => {
    const notify = notifier({ NOTIFY_SOCKET: '/run/systemd/notify' }, manager, log)
    notify.ready()
    notify.status('3 devices in 2 containers')
    notify.stopping()
    expect(manager.sent).toEqual([
      '/run/systemd/notify READY=1',
      '/run/systemd/notify STATUS=3 devices in 2 containers',
      '/run/systemd/notify STOPPING=1',
    ])
  })

  test('keeps a status on one line, so that it can not pass for another message', () => {
    notifier({ NOTIFY_SOCKET: '@notify' }, manager, log).status('a\nSTOPPING=1')
    expect(manager.sent).toEqual(['@notify STATUS=a STOPPING=1'])
  })

  test.each([{}, { NOTIFY_SOCKET: '' }])('does nothing without a socket: %j', (env) => {
    const notify = notifier(env, manager, log)
    notify.ready()
    notify.status('x')
    notify.stopping()
    expect(manager.sent).toEqual([])
  })

  test('warns when systemd can not be told, and goes on', () => {
    notifier({ NOTIFY_SOCKET: '/run/systemd/notify' }, deaf, log).ready()
    expect(log.warnings).toEqual([
      'could not send READY=1 to systemd: ECONNREFUSED: connection refused, sendmsg',
    ])
  })
})

describe('the watchdog', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const env = { NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) }

  test('sends a heartbeat at every half of the time that systemd allows', () => {
    const watchdog = startWatchdog(env, () => true, manager, log)
    vi.advanceTimersByTime(14_999)
    expect(manager.sent).toEqual([])
    vi.advanceTimersByTime(30_001)
    expect(manager.sent).toEqual(['/n WATCHDOG=1', '/n WATCHDOG=1', '/n WATCHDOG=1'])
    watchdog.unsubscribe()
  })

  test('is silent for as long as the daemon is not healthy', () => {
    let healthy = false
    const watchdog = startWatchdog(env, () => healthy, manager, log)
    vi.advanceTimersByTime(30_000)
    expect(manager.sent).toEqual([])
    healthy = true
    vi.advanceTimersByTime(15_000)
    expect(manager.sent).toEqual(['/n WATCHDOG=1'])
    watchdog.unsubscribe()
  })

  test('ends when it is unsubscribed', () => {
    startWatchdog(env, () => true, manager, log).unsubscribe()
    vi.advanceTimersByTime(60_000)
    expect(manager.sent).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('does not run when systemd watches another process, or none', () => {
    startWatchdog({ ...env, WATCHDOG_PID: '1' }, () => true, manager, log)
    startWatchdog({ NOTIFY_SOCKET: '/n' }, () => true, manager, log)
    expect(vi.getTimerCount()).toBe(0)
  })
})

test.each([
  [{ WATCHDOG_USEC: '30000000' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 15_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '43' }, undefined],
  [{ WATCHDOG_USEC: '0' }, undefined],
  [{ WATCHDOG_USEC: 'soon' }, undefined],
  [{ WATCHDOG_USEC: '' }, undefined],
  [{}, undefined],
])('process 42 that is told %j sends a heartbeat every %s ms', (env, period) => {
  expect(watchdogPeriod(env, 42)).toBe(period)
})
