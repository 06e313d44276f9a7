import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { askDaemon } from '../../../src/cli/ask.js'
import { UnavailableError } from '../../../src/errors.js'

let directory: string
let server: Server | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'udev-proxy-ask-'))
})
afterEach(() => {
  server?.close()
  rmSync(directory, { recursive: true })
})

/** Asks somebody who answers with these parts. */
async function asked(...parts: Buffer[]): Promise<unknown> {
  const path = join(directory, 'control.sock')
  server = createServer((client) => {
    for (const part of parts) client.write(part)
    client.end()
  })
  await new Promise<void>((resolve) => server?.listen(path, resolve))
  return askDaemon(path)
}

it('the answer is read to its end, wherever it is cut', async () => {
  const text = Buffer.from('{"version":"ü"}')
  const cut = text.indexOf('ü') + 1
  expect(await asked(text.subarray(0, cut), text.subarray(cut))).toEqual({ version: 'ü' })
})

it.each(['', '{"pid":1'])('an answer that is cut short is none: %j', async (text) => {
  await expect(asked(Buffer.from(text))).rejects.toThrow(UnavailableError)
})

it('a daemon that does not run gives none', async () => {
  const path = join(directory, 'nobody.sock')
  await expect(askDaemon(path)).rejects.toThrow(`udev-proxy does not run: nobody answers at ${path}`)
})
