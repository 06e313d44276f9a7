// The socket at which the daemon tells its state: one document for whoever connects, who must be root.
import { lstatSync, mkdirSync, unlinkSync, utimesSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { dirname } from 'node:path'
import { EnvironmentError, isSystemError, messageOf } from '../errors.js'

/** How long whoever has asked may take to read, in milliseconds. */
const PATIENCE = 5000
/** More are turned away. */
const MAX_CLIENTS = 8

export class ControlSocket {
  private readonly clients = new Set<Socket>()
  private document: (() => string) | undefined
  private fail: (error: unknown) => void = () => undefined

  private constructor(
    private readonly server: Server,
    private readonly path: string,
  ) {
    server.maxConnections = MAX_CLIENTS
    server.on('connection', (client) => this.answer(client))
    // Of one that could not be accepted: it sees that itself.
    server.on('error', () => undefined)
  }

  /**
   * Takes the path: what a daemon that has ended left there is replaced. Throws EnvironmentError when one that lives has it, or it can't be had. Nobody is
   * answered before `serve`.
   */
  static async open(path: string): Promise<ControlSocket> {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
      if (await isFree(path)) return new ControlSocket(await listen(path), path)
    } catch (error) {
      throw new EnvironmentError(`the control socket ${path} can't be opened: ${messageOf(error)}`)
    }
    throw new EnvironmentError(
      `another udev-proxy runs and has the control socket ${path}: stop it, or give one of them a stage and a control of its own in its config`,
    )
  }

  /** Answers everybody with `document` from now on; what it throws goes to `fail`, and whoever has asked gets nothing. */
  serve(document: () => string, fail: (error: unknown) => void): void {
    this.document = document
    this.fail = fail
  }

  /** Lets those notice who watch the path that the config is another now. */
  noteChange(): void {
    const now = new Date()
    try {
      utimesSync(this.path, now, now)
    } catch (error) {
      // Somebody has removed it.
      if (!isSystemError(error)) throw error
    }
  }

  /** Removes the socket; who is being answered is cut short. */
  close(): void {
    // It unlinks the path as well (libuv: uv__pipe_close).
    this.server.close()
    for (const client of this.clients) client.destroy()
  }

  private answer(client: Socket): void {
    this.clients.add(client)
    client.on('close', () => this.clients.delete(client))
    // It has gone before it has read all.
    client.on('error', () => undefined)
    client.setTimeout(PATIENCE, () => client.destroy())
    client.resume()
    try {
      client.end(this.document?.() ?? '')
    } catch (error) {
      client.destroy()
      this.fail(error)
    }
  }
}

/** Whether nobody listens there; what is left of somebody who did is removed. */
async function isFree(path: string): Promise<boolean> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return true
  if (!stat.isSocket()) throw new Error('there is something that is no socket')
  if (await isLive(path)) return false
  unlinkSync(path)
  return true
}

async function isLive(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const client = connect(path)
    client.on('connect', () => {
      client.destroy()
      resolve(true)
    })
    client.on('error', (error) => {
      // EAGAIN: its queue is full, and so it lives (net/unix/af_unix.c: unix_stream_connect).
      if (isSystemError(error, 'EAGAIN')) resolve(true)
      else if (isSystemError(error, 'ECONNREFUSED', 'ENOENT')) resolve(false)
      else reject(error)
    })
  })
}

async function listen(path: string): Promise<Server> {
  const server = createServer()
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  // listen() binds before it returns, and bind(2) makes the file with these permissions: a chmod would come too late.
  const umask = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(umask)
  }
  await listening
  return server
}
