import { describe, expect, it } from 'vitest'
import type { Applied } from '../../../src/attach/plan.js'
import { Tally } from '../../../src/attach/tally.js'
import { inputDevice } from '../uevents.js'
import { applied } from './attachments.js'

const at = (given: Partial<Applied> = {}): Applied => applied(inputDevice(), given)

describe('a device counts', () => {
  it('as attached once, and as detached once', () => {
    const one = at({ done: new Set(['node']) })
    const tally = new Tally([])
    for (let times = 0; times < 3; times++) tally.settled([one], new Set([one]))
    one.done.clear()
    for (let times = 0; times < 3; times++) tally.settled([one], new Set())
    expect(tally).toMatchObject({ attaches: 1, detaches: 1 })
  })

  it('as neither when its steps failed', () => {
    const one = at({ paused: true, done: new Set(['node']) })
    const tally = new Tally([])
    tally.settled([one], new Set([one]))
    one.done.clear()
    tally.settled([one], new Set([one]))
    tally.settled([one], new Set())
    expect(tally).toMatchObject({ attaches: 0, detaches: 0 })
  })

  it('as detached when an earlier daemon had attached it', () => {
    const one = at({ done: new Set(['node']) })
    const tally = new Tally([one])
    tally.settled([one], new Set([one]))
    one.done.clear()
    tally.settled([one], new Set())
    expect(tally).toMatchObject({ attaches: 0, detaches: 1 })
  })

  it('as detached only when all of it was taken back', () => {
    const one = at({ done: new Set(['node', 'announce']) })
    const tally = new Tally([])
    tally.settled([one], new Set([one]))
    one.done.delete('node')
    tally.settled([one], new Set())
    expect(tally).toMatchObject({ attaches: 1, detaches: 0 })
  })
})
