import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stageProblem } from '../../../src/attach/root.js'
import { Stages } from '../../../src/attach/stages.js'
import { EnvironmentError } from '../../../src/errors.js'
import { native } from '../../../src/native.js'

let directory: string
let root: string
beforeEach(() => {
  directory = mkdtempSync('/run/udev-proxy-test-')
  root = join(directory, 'stage')
})
afterEach(() => {
  for (const path of mountsBelow().reverse()) native.unmount(path)
  rmSync(directory, { recursive: true })
})

function mountsBelow(): string[] {
  const targets = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  return targets.filter((path) => path.startsWith(directory))
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}

function mountTmpfs(source: string, options = 'mode=0755'): void {
  mkdirSync(root, { recursive: true })
  run('mount', '-t', 'tmpfs', '-o', options, source, root)
}

/** A person's files, in a directory that a stage would have, too. */
function fill(path: string): void {
  mkdirSync(join(path, 'photos/scratch'), { recursive: true })
  mkdirSync(join(path, 'photos/input'))
  writeFileSync(join(path, 'photos/scratch/thesis.txt'), 'mine')
}

/** All below it, with modes. */
function contents(path: string): string {
  return spawnSync('find', [path, '-printf', '%p %m %y %l\\n'], { encoding: 'utf8' }).stdout
}

/** Refused with the same words by who looks and by who would mount, and nothing is changed. */
function expectRefused(words: RegExp, stage = root): void {
  const before = contents(directory)
  const mounts = mountsBelow()
  expect(stageProblem(stage)).toMatch(words)
  expect(() => new Stages(stage, native)).toThrow(EnvironmentError)
  expect(() => new Stages(stage, native)).toThrow(words)
  expect(contents(directory)).toBe(before)
  expect(mountsBelow()).toEqual(mounts)
}

describe('the directory of the stages', () => {
  it('is the same by whatever symlinks it is named, and has one tmpfs', () => {
    mkdirSync(join(directory, 'real'))
    symlinkSync(join(directory, 'real'), join(directory, 'link'))
    const real = join(directory, 'real/a/stage')
    for (const stage of [join(directory, 'link/a/stage'), `${real}/`, `${directory}/link//a/./stage`, real]) {
      expect(stageProblem(stage)).toBeUndefined()
      const stages = new Stages(stage, native)
      expect(stages.root).toBe(real)
      stages.get('red')
      expect(mountsBelow()).toEqual([real])
      expect(stages.all().map(({ name }) => name)).toEqual(['red'])
    }
  })

  it('is refused when another file system is mounted there', () => {
    const disk = join(directory, 'disk')
    fill(disk)
    mkdirSync(root)
    run('mount', '--bind', disk, root)
    expectRefused(/stage, where the stages are to be, is where \S+ \(\w+\) is mounted.*: choose another/)
    native.unmount(root)
    run('mount', '-t', 'ramfs', 'data', root)
    expectRefused(/is where data \(ramfs\) is mounted, which is not udev-proxy's/)
  })

  it('is refused when it is a tmpfs of another that has something', () => {
    mountTmpfs('data')
    fill(root)
    expectRefused(/is where data \(tmpfs\) is mounted, .* not empty \(photos\)/)
  })

  it('is refused when it has something that a tmpfs would hide', () => {
    fill(root)
    expectRefused(/is not empty \(photos\).* move that elsewhere, or choose another directory as stage:/)
  })

  it('may have directories that the engine has made for volumes before the tmpfs was there', () => {
    mkdirSync(join(root, 'red/input'), { recursive: true })
    expect(new Stages(root, native).all()).toEqual([])
    expect(mountsBelow()).toEqual([root])
  })

  it('may be a tmpfs that an administrator has mounted, when it is empty', () => {
    mountTmpfs('mine')
    expect(stageProblem(root)).toBeUndefined()
    new Stages(root, native).get('red')
    writeFileSync(join(root, 'notes'), '')
    const warnings: string[] = []
    const next = new Stages(root, native, undefined, (message) => warnings.push(message))
    expect(next.all().map(({ name }) => name)).toEqual(['red'])
    expect(mountsBelow()).toEqual([root])
    expect(warnings).toEqual([expect.stringMatching(/left alone: notes$/)])
  })

  it('may be a tmpfs of an administrator that a release before has used', () => {
    mountTmpfs('mine')
    new Stages(root, native).get('red')
    rmSync(join(root, '.udev-proxy'))
    expect(new Stages(root, native).all().map(({ name }) => name)).toEqual(['red'])
  })

  it('keeps what is no stage as it is, says so, and makes no stage of it', () => {
    mountTmpfs('udev-proxy')
    fill(root)
    writeFileSync(join(root, 'file'), '')
    symlinkSync('/etc', join(root, 'link'))
    const before = contents(join(root, 'photos'))
    const warnings: string[] = []
    const failures: string[] = []
    const stages = new Stages(
      root,
      native,
      (name, error) => failures.push(`${name}: ${String(error)}`),
      (message) => warnings.push(message),
    )
    expect(stages.all()).toEqual([])
    expect(warnings).toHaveLength(1)
    for (const name of ['photos', 'file', 'link']) {
      expect(warnings[0]).toContain(name)
      expect(stages.find(name)).toBeUndefined()
      expect(failures.at(-1)).toMatch(new RegExp(`^${name}: .*${name} is something else; move it`))
    }
    expect(contents(join(root, 'photos'))).toBe(before)
  })

  it('is known by the mount that one gets to, and not by one that is covered', () => {
    mountTmpfs('udev-proxy')
    run('mount', '-t', 'tmpfs', 'above', directory)
    new Stages(root, native).get('red')
    expect(mountsBelow()).toEqual([root, directory, root])
    native.unmount(root)
    native.unmount(directory)
    expect(readdirSync(root)).toEqual([])
  })

  it.for([
    ['nodev', /mounted nodev: mount -o remount,dev \S+stage$/],
    ['ro', /read-only: mount -o remount,rw \S+stage;/],
  ] as const)('is refused when it is mounted %s', ([option, words]) => {
    mountTmpfs('udev-proxy', option)
    expectRefused(words)
  })

  it('is refused when it is a file, or its path leads nowhere', () => {
    writeFileSync(root, 'mine')
    expectRefused(/is no directory: remove it, or choose/)
    expectRefused(/the stages can't be at \S+stage\/below: ENOTDIR.* choose another/, join(root, 'below'))
    symlinkSync('/nowhere/at/all', join(directory, 'dangling'))
    expectRefused(/the stages can't be at \S+dangling: ENOENT/, join(directory, 'dangling'))
    symlinkSync('loop', join(directory, 'loop'))
    expectRefused(/ELOOP/, join(directory, 'loop/stage'))
    expect(readFileSync(root, 'utf8')).toBe('mine')
  })

  it.for([
    '/',
    '/dev',
    '/dev/input',
    '/dev/shm',
    '/run',
    '/run/udev',
    '/run/udev/data',
    '/proc/sys',
    '/sys/x',
    '/home',
    '/tmp',
  ])('is never %s', (stage) => {
    const { mode } = statSync('/run')
    expectRefused(/a directory of the system/, stage)
    expectRefused(/a directory of the system/, `${stage}/.`)
    expect(statSync('/run').mode).toBe(mode)
  })

  it('does not have the control socket in it', () => {
    expect(stageProblem(root, join(root, 'control.sock'))).toMatch(/control socket .* would be in the stage/)
    symlinkSync(directory, join(directory, 'link'))
    expect(stageProblem(root, join(directory, 'link/stage/x/control.sock'))).toMatch(/would be in the stage/)
    expect(stageProblem(root, join(directory, 'control.sock'))).toBeUndefined()
  })

  it('leaves what is mounted in a stage, or linked into it, as it is', () => {
    const stages = new Stages(root, native)
    for (const name of ['red', 'blue', 'green']) stages.get(name)
    const other = join(directory, 'other')
    fill(other)
    run('mount', '--bind', other, join(root, 'red/input'))
    rmSync(join(root, 'blue/udev/data'), { recursive: true })
    symlinkSync(other, join(root, 'blue/udev/data'))
    const failures: string[] = []
    const next = new Stages(root, native, (name, error) => failures.push(`${name}: ${String(error)}`))
    expect(next.all().map(({ name }) => name)).toEqual(['green'])
    expect(failures.toSorted()).toEqual([
      expect.stringMatching(/^blue: .*udev\/data is no directory; remove it/),
      expect.stringMatching(/^red: .*something is mounted at \S+red\/input; unmount it/),
    ])
    expect(existsSync(join(other, 'photos/scratch/thesis.txt'))).toBe(true)
  })
})

describe('the stages of a daemon that runs', () => {
  it('are made anew where their file system was unmounted, and nothing is made in its place', () => {
    const warnings: string[] = []
    const stages = new Stages(root, native, undefined, (message) => warnings.push(message))
    const [red, blue] = [stages.get('red'), stages.get('blue')]
    expect([red.isLost, red.isBroken]).toEqual([false, false])
    native.unmount(root)
    expect([red.isLost, red.isBroken]).toEqual([true, true])
    const green = stages.get('green')
    expect(mountsBelow()).toEqual([root])
    expect([red.isLost, green.isLost]).toEqual([true, false])
    for (const stage of [red, blue]) expect(stages.remake(stage)).toBe(true)
    expect(readdirSync(root).toSorted()).toEqual(['blue', 'green', 'red'])
    expect([red.isBroken, blue.isBroken]).toEqual([false, false])
    expect(warnings).toEqual([expect.stringMatching(/stage was unmounted: there is one again/)])
    native.unmount(root)
    expect(readdirSync(root)).toEqual([])
  })

  it('have no place where something else has come, which is said once, and is not touched', () => {
    const lost: string[] = []
    const failures: string[] = []
    const stages = new Stages(
      root,
      native,
      (name) => failures.push(name),
      () => undefined,
      (error) => lost.push(`${error.name}: ${error.message}`),
    )
    const [red, blue] = [stages.get('red'), stages.get('blue')]
    native.unmount(root)
    fill(root)
    const before = contents(root)
    for (const stage of [red, blue, red]) expect(stages.remake(stage)).toBe(false)
    expect(lost).toEqual([expect.stringMatching(/^EnvironmentError: .* is not empty \(photos\)/)])
    expect(failures).toEqual([])
    expect(contents(root)).toBe(before)
  })
})
