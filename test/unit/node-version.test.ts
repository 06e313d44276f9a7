import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { OLDEST_NODE, nodeProblem } from '../../src/node-version.js'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a program of the checkout as a Node.js that says it is of this version. */
function runAs(version: string, ...command: string[]) {
  const claim = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const preload = `data:text/javascript,${encodeURIComponent(claim)}`
  return spawnSync(process.execPath, ['--import', preload, ...command], { cwd: checkout, encoding: 'utf8' })
}

describe('a Node.js', () => {
  it.each(['20.19.0', '20.20.1', '21.0.0', '22.12.0', '100.0.0'])('%s is new enough', (version) => {
    expect(nodeProblem(version)).toBeUndefined()
  })

  it.each(['20.18.9', '18.20.8', '12.22.0', 'nonsense'])('%s is not', (version) => {
    expect(nodeProblem(version)).toContain('udev-proxy needs Node.js 20.19 or newer')
  })

  it('is asked for by package.json as well', () => {
    const { engines } = JSON.parse(readFileSync(`${checkout}/package.json`, 'utf8')) as {
      engines: { node: string }
    }
    expect(engines.node).toBe(`>=${OLDEST_NODE.join('.')}`)
  })

  it.each(['check', 'run', 'devices', '--version'])(
    'that is too old is refused by %s, with 77',
    (command) => {
      const { status, stdout, stderr } = runAs('18.20.8', 'dist/cli/main.js', command)
      expect({ status, stdout }).toEqual({ status: 77, stdout: '' })
      expect(stderr).toMatch(
        /^udev-proxy: udev-proxy needs Node\.js 20\.19 or newer, and this is 18\.20\.8 .*\n$/,
      )
    },
  )

  it('that is too old is refused when packages are installed, with 77', () => {
    expect(runAs('18.20.8', 'scripts/node-version.cjs')).toMatchObject({
      status: 77,
      stderr: expect.stringContaining('put a newer one first in PATH') as string,
    })
    expect(runAs('20.19.0', 'scripts/node-version.cjs')).toMatchObject({ status: 0, stderr: '' })
  })
})
