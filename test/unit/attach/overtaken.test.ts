import { describe, expect, it } from 'vitest'
import { Overtaken } from '../../../src/attach/overtaken.js'
import type { Device } from '../../../src/kernel/index.js'
import { recordingLog } from '../log.js'
import { childDevice, inputDevice } from '../uevents.js'

const pad = inputDevice({ name: 'Test Pad' })
const event = childDevice(pad, 'event7', 71)
const js = childDevice(pad, 'js0', 0)

const settled = (devices: Device[], unit = pad.unit) => ({
  kind: 'settled' as const,
  at: 0,
  stage: 'retro',
  unit,
  route: 'couch',
  devices,
  live: true,
})

describe('Overtaken', () => {
  it('logs one line for a unit, and again when it is attached anew', () => {
    const { log, lines } = recordingLog()
    const overtaken = new Overtaken(log)
    overtaken.note('retro', js)
    overtaken.settled(settled([pad, js]))
    overtaken.note('retro', event)
    overtaken.settled(settled([pad, js, event]))
    expect(lines).toEqual([
      {
        level: 'info',
        message:
          'the host\'s udevd announced "Test Pad" (045e:028e) before retro had its nodes: a program that runs there already may not see it until it is plugged again or the program is restarted',
        container: 'retro',
        device: '"Test Pad" (045e:028e)',
        route: 'couch',
        action: 'attach',
      },
    ])
    overtaken.settled(settled([]))
    overtaken.note('retro', js)
    overtaken.settled(settled([pad, js]))
    expect(lines).toHaveLength(2)
  })

  it('logs nothing of a unit that the host did not announce before', () => {
    const { log, lines } = recordingLog()
    const overtaken = new Overtaken(log)
    overtaken.note('other', js)
    overtaken.settled(settled([pad, js]))
    expect(lines).toEqual([])
  })

  it('follows a unit that gets another key, and forgets a container that ended', () => {
    const { log, lines } = recordingLog()
    const overtaken = new Overtaken(log)
    overtaken.note('retro', js)
    overtaken.settled(settled([pad, js]))
    overtaken.moved(pad.unit, '/devices/moved')
    overtaken.settled(settled([pad, js], '/devices/moved'))
    expect(lines).toHaveLength(1)
    overtaken.ended('retro')
    overtaken.settled(settled([pad, js], '/devices/moved'))
    expect(lines).toHaveLength(1)
  })
})
