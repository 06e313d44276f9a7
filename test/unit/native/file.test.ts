import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { native } from '../../../src/native.js'

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'udev-proxy-file-'))
  path = join(directory, 'file')
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('touchFile', () => {
  test('makes an empty file', () => {
    native.touchFile(path, 0o444)
    expect(readFileSync(path, 'utf8')).toBe('')
    expect(statSync(path).mode & 0o777).toBe(0o444)
  })

  test('leaves a file as it is', () => {
    writeFileSync(path, 'content', { mode: 0o600 })
    native.touchFile(path, 0o444)
    expect(readFileSync(path, 'utf8')).toBe('content')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('follows no symlink', () => {
    symlinkSync(join(directory, 'elsewhere'), path)
    expect(() => native.touchFile(path, 0o444)).toThrow(/^ELOOP: .*\/file'$/)
  })

  test('says which path has no directory', () => {
    expect(() => native.touchFile(join(directory, 'no/file'), 0o444)).toThrow(/^ENOENT: .*\/no\/file'$/)
  })
})

describe('replaceFile', () => {
  test('puts the whole text in place of a file, with exactly the mode', () => {
    writeFileSync(path, 'old', { mode: 0o600 })
    const umask = process.umask(0o077)
    try {
      native.replaceFile(join(directory, '.#file'), path, 'naïve\n', 0o644)
    } finally {
      process.umask(umask)
    }
    expect(readFileSync(path, 'utf8')).toBe('naïve\n')
    expect(statSync(path).mode & 0o777).toBe(0o644)
  })

  test('takes bytes as they are', () => {
    const content = Buffer.from([0xff, 0xa5, 0, 0x40, 0xfa])
    native.replaceFile(join(directory, '.#file'), path, content, 0o644)
    expect(readFileSync(path)).toEqual(content)
    expect(() => native.replaceFile(path, path, 7 as never, 0o644)).toThrow('A Uint8Array was expected')
  })

  test('leaves nothing behind when it fails', () => {
    const temporary = join(directory, '.#file')
    expect(() => native.replaceFile(temporary, join(directory, 'no/file'), '', 0o644)).toThrow(/^ENOENT: /)
    expect(statSync(temporary, { throwIfNoEntry: false })).toBeUndefined()
  })
})
