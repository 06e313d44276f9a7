// dockerode without what it loads for engines of other machines, over ssh, and for BuildKit's sessions, over gRPC: 9 MB that would never be used.
import Module, { createRequire } from 'node:module'
import type Dockerode from 'dockerode'

/** Who requires a package at the top of its main file, though only functions that are not called here use it. */
const UNUSED: readonly [by: string, name: string][] = [
  ['docker-modem', 'ssh2'],
  ['dockerode', '@grpc/grpc-js'],
  ['dockerode', '@grpc/proto-loader'],
]

/** The class, loaded when it is first asked for. */
export function loadDockerode(): typeof Dockerode {
  const require = createRequire(import.meta.url)
  const dockerode = require.resolve('dockerode')
  for (const [by, name] of UNUSED) {
    const path = createRequire(createRequire(dockerode).resolve(by)).resolve(name)
    require.cache[path] ??= Object.assign(new Module(path), { loaded: true })
  }
  return require(dockerode) as typeof Dockerode
}
