import { lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveEarlier } from '../../../src/attach/earlier.js'
import type { Applied } from '../../../src/attach/plan.js'
import { STEP_NAMES } from '../../../src/attach/step-name.js'
import { Stages } from '../../../src/attach/stages.js'
import { native } from '../../../src/native.js'
import { addOf } from '../records.js'
import { childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'
import { applied as appliedTo, attachment } from './attachments.js'
import { eachWithStageRoot } from './stage-root.js'

const NODE = { mode: 0o660, uid: 1000, gid: 44 }
const pad = inputDevice({ name: 'Pad' })
const event = childDevice(pad, 'event7', 71)
const hidraw = hidrawDevice(hidDevice())
if (event.node === undefined || hidraw.node === undefined) throw new Error('no nodes')
const { node } = event

const applied = (
  device: typeof pad,
  done: Applied['done'] = new Set(['node', 'link', 'record', 'announce']),
): Applied =>
  appliedTo(device, { attachment: attachment(device, { route: 'r', node: NODE }), done, appliedAt: 5 })

describe('a stage', () => {
  let root: string
  eachWithStageRoot((path) => (root = path))

  it('is on a tmpfs that allows device nodes, mounted once', () => {
    new Stages(root, native)
    new Stages(root, native)
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(` ${root} `))
    expect(mounts).toHaveLength(1)
    expect(mounts[0]).toMatch(/nosuid,noexec/)
    expect(mounts[0]).not.toMatch(/nodev/)
  })

  it('has /run/udev/control before anything else', () => {
    const stage = new Stages(root, native).get('retro')
    expect(statSync(join(stage.mounts.udev.path, 'control')).isFile()).toBe(true)
    expect(readdirSync(stage.mounts.input.path)).toEqual([])
  })

  it('makes a node with its final mode and owner, whatever the umask', () => {
    const stage = new Stages(root, native).get('retro')
    stage.placeNode(node, NODE)
    const stat = lstatSync(join(root, 'retro/input/event7'))
    expect(stat.isCharacterDevice()).toBe(true)
    expect([stat.rdev, stat.mode & 0o7777, stat.uid, stat.gid]).toEqual([(13 << 8) | 71, 0o660, 1000, 44])
    expect(readdirSync(join(root, 'retro/scratch'))).toEqual([])
  })

  it('leaves a node alone that is right, and replaces one that is not', () => {
    const stage = new Stages(root, native).get('retro')
    const path = join(root, 'retro/input/event7')
    stage.placeNode(node, NODE)
    const { ino } = lstatSync(path)
    stage.placeNode(node, NODE)
    expect(lstatSync(path).ino).toBe(ino)
    stage.placeNode({ ...node, minor: 72 }, NODE)
    expect(lstatSync(path).rdev).toBe((13 << 8) | 72)
    stage.placeNode({ ...node, minor: 1000 }, { ...NODE, mode: 0o600 })
    expect(lstatSync(path).mode & 0o7777).toBe(0o600)
  })

  it('keeps nodes that are not in /dev/input out of the directory that is mounted there', () => {
    const stage = new Stages(root, native).get('retro')
    if (hidraw.node === undefined) throw new Error('no node')
    stage.placeNode(hidraw.node, NODE)
    expect(readdirSync(stage.mounts.input.path)).toEqual([])
    expect(readdirSync(join(root, 'retro/dev'))).toEqual(['hidraw2'])
  })

  it('writes bytes that are no text as they are, and knows its record and its ledger again', () => {
    const stages = new Stages(root, native)
    const stage = stages.get('retro')
    const odd = childDevice(inputDevice({ name: '\udcff\udca5@\udcfa' }), 'event7', 71)
    const one = applied(odd, new Set(['node', 'link', 'record']))
    one.event = addOf(odd)
    one.event.record = { ...one.event.record, properties: new Map([['ID_MODEL', 'caf\udce9']]) }
    stage.records.write(one.event.record)
    stage.ledger.write(one, undefined)
    const path = join(stage.mounts.udev.path, 'data/c13:71')
    expect(readFileSync(path).toString('latin1')).toContain('E:ID_MODEL=caf\xe9\n')
    expect(stage.records.has(one.event.record)).toBe(true)

    const [again] = stage.ledger.read()
    expect(again?.attachment.device.facts.name).toBe('\udcff\udca5@\udcfa')
    expect(again?.event?.record.properties).toEqual(one.event.record.properties)
    stages.close()
  })

  it('writes a record complete, and removes it; neither minds if it was done before', () => {
    const stage = new Stages(root, native).get('retro')
    const data = join(stage.mounts.udev.path, 'data')
    const record = addOf(event).record
    stage.records.write(record)
    stage.records.write(record)
    expect(readdirSync(data)).toEqual(['c13:71'])
    expect(readFileSync(join(data, 'c13:71'), 'utf8')).toMatch(/^I:\d+\nE:ID_INPUT=1\n/)
    expect(statSync(join(data, 'c13:71')).mode & 0o777).toBe(0o644)
    stage.records.remove(record)
    stage.records.remove(record)
    expect(readdirSync(data)).toEqual([])
  })

  it('is taken up by the next daemon with what was done, and who has heard of it', () => {
    const stage = new Stages(root, native).get('retro')
    for (const device of [pad, event]) {
      if (device.node !== undefined) stage.placeNode(device.node, NODE)
      stage.records.write(addOf(device).record)
      stage.ledger.write(applied(device), 'run 1')
    }
    const next = new Stages(root, native).get('retro')
    expect(next.all.map(({ attachment }) => attachment.device.devpath)).toEqual([pad.devpath, event.devpath])
    const [, second] = next.all
    if (second === undefined) throw new Error('no second')
    expect(second.attachment).toEqual({
      ...attachment(event, { route: 'r', node: NODE }),
      device: { ...event, facts: expect.anything() as object },
    })
    expect(second.attachment.device.facts.name).toBe('Pad')
    expect([...(second.event?.record.properties ?? [])]).toEqual([...addOf(event).record.properties])
    expect([...second.done]).toEqual(['node', 'link', 'record'])
    expect(second.isDoubtful).toBe(false)
    expect(lstatSync(join(root, 'retro/input/event7')).isCharacterDevice()).toBe(true)
    resolveEarlier(second, 'run 1')
    expect([...second.done]).toEqual(['node', 'link', 'record', 'announce'])
  })

  it('is taken up with nothing done in the container when that runs anew, or not at all', () => {
    const stage = new Stages(root, native).get('retro')
    stage.ledger.write(applied(event), 'run 1')
    for (const run of ['run 2', undefined]) {
      const [taken] = new Stages(root, native).get('retro').all
      if (taken === undefined) throw new Error('nothing was taken up')
      resolveEarlier(taken, run)
      expect([...taken.done]).toEqual(['node', 'link', 'record'])
      expect(taken.earlier).toBeUndefined()
    }
  })

  it('keeps what an earlier daemon has noted of the container when it is noted anew before its run is known', () => {
    const stage = new Stages(root, native).get('retro')
    stage.ledger.write(applied(pad), 'run 1')
    stage.ledger.begin(applied(event), 'run 1')
    const next = new Stages(root, native).get('retro')
    for (const one of next.all) next.ledger.write(one, undefined)
    const [sure, doubtful] = new Stages(root, native).get('retro').all
    if (sure === undefined || doubtful === undefined) throw new Error('nothing was taken up')
    expect([sure.isDoubtful, doubtful.isDoubtful]).toEqual([false, true])
    resolveEarlier(sure, 'run 1')
    expect(sure.done).toEqual(new Set(['node', 'link', 'record', 'announce']))
    resolveEarlier(doubtful, 'run 1')
    expect(doubtful.done).toEqual(new Set(STEP_NAMES))
  })

  it('is taken up in doubt where a daemon was killed between a step and its note', () => {
    const stage = new Stages(root, native).get('retro')
    stage.ledger.write(applied(pad), 'run 1')
    stage.ledger.begin(applied(event), 'run 1')
    // A second daemon that is killed before it could do anything about it changes nothing.
    new Stages(root, native)
    const next = new Stages(root, native).get('retro')
    expect(next.all.map(({ isDoubtful }) => isDoubtful)).toEqual([false, true])
    const [, doubtful] = next.all
    if (doubtful === undefined) throw new Error('no second')
    resolveEarlier(doubtful, 'run 1')
    expect(doubtful.done).toEqual(new Set(STEP_NAMES))
  })

  it('doubts nothing that was noted, or forgotten, while other steps were under way', () => {
    const stage = new Stages(root, native).get('retro')
    const [first, second, gone] = [
      applied(pad),
      applied(event),
      { ...applied({ ...event, seqnum: 1 }), appliedAt: 4 },
    ]
    for (const one of [first, second, gone]) stage.ledger.begin(one, 'run 1')
    stage.ledger.write(first, 'run 1')
    stage.ledger.forget(gone)
    const next = new Stages(root, native).get('retro')
    expect(
      next.all.map(({ attachment: { device }, isDoubtful }) => [device.sysname, device.seqnum, isDoubtful]),
    ).toEqual([
      ['input23', pad.seqnum, false],
      ['event7', event.seqnum, true],
    ])
  })

  it('puts right what a daemon has left half changed, and touches nothing that is right', () => {
    const stage = new Stages(root, native).get('retro')
    stage.placeNode(node, NODE)
    stage.records.write(addOf(event).record)
    stage.ledger.write(applied(event), 'run 1')
    const record = join(root, 'retro/udev/data/c13:71')
    const inodes = (): bigint[] =>
      [record, join(root, 'retro/input/event7')].map((path) => statSync(path, { bigint: true }).ino)
    const before = inodes()
    new Stages(root, native)
    expect(inodes()).toEqual(before)
    writeFileSync(record, 'half')
    rmSync(join(root, 'retro/input/event7'))
    new Stages(root, native)
    expect(readFileSync(record, 'utf8')).toMatch(/^I:\d+\nE:ID_INPUT=1\n/)
    expect(lstatSync(join(root, 'retro/input/event7')).isCharacterDevice()).toBe(true)
  })

  it('is freed of what a daemon did not finish, and of a ledger that was cut short', () => {
    const stages = new Stages(root, native)
    const stage = stages.get('retro')
    stage.placeNode(node, NODE)
    stage.records.write(addOf(event).record)
    writeFileSync(join(root, 'retro/ledger/ahead'), '{"device":')
    mkdirSync(join(root, 'retro/scratch/left'))
    const next = new Stages(root, native).get('retro')
    expect(next.all).toEqual([])
    expect(readdirSync(next.mounts.input.path)).toEqual([])
    expect(readdirSync(join(next.mounts.udev.path, 'data'))).toEqual([])
    expect(readdirSync(join(root, 'retro/scratch'))).toEqual([])
    expect(statSync(join(next.mounts.udev.path, 'control')).isFile()).toBe(true)
  })

  it('forgets what was detached', () => {
    const stage = new Stages(root, native).get('retro')
    const gone = applied(event)
    stage.ledger.write(gone, 'run 1')
    stage.ledger.forget(gone)
    expect(new Stages(root, native).get('retro').all).toEqual([])
  })

  it('remembers which run of its container was served, and whether a daemon mounted it there', () => {
    const stage = new Stages(root, native).get('retro')
    expect(stage.servedRun).toBeUndefined()
    stage.noteRun({ run: 'run 1', isMounted: true })
    expect(new Stages(root, native).get('retro').servedRun).toEqual({ run: 'run 1', isMounted: true })
  })

  it('follows its container to another name, and two may swap theirs', () => {
    const stages = new Stages(root, native)
    const [red, blue] = [stages.get('red'), stages.get('blue')]
    red.placeNode(node, NODE)
    red.ledger.begin(applied(event), 'run 1')
    const { identity } = red.mounts.input
    stages.rename(
      new Map([
        [red, 'blue'],
        [blue, 'red'],
      ]),
    )
    expect([red.name, blue.name]).toEqual(['blue', 'red'])
    expect(stages.get('blue')).toBe(red)
    expect(red.mounts.input).toEqual({ path: join(root, 'blue/input'), identity })
    expect(readdirSync(join(root, 'red/input'))).toEqual([])
    red.ledger.write(applied(event), 'run 1')
    expect(new Stages(root, native).get('blue').all).toHaveLength(1)
  })

  it('makes room for a container that was given its name', () => {
    const stages = new Stages(root, native)
    const [red, waiting] = [stages.get('red'), stages.get('blue')]
    waiting.placeNode(node, NODE)
    stages.rename(new Map([[red, 'blue']]))
    expect(stages.has(waiting)).toBe(false)
    expect(readdirSync(join(root, 'blue/input'))).toEqual([])
    // Somebody may have it mounted.
    expect(readdirSync(root)).toEqual([...stages.aside, 'blue'])
    for (const name of stages.aside) stages.removeAside(name)
    expect(readdirSync(root)).toEqual(['blue'])
  })
})
