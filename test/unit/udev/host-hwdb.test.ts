import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { HostHwdb } from '../../../src/udev/host-hwdb.js'
import { hwdbBin, property } from '../hwdb-bin.js'
import { recordingLog } from '../log.js'

let directory: string
let path: string

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  directory = mkdtempSync(join(tmpdir(), 'udev-proxy-hwdb-'))
  path = join(directory, 'hwdb.bin')
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(directory, { recursive: true })
})

/** As systemd-hwdb update does it. */
function install(value: string): void {
  writeFileSync(`${path}.new`, hwdbBin({ 'usb:*': [property('KEY', value)] }))
  renameSync(`${path}.new`, path)
}

it('answers from what it has found before, as long as the database is the same', () => {
  const { log, lines } = recordingLog()
  const hwdb = new HostHwdb(log, [path])
  install('old')
  const first = hwdb.lookup('usb:v1234')
  expect([...first]).toEqual([['KEY', 'old']])
  expect(hwdb.lookup('usb:v1234')).toBe(first)

  install('new')
  vi.advanceTimersByTime(2000)
  expect([...hwdb.lookup('usb:v1234')]).toEqual([['KEY', 'new']])

  rmSync(path)
  vi.advanceTimersByTime(2000)
  expect([...hwdb.lookup('usb:v1234')]).toEqual([])
  expect(lines).toEqual([])
  hwdb.close()
})

it('keeps no more keys than a host of many devices has', () => {
  const hwdb = new HostHwdb(recordingLog().log, [path])
  install('value')
  const first = hwdb.lookup('usb:v0')
  for (let id = 1; id < 1000; id++) expect(hwdb.lookup(`usb:v${id}`).get('KEY')).toBe('value')
  expect(hwdb.lookup('usb:v0')).not.toBe(first)
  expect(hwdb.lookup('usb:v0')).toEqual(first)
  hwdb.close()
})

it('tells once of a database that is corrupt, and goes without', () => {
  const { log, lines } = recordingLog()
  const hwdb = new HostHwdb(log, [path])
  install('value')
  truncateSync(path, 100)
  for (const key of ['usb:v1', 'usb:v2']) expect([...hwdb.lookup(key)]).toEqual([])
  expect(lines.map(({ level }) => level)).toEqual(['warn'])
})
