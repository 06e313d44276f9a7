import { expect, it } from 'vitest'
import type { Device, Uevent } from '../../../src/kernel/index.js'
import { UdevSource } from '../../../src/udev/source.js'
import { recordingLog } from '../log.js'
import { recordOf } from '../records.js'
import { inputDevice } from '../uevents.js'

const socket = { close: () => undefined, dropped: () => ({ foreign: 0, truncated: 0 }), receiveBuffer: 0 }

function added({ devpath, subsystem, seqnum, properties }: Device): Uevent {
  return { action: 'add', devpath, subsystem, seqnum, properties }
}

it('forgets a unit whose removal nobody has told it of', () => {
  const source = new UdevSource(
    {
      addon: { openMonitor: () => socket },
      log: recordingLog().log,
      onTold: () => undefined,
      onLate: () => undefined,
      onLearned: () => undefined,
      onError: () => undefined,
    },
    {
      rules: { recordOf, recordOfParent: recordOf, forget: () => undefined },
      asksHost: 'always',
      hostTimeout: 500,
    },
  )
  const [pad, other] = [inputDevice({ number: 7 }), inputDevice({ number: 8 }, 101)]
  for (const device of [pad, other]) source.follow(added(device), device)
  expect(source.held['asked']).toBe(2)

  // What a device is waits on where it is now, also when its unit has the key that it had.
  source.move({ from: pad.devpath, to: `${pad.unit}/elsewhere` }, [pad.unit])
  expect(source.held['asked']).toBe(2)

  source.forget(pad.unit)
  expect(source.held['asked']).toBe(1)
  source.stop()
})
