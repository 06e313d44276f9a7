import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { check } from '../../../src/cli/check.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'udev-proxy-check-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('a config that is right is said to be, with the number of its routes', () => {
  const file = write('version: 1\nroutes:\n  - { match: { class: mouse }, container: c1 }\n')
  expect(checked(file)).toEqual({ code: 0, output: `${file}: ok, 1 route\n` })
})

test('mistakes are shown and counted, and the exit code is 78', () => {
  const file = write('version: 1\nrotues: []\n')
  expect(checked(file)).toEqual({
    code: 78,
    output: `${file}:1:1: the config has no routes: expected a list of routes
  1 | version: 1
    | ^
  hint: add routes: []

${file}:2:1: unknown key "rotues" at the top level: expected version, docker, stage, control, log, properties, hostTimeout, udevVersion, libudevZero, routes
  2 | rotues: []
    | ^
  hint: did you mean routes?

2 mistakes
`,
  })
})

test('a file that is not there is a mistake', () => {
  const file = join(folder, 'none.yaml')
  expect(checked(file)).toEqual({
    code: 78,
    output: `${file}:1:1: there is no such file\n  hint: write one (version: 1, routes: []), or name another\n\n1 mistake\n`,
  })
})

function write(text: string): string {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, text)
  return file
}

function checked(file: string): { code: number; output: string } {
  const out = new PassThrough({ encoding: 'utf8' })
  const code = check(file, out)
  out.end()
  return { code, output: String(out.read()) }
}
