import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Notices } from '../../../src/attach/notices.js'
import type { World } from '../../../src/attach/world.js'
import { addDevice, createWorld, moveUnit, removeDevice, setContainer } from '../../../src/attach/world.js'
import { recordingLog } from '../log.js'
import { compiled, container } from '../routes.js'
import { KEYBOARD_KEYS, childDevice, inputDevice } from '../uevents.js'

const pad = inputDevice({ name: 'Pad' })

function bench(selector = 'retro-*') {
  const world: World = {
    ...createWorld([compiled('r', { vendor: ['045e'] }, selector)], '4:host'),
    containersKnown: true,
  }
  const { log, lines } = recordingLog()
  return { world, notices: new Notices(world, log), lines }
}

describe('Notices', () => {
  it('tell once that a unit waits for its container, however many devices it has', () => {
    const { world, notices, lines } = bench('retro')
    for (const device of [pad, childDevice(pad, 'event7', 71)]) {
      addDevice(world, device)
      notices.look(pad.unit)
    }
    expect(lines).toMatchObject([
      { level: 'info', action: 'wait', message: '"Pad" (045e:028e) waits for container retro to run' },
    ])
  })

  it('say nothing before it is known which containers there are', () => {
    const { world, notices, lines } = bench()
    world.containersKnown = false
    addDevice(world, pad)
    notices.look(pad.unit)
    expect(lines).toEqual([])
  })

  it('warn when several containers are meant, and say which one has it', () => {
    const { world, notices, lines } = bench()
    setContainer(world, container('retro-2', 20))
    setContainer(world, container('retro-1', 10))
    addDevice(world, pad)
    notices.look(pad.unit)
    notices.look(pad.unit)
    expect(lines).toMatchObject([
      {
        level: 'warn',
        container: 'retro-1',
        message:
          'route r means retro-1 and retro-2: "Pad" (045e:028e) goes to retro-1, which was started first; name one of them in the route to choose',
      },
    ])
  })

  it('warn once of a refusal, with container, device and reason, and again for another run', () => {
    const { world, notices, lines } = bench()
    const sharing = { pid: 1, netns: '4:host' }
    setContainer(world, { ...container('retro-1'), running: { ...sharing, startedAt: 1 } })
    addDevice(world, pad)
    notices.look(pad.unit)
    notices.look(pad.unit)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 'warn',
      container: 'retro-1',
      device: '"Pad" (045e:028e)',
      action: 'refuse',
    })
    expect(lines[0]?.message).toContain("shares the host's network namespace")
    setContainer(world, { ...container('retro-1'), running: { ...sharing, startedAt: 2 } })
    notices.look(pad.unit)
    expect(lines).toHaveLength(2)
  })

  it('tell that a keyboard stays with the host, and what to write', () => {
    const { world, notices, lines } = bench()
    const keyboard = inputDevice({ name: 'Keys', ev: '120013', key: KEYBOARD_KEYS, abs: '0' })
    addDevice(world, keyboard)
    notices.look(keyboard.unit)
    expect(lines[0]?.message).toBe(
      '"Keys" (045e:028e) stays with the host: route r matches, but a keyboard goes only to a route that says name: or class: keyboard',
    )
  })

  it('tell that a unit is withdrawn from its container for a keyboard, and why', () => {
    const { world, notices, lines } = bench('retro')
    const keyboard = inputDevice({ name: 'Keys', ev: '120013', key: KEYBOARD_KEYS, abs: '0' })
    addDevice(world, keyboard)
    notices.look(keyboard.unit, ['retro'])
    notices.look(keyboard.unit)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ level: 'warn', container: 'retro', action: 'withhold' })
    expect(lines[0]?.message).toBe(
      '"Keys" (045e:028e) is withdrawn from retro: it has a keyboard now, and a keyboard goes only to a route that names it (name: or class: keyboard), which route r does not',
    )
  })

  it('hold for a unit that has another key', () => {
    const { world, notices, lines } = bench('retro')
    addDevice(world, pad)
    notices.look(pad.unit)
    const unit = world.units.get(pad.unit)
    if (unit === undefined) throw new Error('no unit')
    const to = '/devices/elsewhere/input23'
    moveUnit(world, unit, to, { from: pad.unit, to })
    notices.moved(pad.unit, to)
    notices.look(to)
    expect(lines).toHaveLength(1)
    expect(notices.size).toBe(1)
  })

  it('begin anew with a unit that was gone', () => {
    const { world, notices, lines } = bench('retro')
    addDevice(world, pad)
    notices.look(pad.unit)
    removeDevice(world, pad.unit, pad.devpath)
    notices.look(pad.unit)
    addDevice(world, pad)
    notices.look(pad.unit)
    expect(lines).toHaveLength(2)
  })

  it('offer a container that has nearly the name of the route, and say of it once at the start as well', () => {
    const { world, notices, lines } = bench('Games_retro_1')
    setContainer(world, container('games-retro-1'))
    notices.lookAtRoutes()
    notices.lookAtRoutes()
    addDevice(world, pad)
    notices.look(pad.unit)
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'route r: there is no container Games_retro_1; did you mean games-retro-1?'],
      [
        'warn',
        '"Pad" (045e:028e) waits for container Games_retro_1 to run: there is no container Games_retro_1; did you mean games-retro-1?',
      ],
    ])
  })
})

describe('a unit that no route takes', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const stranger = inputDevice({ name: 'Stranger', vendor: '1' })

  it('is told of once, with the command that says why, when all of it has come', () => {
    const { world, notices, lines } = bench()
    for (const device of [stranger, childDevice(stranger, 'js1', 1), childDevice(stranger, 'event7', 71)]) {
      addDevice(world, device)
      notices.look(stranger.unit)
    }
    vi.advanceTimersByTime(1000)
    notices.look(stranger.unit)
    vi.advanceTimersByTime(1000)
    expect(lines).toMatchObject([
      {
        level: 'info',
        message: '"Stranger" (0001:028e) plugged: no route takes it (udev-proxy explain event7)',
      },
    ])
    removeDevice(world, stranger.unit, stranger.devpath)
  })

  it('is no news when it was there at the start, or is no pad', () => {
    const { world, notices, lines } = bench()
    const keys = inputDevice({ number: 24, vendor: '1', ev: '120013', key: KEYBOARD_KEYS, abs: '0' })
    for (const device of [stranger, keys]) addDevice(world, device)
    notices.passOver([stranger.unit])
    for (const { unit } of [stranger, keys]) notices.look(unit)
    vi.advanceTimersByTime(1000)
    expect(lines.map(({ level }) => level)).toEqual(['debug'])
  })

  it('is not told of when it has gone meanwhile, or a route takes it after all', () => {
    const { world, notices, lines } = bench('retro')
    addDevice(world, stranger)
    notices.look(stranger.unit)
    removeDevice(world, stranger.unit, stranger.devpath)
    notices.look(stranger.unit)
    addDevice(world, pad)
    notices.look(pad.unit)
    vi.advanceTimersByTime(1000)
    expect(lines.map(({ action }) => action)).toEqual(['wait'])
  })
})
