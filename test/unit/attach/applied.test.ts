import { describe, expect, it, onTestFinished } from 'vitest'
import { appliedFor } from '../../../src/attach/applied.js'
import { Stages } from '../../../src/attach/stages.js'
import { Session } from '../../../src/container/session.js'
import type { Device } from '../../../src/kernel/index.js'
import { native } from '../../../src/native.js'
import type { UdevEvent } from '../../../src/udev/event.js'
import type { Sayer } from '../../../src/udev/source.js'
import { recordingLog } from '../log.js'
import { addOf } from '../records.js'
import { childDevice, inputDevice } from '../uevents.js'
import { attachment } from './attachments.js'
import { eachWithStageRoot } from './stage-root.js'

const event = childDevice(inputDevice({ name: 'Pad' }), 'event7', 71)

describe("what a container gets while the host's udevd has yet to speak", () => {
  let root: string
  eachWithStageRoot((path) => (root = path))

  async function bench(hearsHost: boolean) {
    const stage = new Stages(root, native).get('wolf')
    const handle = await native.openContainer(process.pid)
    onTestFinished(() => handle.close())
    const udevd = { hasOwnUdevd: false, hearsHost }
    stage.session = new Session('run', 'wolf', false, udevd, { uid: 0, gid: 0 }, handle)
    const wanted = attachment(event, { sayer: 'host', links: ['input/player1'] })
    let said: UdevEvent | undefined
    const udev = {
      addOf: (device: Device, sayer: Sayer) => (sayer === 'builtin' ? addOf(device) : said),
      parentsOf: () => [],
    }
    const look = () => appliedFor(stage, wanted, udev, recordingLog().log)
    const speak = (name: string): void => {
      const before = addOf(event)
      said = { ...before, record: { ...before.record, properties: new Map([['ID_INPUT', name]]) } }
    }
    return { look, speak }
  }

  it('is nothing but the node, where we announce', async () => {
    const { look } = await bench(false)
    expect(look().event).toBeUndefined()
  })

  it('is what the builtin rules say, where the host announces, and its words in their place afterwards', async () => {
    const { look, speak } = await bench(true)
    const applied = look()
    expect(applied.event).toBeUndefined()
    applied.done.add('node')
    look()
    expect(applied.event?.record.properties).toEqual(addOf(event).record.properties)
    expect(applied.event?.record.links).toContain('input/player1')
    expect(look().updates).toEqual([])
    speak('said')
    look()
    expect(applied.updates).toMatchObject([{ action: 'change' }])
    expect(applied.updates[0]?.record.properties).toEqual(new Map([['ID_INPUT', 'said']]))
    expect(applied.updates[0]?.record.links).toContain('input/player1')
    speak('said again')
    expect(look().updates).toHaveLength(1)
  })
})
