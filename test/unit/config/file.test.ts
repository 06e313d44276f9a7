// What file a config may be in.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfigFile } from '../../../src/config/index.js'
import { ConfigError } from '../../../src/errors.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'udev-proxy-file-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function written(name: string, text = 'version: 1\nroutes: []\n'): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function mistakesOf(path: string, strict = true): unknown {
  try {
    loadConfigFile(path, { strict })
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}

describe('what is no regular file is refused at once, whoever asks', () => {
  it('a FIFO, which would be waited for', () => {
    const path = join(folder, 'fifo')
    execFileSync('mkfifo', [path])
    for (const strict of [true, false])
      expect(mistakesOf(path, strict)).toMatchObject([{ message: 'not a regular file' }])
  })

  it('a device', () => {
    expect(mistakesOf('/dev/zero')).toMatchObject([{ message: 'not a regular file' }])
  })

  it('a file that no config is as large as', () => {
    const path = written('large.yaml', `version: 1\nroutes: []\n${'# more\n'.repeat(200_000)}`)
    expect(mistakesOf(path)).toMatchObject([{ message: 'larger than 1 MiB, which no config is' }])
  })
})

it('a link to a regular file is followed', () => {
  const link = join(folder, 'link.yaml')
  symlinkSync(written('target.yaml'), link)
  expect(mistakesOf(link)).toEqual([])
})

describe.runIf(process.geteuid?.() === 0)('a file that others could have written', () => {
  it.each([
    ['of another user', (path: string) => chownSync(path, 1000, 0), /^belongs to uid 1000/, /^chown root /],
    [
      'of a writing group',
      (path: string) => chmodSync(path, 0o664),
      /write to it \(mode 0664\)/,
      /^chmod go-w /,
    ],
    ['of everybody', (path: string) => chmodSync(path, 0o646), /write to it \(mode 0646\)/, /^chmod go-w /],
  ])('is refused by the daemon, and warned of by others: %s', (name, change, message, hint) => {
    const path = written(name.replaceAll(' ', '-'))
    change(path)
    const words = {
      line: 1,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    }
    expect(mistakesOf(path)).toMatchObject([words])
    expect(loadConfigFile(path).warnings).toMatchObject([words])
  })

  it('is neither, for this user and root alone', () => {
    const path = written('mine.yaml')
    chmodSync(path, 0o640)
    expect(loadConfigFile(path, { strict: true }).warnings).toEqual([])
  })
})
