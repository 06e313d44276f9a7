import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { LedgerWriter } from '../../../src/attach/ledger-writer.js'
import { Stages } from '../../../src/attach/stages.js'
import { native } from '../../../src/native.js'
import { childDevice, inputDevice } from '../uevents.js'
import { applied } from './attachments.js'
import { eachWithStageRoot } from './stage-root.js'

let root: string
eachWithStageRoot((path) => (root = path))

it('says once that a stage can not be written, and once that it can again, and then has everything', () => {
  const stages = new Stages(root, native)
  const [retro, other] = [stages.get('retro'), stages.get('other')]
  const pad = inputDevice({ name: 'Pad' })
  const all = [70, 71].map((minor) =>
    applied(childDevice(pad, `event${minor}`, minor), { done: new Set(['node']) }),
  )
  const lines: string[] = []
  const line =
    (level: string) =>
    (message: string): void =>
      void lines.push(`${level} ${message}`)
  const log = { error: line('error'), warn: line('warn'), info: line('info'), debug: () => undefined }
  const writer = new LedgerWriter(log, root, (error) => expect.fail(String(error)))
  const remount = (option: string): void =>
    expect(spawnSync('mount', ['-o', `remount,${option}`, root]).status).toBe(0)

  remount('ro')
  for (let round = 0; round < 5; round++) {
    for (const one of all) writer.begin(retro, one)
    writer.note(retro, new Set(all))
    writer.flush()
  }
  expect(lines).toEqual([
    expect.stringMatching(/^warn udev-proxy could not write down that event70 is in retro: .*EROFS/),
  ])
  remount('rw')
  writer.note(other, new Set())
  writer.flush()
  writer.flush()
  writer.stop()
  expect(lines.slice(1)).toEqual(['info notes on the devices in retro can be written again'])
  expect(readdirSync(join(root, 'retro/ledger/entries'))).toHaveLength(2)
  expect(writer.unwritten).toBe(0)
  stages.close()
})
