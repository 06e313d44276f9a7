import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Hearing } from '../../../src/attach/hearing.js'
import { Stages } from '../../../src/attach/stages.js'
import type { Trace } from '../../../src/attach/trace.js'
import { createWorld } from '../../../src/attach/world.js'
import type { Action, Device, Uevent } from '../../../src/kernel/index.js'
import { native } from '../../../src/native.js'
import { recordingLog } from '../log.js'
import { compiled } from '../routes.js'
import { hidDevice, hidrawDevice, inputDevpath, inputProperties } from '../uevents.js'
import { eachWithStageRoot } from './stage-root.js'

const NOTHING = (): void => undefined
const [FIRST, SECOND] = [inputDevpath({ number: 1 }), inputDevpath({ number: 2 })]
/** Far above any SEQNUM of the machine. */
let seqnum = 1e12

function uevent(action: Action, number: number, child?: string): Uevent {
  const spec = { number, name: `Pad ${number}` }
  const devpath = `${inputDevpath(spec)}${child === undefined ? '' : `/${child}`}`
  const properties = new Map(
    child === undefined
      ? inputProperties(spec)
      : [
          ['SUBSYSTEM', 'input'],
          ['MAJOR', '13'],
          ['MINOR', String(64 + number)],
        ],
  )
  properties.set('ACTION', action).set('DEVPATH', devpath)
  return { action, devpath, subsystem: 'input', seqnum: ++seqnum, properties }
}

describe('what the kernel tells', () => {
  let root: string
  eachWithStageRoot((path) => (root = path))

  /** Hears all at once, and tells each unit that is settled with the devices that it has then. */
  function after(...uevents: Uevent[]) {
    const world = createWorld([compiled('own', { name: ['Its own name'] }, 'retro')], '')
    const settled: [string, number][] = []
    const hearing = new Hearing({
      world,
      stages: new Stages(root, native),
      log: recordingLog().log,
      udev: { follow: NOTHING, forget: NOTHING, move: NOTHING, pass: NOTHING },
      follower: { heard: NOTHING },
      trace: new Subject<Trace>(),
      settle: (unit) => void settled.push([unit, world.units.get(unit)?.members.size ?? 0]),
      onMoved: NOTHING,
    })
    hearing.hear({ kind: 'uevents', uevents, at: 1 })
    return { world, settled }
  }

  it('of a device and its nodes is settled when all of them are known', () => {
    const adds = [uevent('add', 1), uevent('add', 2), uevent('add', 1, 'event1'), uevent('add', 2, 'event2')]
    expect(after(...adds).settled).toEqual([
      [FIRST, 2],
      [SECOND, 2],
    ])
  })

  it('of a device that goes at once is settled before it has gone, and after', () => {
    expect(after(uevent('add', 1), uevent('add', 2), uevent('remove', 1)).settled).toEqual([
      [FIRST, 1],
      [SECOND, 1],
      [FIRST, 0],
    ])
  })

  it('of a device that comes again is settled each time', () => {
    const again = [uevent('add', 1), uevent('remove', 1), uevent('add', 1)]
    expect(after(...again).settled).toEqual([
      [FIRST, 1],
      [FIRST, 0],
      [FIRST, 1],
    ])
  })

  it('of a HID device that its driver has asked for its name counts for its routes', () => {
    const tell = (
      action: Action,
      { devpath, subsystem, properties }: Device,
      said: Record<string, string> = {},
    ) => ({
      action,
      devpath,
      subsystem,
      seqnum: ++seqnum,
      properties: new Map([...properties, ...Object.entries(said)]),
    })
    const hid = hidDevice()
    const adds = [tell('add', hid), tell('add', hidrawDevice(hid))]
    const bind = tell('bind', hid, { HID_NAME: 'Its own name' })
    const unit = ({ world }: ReturnType<typeof after>) => world.units.get(hid.unit)
    expect(unit(after(...adds, tell('bind', hid)))?.found).toBeUndefined()

    const found = unit(after(...adds, bind))
    expect(found?.found).toMatchObject({ route: { name: 'own' } })
    const names = [...(found?.members.values() ?? [])].map(({ device }) => device.facts.name)
    expect(names).toEqual(['Its own name', 'Its own name'])
  })
})
