import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Applied } from '../../../src/attach/plan.js'
import { Stages } from '../../../src/attach/stages.js'
import { native } from '../../../src/native.js'
import { applyRules } from '../../../src/udev/rules.js'
import { childDevice, hidDevice, hidrawDevice, inputDevice } from '../uevents.js'

const NODE = { mode: 0o660, uid: 1000, gid: 44 }
const pad = inputDevice({ name: 'Pad' })
const event = childDevice(pad, 'event7', 71)
const hidraw = hidrawDevice(hidDevice())
if (event.node === undefined || hidraw.node === undefined) throw new Error('no nodes')
const { node } = event

const applied = (
  device: typeof pad,
  done: Applied['done'] = new Set(['node', 'record', 'announce']),
): Applied => ({
  attachment: { device, route: 'r', node: NODE },
  record: applyRules(device),
  done,
  appliedAt: 5,
  failures: 0,
  paused: false,
})

describe('a stage', () => {
  let directory: string
  let root: string
  beforeEach(() => {
    directory = mkdtempSync('/run/udev-proxy-test-')
    root = join(directory, 'stage')
  })
  afterEach(() => {
    native.unmount(root)
    rmSync(directory, { recursive: true })
  })

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

  it('writes a record complete, and removes it; neither minds if it was done before', () => {
    const stage = new Stages(root, native).get('retro')
    const data = join(stage.mounts.udev.path, 'data')
    const record = applyRules(event)
    stage.writeRecord(record)
    stage.writeRecord(record)
    expect(readdirSync(data)).toEqual(['c13:71'])
    expect(readFileSync(join(data, 'c13:71'), 'utf8')).toMatch(/^I:\d+\nE:ID_INPUT=1\n/)
    expect(statSync(join(data, 'c13:71')).mode & 0o777).toBe(0o644)
    stage.removeRecord(record)
    stage.removeRecord(record)
    expect(readdirSync(data)).toEqual([])
  })

  it('is taken up by the next daemon with what was done, and who has heard of it', () => {
    const stage = new Stages(root, native).get('retro')
    for (const device of [pad, event]) {
      if (device.node !== undefined) stage.placeNode(device.node, NODE)
      stage.writeRecord(applyRules(device))
      stage.ledger.write(applied(device), 'run 1')
    }
    const next = new Stages(root, native).get('retro')
    expect(next.all.map(({ attachment }) => attachment.device.devpath)).toEqual([pad.devpath, event.devpath])
    const [, second] = next.all
    if (second === undefined) throw new Error('no second')
    expect(second.attachment).toEqual({
      device: { ...event, facts: expect.anything() as object },
      route: 'r',
      node: NODE,
    })
    expect(second.attachment.device.facts.name).toBe('Pad')
    expect([...second.record.properties]).toEqual([...applyRules(event).properties])
    expect([...second.done]).toEqual(['node', 'record'])
    expect(next.ledger.wasAnnounced(second, 'run 1')).toBe(true)
    expect(next.ledger.wasAnnounced(second, 'run 2')).toBe(false)
    expect(lstatSync(join(root, 'retro/input/event7')).isCharacterDevice()).toBe(true)
  })

  it('is freed of what a daemon did not finish, and of a ledger that was cut short', () => {
    const stages = new Stages(root, native)
    const stage = stages.get('retro')
    stage.placeNode(node, NODE)
    stage.writeRecord(applyRules(event))
    writeFileSync(join(root, 'retro/ledger/c13:71'), '{"device":')
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

  it('remembers into which run of its container it was mounted', () => {
    const stage = new Stages(root, native).get('retro')
    expect(stage.ledger.mountedInto()).toBeUndefined()
    stage.ledger.noteMounted('run 1')
    expect(new Stages(root, native).get('retro').ledger.mountedInto()).toBe('run 1')
  })
})
