import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EnvironmentError } from '../../../src/errors.js'
import { ControlSocket } from '../../../src/service/control.js'

let directory: string
let path: string
let control: ControlSocket | undefined
const clients: Socket[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'udev-proxy-control-'))
  path = join(directory, 'below/control.sock')
})
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
  control?.close()
  control = undefined
  rmSync(directory, { recursive: true })
})

async function open(document = '{}'): Promise<string[]> {
  const failures: string[] = []
  control = await ControlSocket.open(path)
  control.serve(
    () => document,
    (error) => failures.push(String(error)),
  )
  return failures
}

function client(): Socket {
  const socket = connect(path)
  clients.push(socket)
  return socket
}

async function asked(): Promise<string> {
  let text = ''
  for await (const chunk of client()) text += String(chunk)
  return text
}

describe('the control socket', () => {
  it('answers everybody who connects with the document, and closes', async () => {
    await open('{"a":"ü"}')
    expect(await Promise.all([asked(), asked()])).toEqual(['{"a":"ü"}', '{"a":"ü"}'])
  })

  it('has the mode 0600 from its first moment, and leaves the umask as it was', async () => {
    const umask = process.umask(0o022)
    const modes: number[] = []
    const opening = ControlSocket.open(path)
    const looking = setInterval(() => {
      const stat = statSync(path, { throwIfNoEntry: false })
      if (stat !== undefined) modes.push(stat.mode & 0o777)
    })
    control = await opening
    clearInterval(looking)
    expect(new Set([...modes, statSync(path).mode & 0o777])).toEqual(new Set([0o600]))
    expect(process.umask(umask)).toBe(0o022)
  })

  it('takes the place of what a daemon left that was killed', async () => {
    const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    await open()
    control?.close()
    await once(spawn(process.execPath, ['-e', program, path]), 'exit')
    expect(statSync(path).isSocket()).toBe(true)
    await open('new')
    expect(await asked()).toBe('new')
  })

  it('leaves a daemon alone that lives', async () => {
    await open('first')
    await expect(ControlSocket.open(path)).rejects.toThrow(EnvironmentError)
    await expect(ControlSocket.open(path)).rejects.toThrow(/another udev-proxy runs/)
    expect(await asked()).toBe('first')
  })

  it.each(['a file', 'a link'])('leaves %s alone that has its place', async (kind) => {
    path = join(directory, 'control.sock')
    if (kind === 'a file') writeFileSync(path, 'mine')
    else symlinkSync('/nowhere', path)
    await expect(ControlSocket.open(path)).rejects.toThrow(/can't be opened: there is something/)
  })

  it('is removed when it is closed', async () => {
    await open()
    control?.close()
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
  })

  it('is not held up by somebody who does not read, not even at its end', async () => {
    // More than the kernel takes in for a socket.
    await open('x'.repeat(4_000_000))
    const idle = client()
    idle.pause()
    await once(idle, 'connect')
    expect(await asked()).toHaveLength(4_000_000)
    control?.close()
    idle.resume()
    await once(idle, 'close')
    expect(idle.bytesRead).toBeLessThan(4_000_000)
  })

  it('answers nothing and goes on when the document can not be made', async () => {
    control = await ControlSocket.open(path)
    const failures: string[] = []
    const fail = (error: unknown): void => void failures.push(String(error))
    control.serve(() => {
      throw new Error('a bug')
    }, fail)
    expect(await asked()).toBe('')
    expect(failures).toEqual(['Error: a bug'])
    control.serve(() => 'well', fail)
    expect(await asked()).toBe('well')
  })

  it('says why when its path is not to be had', async () => {
    path = join(directory, 'file/control.sock')
    writeFileSync(join(directory, 'file'), '')
    await expect(ControlSocket.open(path)).rejects.toThrow(/control\.sock can't be opened: /)
  })
})
