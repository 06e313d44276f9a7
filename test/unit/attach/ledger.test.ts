import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveEarlier } from '../../../src/attach/earlier.js'
import { Stages } from '../../../src/attach/stages.js'
import { native } from '../../../src/native.js'
import { addOf } from '../records.js'
import { childDevice, inputDevice } from '../uevents.js'
import { applied, attachment } from './attachments.js'
import { eachWithStageRoot } from './stage-root.js'

const NODE = { mode: 0o660, uid: 1000, gid: 44 }
const pad = inputDevice({ name: 'Pad' })
const event = childDevice(pad, 'event7', 71)

describe('a ledger that can not be read', () => {
  let root: string
  eachWithStageRoot((path) => (root = path))

  /** What a daemon leaves that has attached the device; its note on it is called so. */
  function leave(): string {
    const stages = new Stages(root, native)
    const stage = stages.get('retro')
    stage.noteRun({ run: 'run 1', isMounted: true })
    stage.owner = { uid: 5, gid: 6 }
    const one = applied(event, {
      attachment: attachment(event, { route: 'r', node: NODE }),
      done: new Set(['node', 'link', 'record', 'announce']),
      appliedAt: 5,
    })
    one.event = addOf(event)
    stage.add(one)
    if (event.node !== undefined) stage.placeNode(event.node, NODE)
    stage.records.write(one.event.record)
    stage.ledger.write(one, 'run 1')
    stage.showKnown(one)
    stages.close()
    return readdirSync(join(root, 'retro/ledger/entries'))[0] ?? ''
  }

  function takeUp(): { stages: Stages; warnings: string[] } {
    const warnings: string[] = []
    const fail = (name: string, error: unknown): never => {
      throw new Error(`${name}: ${String(error)}`)
    }
    return { stages: new Stages(root, native, fail, (message) => warnings.push(message)), warnings }
  }

  it.for(['', '{"run":"run', '{"run":5}', '[]', 'null', '\0\0'])(
    'is unknown where its notes are %j, which is said once',
    (text) => {
      leave()
      for (const name of ['run', 'owner']) writeFileSync(join(root, 'retro/ledger', name), text)
      const { stages, warnings } = takeUp()
      const stage = stages.get('retro')
      expect(stage.servedRun).toBeUndefined()
      expect(stage.owner).toEqual({ uid: 0, gid: 0 })
      expect(stage.all).toHaveLength(1)
      expect(warnings).toEqual([
        expect.stringMatching(/^notes of the stage retro can't be read \(.*run.*\): /),
      ])
      stage.noteRun({ run: 'run 2', isMounted: true })
      stages.close()
      expect(takeUp().warnings).toEqual([])
    },
  )

  it('hears the end of a device of which the note is lost, so that it can come anew', () => {
    const name = leave()
    writeFileSync(join(root, 'retro/ledger/entries', name), '{"device":')
    const { stages, warnings } = takeUp()
    const stage = stages.get('retro')
    expect(warnings).toHaveLength(1)
    expect(readdirSync(join(root, 'retro/input'))).toEqual([])
    expect(readdirSync(join(root, 'retro/udev/data'))).toEqual([])
    const [ended, ...rest] = stage.all
    if (ended === undefined || rest.length > 0) throw new Error('not one')
    expect(ended.attachment.device.devpath).toBe(event.devpath)
    expect(ended.attachment.device.unit).not.toBe(event.unit)
    resolveEarlier(ended, 'run 1')
    expect([...ended.done]).toEqual(['announce'])
    stages.close()
  })

  it('is made anew where directories and other things are among its files', () => {
    const name = leave()
    const ledger = join(root, 'retro/ledger')
    for (const path of ['run', 'owner', 'ahead', `entries/${name}`]) {
      rmSync(join(ledger, path), { force: true })
      mkdirSync(join(ledger, path, 'deep'), { recursive: true })
    }
    mkdirSync(join(ledger, 'entries/.#x/y'), { recursive: true })
    expect(spawnSync('mkfifo', [join(ledger, 'entries/fifo')]).status).toBe(0)
    const { stages, warnings } = takeUp()
    const stage = stages.get('retro')
    expect(warnings).toHaveLength(1)
    stage.noteRun({ run: 'run 2', isMounted: true })
    stage.ledger.begin(applied(event), 'run 2')
    stage.ledger.write(applied(event), 'run 2')
    stages.close()
    expect(existsSync(join(ledger, 'entries/fifo'))).toBe(false)
    expect(takeUp().warnings).toEqual([])
  })

  it('never keeps a stage from being made, whatever is in its files', () => {
    const name = leave()
    const files = fc.constantFrom(
      'run',
      'owner',
      'ahead',
      `entries/${name}`,
      'entries/x@1',
      'entries/+input:y@2',
    )
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('{}', '{"done":[]}', '\n\n', '{"run":null}\n'),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(files, texts), { maxLength: 4 }), (contents) => {
        for (const [file, text] of contents) writeFileSync(join(root, 'retro/ledger', file), text)
        const { stages } = takeUp()
        expect(stages.find('retro')).toBeDefined()
        stages.close()
        expect(takeUp().warnings).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
