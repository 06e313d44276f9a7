import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { kindOfPath, locate } from '../../../src/kernel/locate.js'
import { SysfsTree } from '../sysfs-tree.js'

const NULL = '/devices/virtual/mem/null'
const INPUT = '/devices/virtual/input/input5'
let tree: SysfsTree

beforeAll(() => {
  tree = new SysfsTree()
  tree.add(NULL, { subsystem: 'mem' })
  tree.add(INPUT, { subsystem: 'input', attributes: { name: 'Pad' } })
  for (const directory of ['dev/char', 'class/input'])
    mkdirSync(join(tree.root, directory), { recursive: true })
  symlinkSync(join(tree.root, NULL), join(tree.root, 'dev/char/1:3'))
  symlinkSync(join(tree.root, INPUT), join(tree.root, 'class/input/input5'))
})
afterAll(() => tree.remove())

it.each([
  ['a devnode', '/dev/null', NULL],
  ['a devpath', INPUT, INPUT],
  ['a path of sysfs', `/sys${INPUT}`, INPUT],
  ['a link of sysfs', '/sys/class/input/input5', INPUT],
  ['a path with a slash at its end', `${INPUT}/`, INPUT],
])('%s leads to its device', (_, path, devpath) => {
  expect(locate(path, tree.root)).toBe(devpath)
})

it.each([
  ['nothing', '/dev/nothing'],
  ['a directory', '/dev'],
  ['a node of no device', '/dev/zero'],
  ['an attribute', `${INPUT}/name`],
  ['a directory that is no device', '/devices/virtual'],
  ['a path that leads out of sysfs', '/devices/../../../dev'],
])('%s is no device', (_, path) => {
  expect(locate(path, tree.root)).toBeUndefined()
})

it('a path says what it is', () => {
  expect(['/dev/input/event7', '/devices/x', '/sys/class', 'event7', '/etc'].map(kindOfPath)).toEqual([
    'devnode',
    'devpath',
    'sysfs',
    'sysfs',
    undefined,
  ])
})
