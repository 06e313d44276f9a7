// The ends that a service manager and a journal have, with real sockets and the addon.
import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { native } from '../../../src/native.js'
import { encodeEntry } from '../../../src/service/journal.js'
import type { Log, LogOutput } from '../../../src/service/log.js'
import { createLog } from '../../../src/service/log.js'
import { notifier, startWatchdog } from '../../../src/service/notify.js'
import { missingRequirements } from '../../../src/service/requirements.js'

interface Datagram {
  kind: string
  seals: number
  payload: string
}

const receive = fileURLToPath(new URL('receive.py', import.meta.url))
let directory: string
let receiver: ChildProcessByStdio<null, Readable, null> | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'udev-proxy-sockets-'))
})
afterEach(() => {
  receiver?.kill()
  rmSync(directory, { recursive: true })
})

/** Binds `path`; the function that it resolves to waits for the next datagram. */
async function bind(path: string): Promise<() => Promise<Datagram>> {
  receiver = spawn('python3', [receive, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe('bound')
  return async () => {
    const [kind = '', seals, hex = ''] = String((await lines.next()).value).split(' ')
    return { kind, seals: Number(seals), payload: Buffer.from(hex, 'hex').toString() }
  }
}

describe('the journal', () => {
  let log: Log
  let output: LogOutput

  beforeEach(() => {
    const stderr = openSync(join(directory, 'stderr'), 'a')
    const { dev, ino } = fstatSync(stderr, { bigint: true })
    const env = { JOURNAL_STREAM: `${dev.toString()}:${ino.toString()}` }
    output = { env, stderr, journalSocket: join(directory, 'journal') }
    log = createLog({ level: 'info', format: 'auto' }, native, output)
  })
  afterEach(() => closeSync(output.stderr))

  test('gets each entry as a datagram', async () => {
    const next = await bind(output.journalSocket)
    log.info('Attached\na pad', { container: 'retroarch-1' })
    const expected = {
      MESSAGE: 'Attached\na pad',
      PRIORITY: '6',
      SYSLOG_IDENTIFIER: 'udev-proxy',
      UDEV_PROXY_CONTAINER: 'retroarch-1',
    }
    expect(await next()).toEqual({ kind: 'datagram', seals: 0, payload: encodeEntry(expected).toString() })
  })

  test('gets an entry that is too large for a datagram as a sealed memfd', async () => {
    const next = await bind(output.journalSocket)
    const message = 'x'.repeat(4 * 1024 * 1024)
    log.info(message)
    const { kind, seals, payload } = await next()
    expect(kind).toBe('memfd')
    // journald takes a memfd with F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE only.
    expect(seals).toBe(0xf)
    expect(payload).toBe(
      encodeEntry({ MESSAGE: message, PRIORITY: '6', SYSLOG_IDENTIFIER: 'udev-proxy' }).toString(),
    )
  })

  test('that is not there leaves the entry on stderr', () => {
    log.info('Attached', { container: 'retroarch-1' })
    expect(readFileSync(join(directory, 'stderr'), 'utf8')).toMatch(
      /^<4>journald takes no entries with fields \(.*ENOENT.*\): they follow as plain lines\n<6>Attached \(container=retroarch-1\)\n$/,
    )
  })

  test('that takes no more for now leaves the rest on stderr', async () => {
    await bind(output.journalSocket)
    receiver?.kill('SIGSTOP')
    for (let n = 0; n < 20_000; n++) log.info('x')
    receiver?.kill('SIGKILL')
    expect(readFileSync(join(directory, 'stderr'), 'utf8')).toMatch(/EAGAIN[^\n]*\n(<6>x\n)+$/)
  })
})

describe('the service manager', () => {
  const env = (): NodeJS.ProcessEnv => ({ NOTIFY_SOCKET: join(directory, 'notify') })
  const log = (): Log => createLog({ level: 'error', format: 'text' }, native)

  test('hears that the start is complete, and how it goes', async () => {
    const next = await bind(join(directory, 'notify'))
    const notify = notifier(env(), native, log())
    notify.ready()
    notify.status('3 devices in 2 containers')
    expect([(await next()).payload, (await next()).payload]).toEqual([
      'READY=1',
      'STATUS=3 devices in 2 containers',
    ])
  })

  test('may listen on an abstract socket', async () => {
    const socket = `@udev-proxy-test-${process.pid}`
    const next = await bind(socket)
    notifier({ NOTIFY_SOCKET: socket }, native, log()).stopping()
    expect((await next()).payload).toBe('STOPPING=1')
  })

  test('hears heartbeats until they are ended', async () => {
    const next = await bind(join(directory, 'notify'))
    const watchdog = startWatchdog({ ...env(), WATCHDOG_USEC: '20000' }, () => true, native, log())
    expect([(await next()).payload, (await next()).payload]).toEqual(['WATCHDOG=1', 'WATCHDOG=1'])
    watchdog.unsubscribe()
  })

  test('that has gone does not stop the daemon', () => {
    const lines: string[] = []
    const warn = (message: string): void => void lines.push(message)
    notifier(env(), native, { ...log(), warn }).ready()
    expect(lines).toEqual([expect.stringMatching(/^could not send READY=1 to systemd: .*ENOENT/)])
  })
})

test('root on a host with a recent kernel lacks nothing', () => {
  expect(missingRequirements(native)).toBe(
    process.geteuid?.() === 0 ? undefined : expect.stringContaining('needs root'),
  )
})
