// dockerode with Node's own requests, and without what it loads for engines of other machines: ssh, and gRPC for BuildKit (9 MB).
import http from 'node:http'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
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
  const requireOf = (by: string): NodeJS.Require => createRequire(createRequire(dockerode).resolve(by))
  for (const [by, name] of UNUSED) replace(require, requireOf(by).resolve(name), {})
  // Its own lib/http.js follows a redirect to whatever host an answer names, and nobody listens to that request's errors.
  replace(require, requireOf('docker-modem').resolve('./http'), { http: { request } })
  return require(dockerode) as typeof Dockerode
}

function replace(require: NodeJS.Require, path: string, exports: object): void {
  require.cache[path] ??= Object.assign(new Module(path), { loaded: true, exports })
}

/** http.request, with an error for each end without a response: of an upgrade that nobody asked for Node tells nobody. */
function request(options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
  // A connection for each: what an engine sends after an answer is not the beginning of the next.
  const made = http.request({ ...options, agent: false }, onResponse)
  let hasResponse = false
  made.on('response', () => (hasResponse = true))
  made.on('upgrade', ({ statusCode }, socket) => {
    socket.destroy()
    made.emit('error', new Error(`it answers with status ${statusCode ?? 0}`))
  })
  made.on('close', () => {
    if (!hasResponse) made.emit('error', new Error('it has closed the connection without an answer'))
  })
  return made
}
