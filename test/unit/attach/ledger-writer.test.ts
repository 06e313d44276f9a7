import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LedgerWriter } from '../../../src/attach/ledger-writer.js'
import { Stages } from '../../../src/attach/stages.js'
import { native } from '../../../src/native.js'
import { recordingLog } from '../log.js'
import { inputDevice } from '../uevents.js'
import { applied } from './attachments.js'
import { eachWithStageRoot } from './stage-root.js'

describe('the ledger of a stage', () => {
  let root: string
  eachWithStageRoot((path) => (root = path))
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] }))
  afterEach(() => vi.useRealTimers())

  const one = applied(inputDevice(), { done: new Set(['node']) })

  function writer() {
    const stage = new Stages(root, native).get('retro')
    const ledgers = new LedgerWriter(recordingLog().log)
    return { note: () => ledgers.note(stage, new Set([one])), noted: () => stage.ledger.read().length }
  }

  it('is written when nothing has changed for 20 ms', () => {
    const { note, noted } = writer()
    note()
    vi.advanceTimersByTime(15)
    note()
    vi.advanceTimersByTime(15)
    note()
    vi.advanceTimersByTime(15)
    expect(noted()).toBe(0)
    vi.advanceTimersByTime(20)
    expect(noted()).toBe(1)
  })

  it('is written within 200 ms when changes do not end', () => {
    const { note, noted } = writer()
    for (let at = 0; at < 190; at += 10) {
      note()
      vi.advanceTimersByTime(10)
    }
    expect(noted()).toBe(0)
    note()
    vi.advanceTimersByTime(10)
    expect(noted()).toBe(1)
  })
})
