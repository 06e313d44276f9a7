import { describe, expect, it } from 'vitest'
import { dockerSocket } from '../../../src/container/docker.js'
import { EnvironmentError } from '../../../src/errors.js'

describe('dockerSocket', () => {
  it.each([
    ['the config before all', '/run/a.sock', 'unix:///run/b.sock', '/run/a.sock'],
    ['DOCKER_HOST', undefined, 'unix:///run/b.sock', '/run/b.sock'],
    ['the usual place', undefined, undefined, '/run/docker.sock'],
    ['the usual place when DOCKER_HOST is empty', undefined, '', '/run/docker.sock'],
  ])('follows %s', (_, configured, host, expected) => {
    expect(dockerSocket(configured, host)).toBe(expected)
  })

  it.each(['tcp://10.0.0.1:2375', 'ssh://root@host', 'unix://relative'])(
    'refuses %s, and says what to do',
    (host) => {
      expect(() => dockerSocket(undefined, host)).toThrow(EnvironmentError)
      expect(() => dockerSocket(undefined, host)).toThrow(/set it to unix:\/\//)
    },
  )
})
