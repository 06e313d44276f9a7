import type { SpawnSyncReturns } from 'node:child_process'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const checkout = fileURLToPath(new URL('../../..', import.meta.url))
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'udev-proxy-install-'))
})
afterAll(() => {
  rmSync(root, { recursive: true })
})

const run = (...command: [string, ...string[]]): SpawnSyncReturns<string> => {
  const [program, ...args] = command
  return spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, DESTDIR: root, PREFIX: '/usr/local' },
  })
}
const install = (): SpawnSyncReturns<string> => run('sh', join(checkout, 'scripts/install-system.sh'))
const uninstall = (...args: string[]): SpawnSyncReturns<string> =>
  run('sh', join(checkout, 'scripts/uninstall-system.sh'), ...args)
const config = (): string => join(root, 'etc/udev-proxy/config.yaml')
const files = (): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => !statSync(join(root, path)).isDirectory())
    .sort()

describe('an installation, step by step', () => {
  test('says what to do when nothing is built', () => {
    const bare = join(root, 'bare')
    cpSync(join(checkout, 'scripts'), join(bare, 'scripts'), { recursive: true })
    const result = run('sh', join(bare, 'scripts/install-system.sh'))
    rmSync(bare, { recursive: true })
    expect(result.stderr).toBe(
      'udev-proxy is not built yet (node_modules is missing). Build it first: npm install && npm run build\n',
    )
    expect(result.status).toBe(1)
    expect(files()).toEqual([])
  })

  test('puts program, config and units in place', { timeout: 60_000 }, () => {
    for (const path of ['usr/local/bin', 'usr/local/lib/systemd/system']) {
      mkdirSync(join(root, path), { recursive: true })
      writeFileSync(join(root, path, 'of-another'), '')
    }
    const result = install()
    expect(result.stderr).toBe('')
    expect(result.status).toBe(0)
    expect(files()).toEqual(
      expect.arrayContaining([
        'etc/udev-proxy/config.yaml',
        'etc/udev-proxy/schema.json',
        'usr/local/bin/udev-proxy',
        'usr/local/lib/systemd/system/run-udev\\x2dproxy-stage.mount',
        'usr/local/lib/systemd/system/udev-proxy.service',
        'usr/local/lib/udev-proxy/build/Release/udev_proxy.node',
      ]),
    )
  })

  test('has a program that runs', { timeout: 60_000 }, () => {
    const result = run(join(root, 'usr/local/bin/udev-proxy'), 'check', config())
    expect(result.stderr).toBe('')
    expect(result.status).toBe(0)
  })

  test('has every package that the program needs, and no tool of its development', () => {
    const packages = readdirSync(join(root, 'usr/local/lib/udev-proxy/node_modules'))
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(checkout, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'devDependencies', Record<string, string>>
    expect(packages).toEqual(expect.arrayContaining(Object.keys(dependencies)))
    expect(packages).not.toEqual(expect.arrayContaining(Object.keys(devDependencies)))
    expect(packages).not.toContain('typescript')
  })

  test('has a service that starts the installed program', () => {
    const service = readFileSync(join(root, 'usr/local/lib/systemd/system/udev-proxy.service'), 'utf8')
    expect(service).toContain('\nExecStart=/usr/local/bin/udev-proxy run\n')
    expect(service).not.toMatch(/@\w+@/)
  })

  test(
    'keeps a config that was changed, and offers no new default while that is the same',
    { timeout: 60_000 },
    () => {
      appendFileSync(config(), '# mine\n')
      expect(install().status).toBe(0)
      expect(readFileSync(config(), 'utf8')).toMatch(/# mine\n$/)
      expect(existsSync(`${config()}.new`)).toBe(false)
    },
  )

  test('puts a new default beside a config that was changed', { timeout: 60_000 }, () => {
    writeFileSync(
      join(root, 'usr/local/lib/udev-proxy/config/config.yaml'),
      '# the default of an older version\n',
    )
    expect(install().stdout).toContain('the new default is beside it, as config.yaml.new')
    expect(readFileSync(config(), 'utf8')).toMatch(/# mine\n$/)
    expect(readFileSync(`${config()}.new`, 'utf8')).toBe(
      readFileSync(join(checkout, 'config/config.yaml'), 'utf8'),
    )
  })

  test('is taken away whole, but for the config and what others put there', { timeout: 60_000 }, () => {
    const result = uninstall()
    expect(result.stderr).toBe('')
    expect(result.status).toBe(0)
    expect(files()).toEqual([
      'etc/udev-proxy/config.yaml',
      'usr/local/bin/of-another',
      'usr/local/lib/systemd/system/of-another',
    ])
  })

  test('can be taken away again', () => {
    expect(uninstall().status).toBe(0)
    expect(existsSync(config())).toBe(true)
  })

  test('is taken away with its config on request', () => {
    expect(uninstall('--purge').status).toBe(0)
    expect(existsSync(join(root, 'etc/udev-proxy'))).toBe(false)
  })

  test('refuses an option that it does not know', () => {
    expect(uninstall('--all')).toMatchObject({ status: 64, stderr: 'Usage: uninstall-system.sh [--purge]\n' })
  })
})
