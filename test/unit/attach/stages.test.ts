import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { MissingStages } from '../../../src/attach/missing-stages.js'
import { mountedBelow } from '../../../src/attach/mounted.js'
import { newNames } from '../../../src/attach/names.js'
import { Stages } from '../../../src/attach/stages.js'
import { createWorld, setContainers } from '../../../src/attach/world.js'
import { native } from '../../../src/native.js'
import { eachWithStageRoot } from './stage-root.js'

describe('the stages', () => {
  let root: string
  eachWithStageRoot((path) => (root = path))

  it("are root's alone, also where they were mounted otherwise", () => {
    new Stages(root, native)
    expect(statSync(root).mode & 0o777).toBe(0o700)
    expect(spawnSync('chmod', ['755', root]).status).toBe(0)
    new Stages(root, native)
    expect(statSync(root).mode & 0o777).toBe(0o700)
  })

  it('without room cost the containers that need it, and no others, also at the next start', () => {
    new Stages(root, native).get('early')
    expect(spawnSync('mount', ['-o', 'remount,nr_inodes=14', root]).status).toBe(0)
    for (let round = 0; round < 2; round++) {
      const failures: string[] = []
      const stages = new Stages(root, native, (name, error) => failures.push(`${name} ${String(error)}`))
      expect(stages.find('early')?.name).toBe('early')
      expect(stages.find('late')).toBeUndefined()
      expect(stages.find('late')).toBeUndefined()
      expect(failures).toEqual([expect.stringMatching(/^late .*ENOSPC/) as string])
      expect(spawnSync('mount', ['-o', 'remount,nr_inodes=1000', root]).status).toBe(0)
      if (round === 1) expect(stages.makeAgain('late')?.name).toBe('late')
      else expect(spawnSync('mount', ['-o', 'remount,nr_inodes=14', root]).status).toBe(0)
    }
  })

  it('are known to be mounted in another mount namespace', async () => {
    const stages = new Stages(root, native)
    for (const name of ['seen', 'unseen']) stages.get(name)
    expect(await mountedBelow(root)).toEqual(new Set())
    const script = `mount --bind ${root}/seen/input /mnt && echo ready && exec sleep 1000`
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script])
    try {
      await once(child.stdout, 'data')
      expect(await mountedBelow(root)).toEqual(new Set(['seen']))
    } finally {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
    await expect.poll(async () => mountedBelow(root)).toEqual(new Set())
  })

  it('that were put aside are found by the next daemon, as no stage of a container', () => {
    const stages = new Stages(root, native)
    const [red] = [stages.get('red'), stages.get('blue')]
    stages.rename(new Map([[red, 'blue']]))
    const next = new Stages(root, native)
    expect(next.all().map(({ name }) => name)).toEqual(['blue'])
    expect(next.aside).toHaveLength(1)
    for (const name of next.aside) next.removeAside(name)
    expect(readdirSync(root)).toEqual(['blue'])
  })

  it('are removed without what is mounted in them', () => {
    const stages = new Stages(root, native)
    const stage = stages.get('red')
    const victim = join(root, 'victim')
    mkdirSync(victim)
    writeFileSync(join(victim, 'precious'), '')
    mkdirSync(join(root, 'red/input/there'))
    expect(spawnSync('mount', ['--bind', victim, join(root, 'red/input/there')]).status).toBe(0)
    try {
      expect(() => stages.remove(stage)).toThrow(/EXDEV/)
      expect(readdirSync(victim)).toEqual(['precious'])
    } finally {
      for (const name of stages.aside) native.unmount(join(root, name, 'input/there'))
    }
  })
})

describe('names of containers that were renamed', () => {
  let root: string
  eachWithStageRoot((path) => (root = path))

  it('are taken over when they are free, and all at once when two were swapped', () => {
    const stages = new Stages(root, native)
    const [a, b] = [stages.get('a'), stages.get('b')]
    a.noteRun({ run: 'one@1', isMounted: true })
    b.noteRun({ run: 'two@1', isMounted: true })
    const world = createWorld([], 'host')
    const container = (id: string, name: string) => {
      return { id, name, labels: {}, running: { pid: 1, startedAt: 1, netns: id } }
    }
    // One is known to be b by now, and what two is called is not.
    setContainers(world, [container('one', 'b'), container('two', 'b')])
    expect(newNames(world, stages.all())).toEqual(new Map())
    setContainers(world, [container('one', 'b'), container('two', 'a')])
    expect(newNames(world, stages.all())).toEqual(
      new Map([
        [a, 'b'],
        [b, 'a'],
      ]),
    )
    // Of one that has ended nobody has the name.
    setContainers(world, [container('one', 'b')])
    expect(newNames(world, stages.all())).toEqual(new Map([[a, 'b']]))
  })
})

it('a stage that is missing is told of once, and tried again', () => {
  vi.useFakeTimers()
  try {
    const told: string[] = []
    const note = (message: string): void => void told.push(message)
    const tries: string[] = []
    const log = { error: note, warn: note, info: note, debug: note }
    const missing = new MissingStages(log, '/nowhere', (name) => {
      tries.push(name)
      missing.failed(name, new Error('ENOSPC'))
    })
    missing.failed('retro', new Error('ENOSPC'))
    vi.advanceTimersByTime(60_000)
    expect(told).toEqual([
      expect.stringMatching(/^container retro can't be served: its stage can't be made: ENOSPC/),
    ])
    expect(tries.length).toBeGreaterThanOrEqual(3)
    expect(missing.problemOf('retro')).toMatch(/ENOSPC/)
    missing.made('retro')
    expect(missing.problemOf('retro')).toBeUndefined()
    missing.stop()
  } finally {
    vi.useRealTimers()
  }
})
