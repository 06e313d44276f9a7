import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { loadDockerode } from '../../../src/container/dockerode.js'

const require = createRequire(import.meta.url)

it('loads dockerode without its packages for ssh and gRPC', () => {
  const Docker = loadDockerode()
  const docker = new Docker({ socketPath: '/nowhere.sock' })
  expect(docker).toHaveProperty('listContainers')

  const files = Object.keys(require.cache).filter((path) =>
    /\/node_modules\/(?:ssh2|@grpc|protobufjs)\//.test(path),
  )
  // Their main files are known, and none was run: what they require would be here, too.
  expect(files).toEqual([
    expect.stringContaining('/ssh2/'),
    expect.stringContaining('/@grpc/grpc-js/'),
    expect.stringContaining('/@grpc/proto-loader/'),
  ])
})

it('gives the same class to all', () => {
  expect(loadDockerode()).toBe(loadDockerode())
})
