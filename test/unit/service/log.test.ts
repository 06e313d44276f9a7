import { execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLog } from '../../../src/service/log.js'

let directory: string
let stderr: number

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'udev-proxy-log-'))
  stderr = openSync(join(directory, 'stderr'), 'a')
})

afterEach(() => {
  closeSync(stderr)
  rmSync(directory, { recursive: true })
})

const journalSocket = '/run/systemd/journal/socket'
const written = (): string => readFileSync(join(directory, 'stderr'), 'utf8')
const journalStream = (file: number): NodeJS.ProcessEnv => {
  const { dev, ino } = fstatSync(file, { bigint: true })
  return { JOURNAL_STREAM: `${dev.toString()}:${ino.toString()}` }
}
const recorder = (): {
  sent: string[]
  sendDatagram: (path: string, payload: Uint8Array, memfd: boolean) => void
} => {
  const sent: string[] = []
  return {
    sent,
    sendDatagram: (path, payload, memfd) =>
      void sent.push(`${path} ${String(memfd)} ${Buffer.from(payload).toString()}`),
  }
}
const unreachable = {
  sendDatagram: (path: string) => {
    throw Object.assign(new Error(`ENOENT: no such file or directory, sendmsg '${path}'`), {
      code: 'ENOENT',
      syscall: 'sendmsg',
      path,
    })
  },
}

describe('a log', () => {
  test('goes to the journal, with fields, when stderr leads there', () => {
    const journal = recorder()
    const log = createLog({ level: 'info', format: 'auto' }, journal, {
      env: journalStream(stderr),
      stderr,
      journalSocket,
    })
    log.warn('Two containers match', {
      container: 'retroarch-1',
      device: 'event7',
      route: 'player-one',
      action: 'attach',
    })
    expect(journal.sent).toEqual([
      '/run/systemd/journal/socket true MESSAGE=Two containers match\nPRIORITY=4\nSYSLOG_IDENTIFIER=udev-proxy\n' +
        'UDEV_PROXY_CONTAINER=retroarch-1\nUDEV_PROXY_DEVICE=event7\nUDEV_PROXY_ROUTE=player-one\nUDEV_PROXY_ACTION=attach\n',
    ])
    expect(written()).toBe('')
  })

  test('goes to stderr when that was redirected after systemd had connected it', () => {
    const journal = recorder()
    createLog({ level: 'info', format: 'auto' }, journal, {
      env: { JOURNAL_STREAM: '9:38456' },
      stderr,
      journalSocket,
    }).info('x')
    expect(journal.sent).toEqual([])
    expect(written()).toMatch(/^\S+Z info {2}x\n$/)
  })

  test('falls back to lines with a priority when journald can not be reached, and says so once', () => {
    const log = createLog({ level: 'info', format: 'auto' }, unreachable, {
      env: journalStream(stderr),
      stderr,
      journalSocket,
    })
    log.error('first', { container: 'a' })
    log.info('second')
    const [notice, ...entries] = written().trimEnd().split('\n')
    expect(notice).toMatch(
      /^<4>journald takes no entries with fields \(ENOENT: .*\): they follow as plain lines$/,
    )
    expect(entries).toEqual(['<3>first (container=a)', '<6>second'])
  })

  test('returns to the journal when journald is there again', () => {
    const journal = recorder()
    let there = false
    const addon = {
      sendDatagram: (...sent: [string, Uint8Array, boolean]) =>
        (there ? journal : unreachable).sendDatagram(...sent),
    }
    const log = createLog({ level: 'info', format: 'auto' }, addon, {
      env: journalStream(stderr),
      stderr,
      journalSocket,
    })
    log.info('first')
    there = true
    log.info('second')
    expect(journal.sent).toHaveLength(1)
    expect(written()).not.toContain('second')
  })

  test('is text on request, also where stderr leads to the journal', () => {
    const journal = recorder()
    createLog({ level: 'info', format: 'text' }, journal, {
      env: journalStream(stderr),
      stderr,
      journalSocket,
    }).info('x')
    expect(journal.sent).toEqual([])
    expect(written()).toMatch(/^\S+Z info {2}x\n$/)
  })

  test('is JSON on request', () => {
    createLog({ level: 'info', format: 'json' }, recorder(), { env: {}, stderr, journalSocket }).info('x', {
      action: 'detach',
    })
    expect(JSON.parse(written())).toEqual({
      time: expect.any(String) as string,
      level: 'info',
      message: 'x',
      action: 'detach',
    })
  })

  test('leaves out what its level does not ask for', () => {
    const log = createLog({ level: 'warn', format: 'text' }, recorder(), { env: {}, stderr, journalSocket })
    log.debug('debug')
    log.info('info')
    log.warn('warn')
    log.error('error')
    expect(written().match(/\w+$/gm)).toEqual(['warn', 'error'])
  })

  test('keeps the fields of a message that has a placeholder of util.format in it', () => {
    createLog({ level: 'info', format: 'json' }, recorder(), { env: {}, stderr, journalSocket }).info(
      '100%d %s',
      { device: '%s' },
    )
    expect(JSON.parse(written())).toMatchObject({ message: '100%d %s', device: '%s' })
  })

  test('has written every entry when its method returns', () => {
    const log = createLog({ level: 'info', format: 'text' }, recorder(), { env: {}, stderr, journalSocket })
    for (let n = 1; n <= 1000; n++) {
      log.info(`entry ${n}`)
      if (n % 100 === 0) expect(written()).toMatch(new RegExp(`entry ${n}\n$`))
    }
    expect(written().split('\n')).toHaveLength(1001)
  })

  test('waits for a reader that is behind, and loses nothing', async () => {
    const pipe = join(directory, 'pipe')
    execFileSync('mkfifo', [pipe])
    const nonblocking = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
    const reader = spawn('sh', ['-c', 'exec <"$0"; sleep 0.3; wc -l', pipe], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const log = createLog({ level: 'info', format: 'text' }, recorder(), {
      env: {},
      stderr: nonblocking,
      journalSocket,
    })
    // Several times what a pipe holds, 64 KiB (pipe(7)).
    for (let n = 0; n < 4000; n++) log.info('x'.repeat(60))
    const counted = reader.stdout.setEncoding('utf8').toArray()
    closeSync(nonblocking)
    expect((await counted).join('')).toBe('4000\n')
  })

  test('goes on when nobody reads any more', () => {
    const readOnly = openSync(join(directory, 'stderr'), 'r')
    const log = createLog({ level: 'info', format: 'text' }, recorder(), {
      env: {},
      stderr: readOnly,
      journalSocket,
    })
    expect(() => log.info('x')).not.toThrow()
    closeSync(readOnly)
  })
})
