import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { allows, openRefusal } from '../../../src/container/device-access.js'

const event7 = { name: 'input/event7', major: 13, minor: 71 }

describe('rules of a device cgroup', () => {
  it.each([
    [true, ['c 13:* rw']],
    [true, ['a *:* rwm']],
    [true, ['a']],
    [true, ['c 13:71 r', 'c *:71 w']],
    [true, ['c 1:3 rwm', '  c *:* rmw ']],
    [false, []],
    [false, ['c 13:* r']],
    [false, ['c *:* m', 'b *:* rwm']],
    [false, ['c 13:7 rw', 'c 130:* rw', 'nonsense', '']],
  ])('are said to be %s by %j', (expected, rules) => {
    expect(allows(rules, event7)).toBe(expected)
  })
})

describe('a container', () => {
  const running = { pid: process.pid, startedAt: 1, netns: '4:1' }
  const container = { id: 'a', name: 'retro', labels: {} }

  it('that does not run, or whose process has ended, is not said to be unable', () => {
    expect(openRefusal(container, event7)).toBeUndefined()
    expect(openRefusal({ ...container, running: { ...running, pid: 2 ** 22 + 1 } }, event7)).toBeUndefined()
  })

  it('of which the engine says nothing is not said to be unable, unless its cgroup says so', () => {
    // This process is of the root group under cgroup v1, and there is no list under v2.
    expect(readFileSync('/proc/self/cgroup', 'utf8')).toMatch(/^\d+:/)
    expect(openRefusal({ ...container, running }, event7)).toBeUndefined()
  })
})
