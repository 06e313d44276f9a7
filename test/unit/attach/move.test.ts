import { describe, expect, it } from 'vitest'
import { moveDevices } from '../../../src/attach/move.js'
import { newApplied } from '../../../src/attach/applied.js'
import type { Applied } from '../../../src/attach/plan.js'
import { Stages } from '../../../src/attach/stages.js'
import { addDevice, createWorld, markBound, removeDevice } from '../../../src/attach/world.js'
import type { Device } from '../../../src/kernel/index.js'
import { movedDevice } from '../../../src/kernel/index.js'
import { native } from '../../../src/native.js'
import { addOf } from '../records.js'
import { compiled } from '../routes.js'
import { childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'
import { applied as appliedTo, attachment } from './attachments.js'
import { eachWithStageRoot } from './stage-root.js'

const hid = hidDevice()
const hidraw = hidrawDevice(hid)
const input = inputDevice({ name: 'Pad', hid: hid.devpath })
const event = childDevice(input, 'event7', 71)
const TO = '/devices/0003:054C:0CE6.0001'

describe('moved devices', () => {
  let root: string
  eachWithStageRoot((path) => (root = path))

  /** A stage that has these devices, and a world that knows them; the first `announced` of them were announced. */
  function bench(devices: Device[], announced = devices.length) {
    const world = createWorld([compiled('r', { vendor: ['045e', '054c'] }, 'retro')], '4:host')
    const stages = new Stages(root, native)
    const stage = stages.get('retro')
    const attached: Applied[] = []
    devices.forEach((device, index) => {
      addDevice(world, device)
      const done: Applied['done'] = new Set(['node', 'record'])
      if (index < announced) done.add('announce')
      const applied = appliedTo(device, { done })
      stage.add(applied)
      attached.push(applied)
    })
    markBound(world, hid.unit)
    const names = (unit: string): string[] =>
      stage.of(unit).map(({ attachment: { device } }) => device.devpath)
    return { world, stages, stage, attached, names }
  }

  it('are known under their new devpaths, in the world and on the stage, parents before children', () => {
    const { world, stages, stage, names } = bench([hid, input, event, hidraw])
    const moved = moveDevices(world, stages, { from: hid.devpath, to: TO })
    expect([...(moved?.units ?? [])]).toEqual([[hid.devpath, TO]])
    const devpaths = [TO, `${TO}/input/input23`, `${TO}/input/input23/event7`, `${TO}/hidraw/hidraw2`]
    expect([...(world.units.get(TO)?.members.keys() ?? [])]).toEqual(devpaths)
    expect(world.units.size).toBe(1)
    expect(names(TO)).toEqual(devpaths)
    expect(stage.heldUnits).toEqual([TO])
    expect(stage.rivalsOf(appliedTo(event))).toEqual([])
  })

  it('are taken away under their old devpaths where it is not certain what the container knows of them', () => {
    const { world, stages, stage, attached, names } = bench([hid, input, event])
    for (const one of attached) one.isDoubtful = true
    const moved = moveDevices(world, stages, { from: hid.devpath, to: TO })
    expect(moved?.silent).toEqual([])
    expect(names(hid.devpath)).toEqual([hid, input, event].map(({ devpath }) => devpath))
    expect(stage.holds(TO)).toBe(false)
    expect([...world.units.keys()]).toEqual([TO])
  })

  it('are found by their route, which may ask for the devpath', () => {
    const { world, stages } = bench([hid, input, event])
    world.routes = [compiled('elsewhere', { devpath: [`${TO}/*`] }, 'other')]
    moveDevices(world, stages, { from: hid.devpath, to: TO })
    expect(world.units.get(TO)?.found?.route.name).toBe('elsewhere')
  })

  it('keep what the container knows of the device that it is yet to be told of, and of nothing else', () => {
    const { world, stages, attached } = bench([hid, input, event])
    for (const one of attached) one.updates.push({ ...addOf(one.attachment.device), action: 'change' })
    const moved = moveDevices(world, stages, { from: hid.devpath, to: TO })
    const said = attached.map(({ event: last, updates }) =>
      [last, ...updates].map((one) => one?.record.device.devpath),
    )
    expect(said).toEqual([
      [hid.devpath, hid.devpath],
      [`${TO}/input/input23`, `${TO}/input/input23`],
      [`${TO}/input/input23/event7`, `${TO}/input/input23/event7`],
    ])
    // They are noted with the telling: a daemon that is killed before it takes nothing for told.
    expect(moved?.silent).toEqual([])
  })

  it('are nothing to be told of when something above them was moved', () => {
    const { world, stages, stage, attached } = bench([hid, input, event])
    const moved = moveDevices(world, stages, { from: '/devices/virtual/misc', to: '/devices/virtual/other' })
    const to = '/devices/virtual/other/uhid/0003:054C:0CE6.0001'
    expect([...(moved?.units ?? [])]).toEqual([[hid.devpath, to]])
    expect(moved?.silent).toEqual(attached.map((applied) => ({ stage, applied })))
    expect(attached[0]?.event?.record.device.devpath).toBe(to)
    expect(attached[0]?.event?.record.properties).toEqual(addOf(hid).record.properties)
  })

  it('are nothing to be told of that was not announced', () => {
    const { world, stages, attached } = bench([hid, input, event], 0)
    const moved = moveDevices(world, stages, { from: hid.devpath, to: TO })
    expect(moved?.silent).toHaveLength(3)
    expect(attached[0]?.event?.record.device.devpath).toBe(TO)
  })

  it('may be a part of their unit', () => {
    const { world, stages, names } = bench([hid, input, event, hidraw])
    const moved = moveDevices(world, stages, { from: input.devpath, to: `${hid.devpath}/other/input23` })
    expect([...(moved?.units ?? [])]).toEqual([[hid.devpath, hid.devpath]])
    const devpaths = [
      hid.devpath,
      `${hid.devpath}/other/input23`,
      `${hid.devpath}/other/input23/event7`,
      hidraw.devpath,
    ]
    expect([...(world.units.get(hid.devpath)?.members.keys() ?? [])]).toEqual(devpaths)
    expect(names(hid.devpath).toSorted()).toEqual(devpaths.toSorted())
  })

  it('keep the name that their node has inside', () => {
    const { world, stages, stage, attached } = bench([hid, input, event])
    const [, , last] = attached
    if (last === undefined || event.node === undefined) throw new Error('no node')
    const node = { ...event.node, name: 'input/js0' }
    last.attachment = attachment({ ...event, node })
    moveDevices(world, stages, { from: hid.devpath, to: TO })
    expect(last.attachment.device.node).toEqual(node)
    expect(stage.freeJsNumber()).toBe(1)
  })

  it('do not take along what has gone and is still being taken away, which was another device', () => {
    const { world, stages, stage, attached, names } = bench([hid, input, event])
    const [, , gone] = attached
    if (gone === undefined) throw new Error('no attachment')
    gone.removal = { seqnum: 200, kernel: new Map(), isAwaited: true }
    removeDevice(world, event.unit, event.devpath)
    const next = { ...event, seqnum: 201 }
    addDevice(world, next)
    stage.add({ ...newApplied(attachment(next), 1), event: addOf(next) })
    moveDevices(world, stages, { from: hid.devpath, to: TO })
    expect(names(hid.devpath)).toEqual([event.devpath])
    expect(stage.of(hid.devpath)).toEqual([gone])
    expect(names(TO)).toHaveLength(3)
    expect(stage.of(TO).map((applied) => stage.rivalsOf(applied))).toEqual([[], [], [hid.devpath]])
  })

  it('take along that their unit waits for a number', () => {
    const { world, stages, stage } = bench([hid, input])
    stage.blocked.add(hid.devpath)
    moveDevices(world, stages, { from: hid.devpath, to: TO })
    expect([...stage.blocked]).toEqual([TO])
  })

  it('are left alone, as are all others, when none of them is known', () => {
    const { world, stages, names } = bench([hid, input])
    const moved = moveDevices(world, stages, { from: `${hid.devpath}2`, to: TO })
    expect(moved).toEqual({ units: new Map(), silent: [] })
    expect(names(hid.devpath)).toEqual([hid.devpath, input.devpath])
  })

  describe('that sysfs has to be looked at for, and that nothing is done about before', () => {
    const cases = {
      'leave their unit for another': { from: input.devpath, to: '/devices/virtual/input/input23' },
      'join another unit': {
        from: '/devices/virtual/input/input24',
        to: '/devices/virtual/misc/uhid/0003:054C:0CE6.0002/input/input24',
      },
      'take the place of another': { from: hid.devpath, to: '/devices/elsewhere/0003:054C:0CE6.0003' },
      'have another name': { from: input.devpath, to: `${hid.devpath}/input/input99` },
    }
    const other = inputDevice({ number: 24 })
    const occupant = movedDevice({ from: hid.devpath, to: '/devices/elsewhere/0003:054C:0CE6.0003' }, hid)

    it.each(Object.entries(cases))('%s', (_, move) => {
      const { world, stages, attached } = bench([hid, input, event, other, occupant])
      const before = attached.map(({ attachment: { device } }) => device)
      expect(moveDevices(world, stages, move)).toBeUndefined()
      expect(attached.map(({ attachment: { device } }) => device)).toEqual(before)
      expect([...world.units.keys()]).toEqual([hid.devpath, other.unit, occupant.unit])
    })

    it('take the place of one that is still being taken away', () => {
      const { world, stages } = bench([hid, occupant])
      removeDevice(world, occupant.unit, occupant.devpath)
      expect(moveDevices(world, stages, cases['take the place of another'])).toBeUndefined()
    })
  })
})
