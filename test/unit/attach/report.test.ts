import { describe, expect, it } from 'vitest'
import type { Applied } from '../../../src/attach/plan.js'
import type { AttachReport } from '../../../src/attach/report.js'
import { attachReport } from '../../../src/attach/report.js'
import type { StepName } from '../../../src/attach/step-name.js'
import type { StageView } from '../../../src/attach/waiting.js'
import type { World } from '../../../src/attach/world.js'
import {
  addDevice,
  createWorld,
  refuseContainer,
  removeDevice,
  setContainer,
} from '../../../src/attach/world.js'
import type { Container } from '../../../src/container/engine.js'
import { compiled, container } from '../routes.js'
import { KEYBOARD_KEYS, childDevice, hidDevice, inputDevice } from '../uevents.js'
import { applied } from './attachments.js'

const pad = inputDevice({ name: 'Pad' })
const event = childDevice(pad, 'event7', 71)
const STAGED: StepName[] = ['node', 'link', 'record']
const LIVE: StepName[] = ['grant', 'node', 'bind', 'link', 'linkInside', 'record', 'announce']
const OPEN = { hasOwnUdevd: false, hearsHost: false }

/** A world with one route to `selector`, and one pad. */
function worldOf(selector: string, ...containers: Container[]): World {
  const routes = [compiled('one', { vendor: ['045e'] }, selector)]
  const world: World = { ...createWorld(routes, '4:host'), containersKnown: true }
  for (const one of containers) setContainer(world, one)
  for (const device of [pad, event]) addDevice(world, device)
  return world
}

function stage(name: string, steps: StepName[], session?: StageView['session']): StageView {
  const all = [pad, event].map((device) => applied(device, { done: new Set(steps) }))
  return { name, all, session }
}

function reportOf(world: World, stages: StageView[] = [], problem?: string): AttachReport {
  return attachReport(world, stages, () => problem)
}

const statesOf = ({ containers }: AttachReport): string[] =>
  containers.flatMap(({ units }) => units.flatMap(({ devices }) => devices.map(({ state }) => state)))

describe('a container is told of', () => {
  it('with what it has, device by device', () => {
    const { containers, waiting, failures } = reportOf(worldOf('retro', container('retro', 1)), [
      stage('retro', LIVE, OPEN),
    ])
    expect(containers).toEqual([
      {
        name: 'retro',
        id: 'retro0000000',
        state: 'served',
        hasOwnUdevd: false,
        units: [
          {
            unit: pad.unit,
            title: '"Pad" (045e:028e)',
            route: 'a',
            devices: [
              { devpath: pad.devpath, state: 'live', done: LIVE },
              {
                devpath: event.devpath,
                state: 'live',
                done: LIVE,
                node: { path: '/dev/input/event7', number: '13:71', mode: '0660', uid: 0, gid: 0 },
              },
            ],
          },
        ],
      },
    ])
    expect([waiting, failures]).toEqual([[], []])
  })

  it.each<[string, string | undefined, World, StageView[]]>([
    ['served', undefined, worldOf('retro', container('retro', 1)), [stage('retro', LIVE, OPEN)]],
    ['opening', 'EMFILE', worldOf('retro', container('retro', 1)), [stage('retro', STAGED)]],
    ['stopped', undefined, worldOf('retro', container('retro')), [stage('retro', STAGED)]],
    ['absent', undefined, worldOf('retro'), [stage('retro', STAGED)]],
    ['unknown', undefined, { ...worldOf('retro'), containersKnown: false }, [stage('retro', STAGED)]],
  ])('as %s', (state, reason, world, stages) => {
    const { containers } = reportOf(world, stages, 'EMFILE')
    expect(containers.map((one) => [one.name, one.state, one.reason])).toEqual([['retro', state, reason]])
  })

  it('as refused, with the reason', () => {
    const world = worldOf('retro', container('retro', 1))
    refuseContainer(world, container('retro').id, 'it has something')
    const { containers } = reportOf(world)
    expect(containers).toMatchObject([{ state: 'refused', reason: 'it has something' }])
  })

  it('with those that share its network', () => {
    const [retro, vpn] = ['retro', 'vpn'].map((name) => ({
      ...container(name),
      running: { pid: 1, startedAt: 1, netns: '4:vpn' },
    }))
    const { containers } = reportOf(worldOf('retro', ...[retro, vpn].flatMap((one) => one ?? [])))
    expect(containers).toMatchObject([{ name: 'retro', network: { kind: 'shared', others: ['vpn'] } }])
  })

  it('when a route means it, names it, or did so while it still has something', () => {
    const world = worldOf('retro-*', container('retro-2', 1), container('other', 1))
    const { containers } = reportOf(world, [stage('former', STAGED), { ...stage('empty', []), all: [] }])
    expect(containers.map(({ name }) => name)).toEqual(['former', 'retro-2'])
  })
})

describe('a device is told of', () => {
  it.each<[string, StageView, World]>([
    ['live', stage('retro', LIVE, OPEN), worldOf('retro', container('retro', 1))],
    [
      'live',
      stage('retro', ['grant', 'node'], { hasOwnUdevd: true, hearsHost: false }),
      worldOf('retro', container('retro', 1)),
    ],
    [
      'live',
      stage('retro', ['grant', 'node', 'record'], { hasOwnUdevd: false, hearsHost: true }),
      worldOf('retro', container('retro', 1)),
    ],
    ['pending', stage('retro', ['grant', 'node'], OPEN), worldOf('retro', container('retro', 1))],
    ['staged', stage('retro', STAGED), worldOf('retro', container('retro'))],
    ['leaving', stage('former', STAGED), worldOf('retro', container('retro', 1))],
  ])('as %s', (state, view, world) => {
    expect(statesOf(reportOf(world, [view]))).toEqual([state, state])
  })

  it('as leaving when it was unplugged', () => {
    const world = worldOf('retro', container('retro', 1))
    for (const { unit, devpath } of [event, pad]) removeDevice(world, unit, devpath)
    expect(statesOf(reportOf(world, [stage('retro', ['announce'], OPEN)]))).toEqual(['leaving', 'leaving'])
  })

  it('as failed, with step, reason, tries and the time of the next', () => {
    const failed = { step: 'record', direction: 'apply', reason: 'ENOSPC', retryAt: 1_000 } as const
    const all: Applied[] = [
      applied(pad, { done: new Set(LIVE) }),
      applied(event, { failures: 2, paused: true, failed }),
    ]
    const report = reportOf(worldOf('retro', container('retro', 1)), [{ name: 'retro', all, session: OPEN }])
    expect(statesOf(report)).toEqual(['live', 'failed'])
    expect(report.failures).toEqual([
      {
        container: 'retro',
        unit: pad.unit,
        title: '"Pad" (045e:028e)',
        devpath: event.devpath,
        device: 'input/event7',
        route: 'a',
        step: 'record',
        direction: 'apply',
        reason: 'ENOSPC',
        tries: 2,
        retryAt: '1970-01-01T00:00:01.000Z',
      },
    ])
  })
})

describe('a unit waits', () => {
  const whyOf = (world: World, stages: StageView[] = []): unknown[] =>
    reportOf(world, stages).waiting.map(({ why, reason, container: owner }) => [why, reason, owner])

  it('until its container runs, and is told of with its nodes and its route', () => {
    const { waiting } = reportOf(worldOf('retro', container('retro')), [stage('retro', STAGED)])
    expect(waiting).toEqual([
      {
        unit: pad.unit,
        title: '"Pad" (045e:028e)',
        nodes: ['/dev/input/event7'],
        why: 'absent',
        reason: 'container retro does not run',
        route: 'one',
        container: 'retro',
      },
    ])
  })

  it('until a container runs that is meant', () => {
    expect(whyOf(worldOf('retro-*'))).toEqual([['absent', 'no running container matches retro-*', undefined]])
  })

  it('until its container is not refused any more', () => {
    const world = worldOf('retro', container('retro', 1))
    refuseContainer(world, container('retro').id, 'it has something')
    expect(whyOf(world)).toEqual([['refused', 'container retro is refused: it has something', 'retro']])
  })

  it('until another container has let go of it', () => {
    const world = worldOf('retro', container('retro', 1))
    expect(whyOf(world, [stage('other', ['announce'], OPEN)])).toEqual([
      ['held', 'container other still has it', 'retro'],
    ])
  })

  it('until the engine has told which containers there are', () => {
    expect(whyOf({ ...worldOf('retro'), containersKnown: false })).toEqual([
      ['engine', 'the engine has not listed its containers yet', undefined],
    ])
  })

  it('until it is known whether it is a keyboard, and for good when it is one that no route names', () => {
    const world = worldOf('retro', container('retro', 1))
    addDevice(world, hidDevice())
    const keyboard = inputDevice({ number: 24, name: 'Keys', ev: '120013', key: KEYBOARD_KEYS, abs: '0' })
    addDevice(world, keyboard)
    expect(reportOf(world).waiting.map(({ title, why, route }) => [title, why, route])).toEqual([
      ['"Test HID Pad" (054c:0ce6)', 'undecided', undefined],
      ['"Keys" (045e:028e)', 'keyboard', 'one'],
    ])
  })

  it('not when it is on its way, nor when no route takes it, which is counted', () => {
    const world = worldOf('retro', container('retro', 1))
    addDevice(world, inputDevice({ number: 24, name: 'Stranger', vendor: '1' }))
    const { waiting, unrouted } = reportOf(world)
    expect([waiting, unrouted]).toEqual([[], 1])
  })
})

it('a container is told of with what it can not open', () => {
  const world = worldOf('retro', container('retro', 1))
  const { containers } = attachReport(
    world,
    [stage('retro', LIVE, OPEN)],
    () => undefined,
    () => ["can't open event7 (13:71)"],
  )
  expect(containers[0]).toMatchObject({ state: 'served', problems: ["can't open event7 (13:71)"] })
})
