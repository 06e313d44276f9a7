import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { BUSES, loadConfig, parseConfig } from '../../../src/config/index.js'
import type { Route } from '../../../src/config/index.js'
import { ConfigError } from '../../../src/errors.js'

describe('a config that is right', () => {
  test('gets every default', () => {
    expect(parseConfig('version: 1\nroutes: []\n', 'f')).toEqual({
      version: 1,
      docker: {},
      stage: '/run/udev-proxy/stage',
      control: '/run/udev-proxy/control.sock',
      log: { level: 'info', format: 'auto' },
      properties: 'auto',
      hostTimeout: 500,
      udevVersion: 252,
      libudevZero: false,
      routes: [],
    })
  })

  test('keeps what it says', () => {
    const text = `
version: 1
docker: { socket: /run/user/1000/docker.sock }
stage: /run//stages/
control: /run/udev-proxy/asked.sock
log: { level: debug, format: json }
routes: []
`
    expect(parseConfig(text, 'f')).toEqual({
      version: 1,
      docker: { socket: '/run/user/1000/docker.sock' },
      stage: '/run/stages',
      control: '/run/udev-proxy/asked.sock',
      log: { level: 'debug', format: 'json' },
      properties: 'auto',
      hostTimeout: 500,
      udevVersion: 252,
      libudevZero: false,
      routes: [],
    })
  })

  test('has routes with node options and any of several matches', () => {
    const text = `
version: 1
routes:
  - name: player-one
    match: { name: "Sony*Wireless Controller*", vendor: "054c" }
    container: retroarch-1
    node: { mode: "0660", uid: 1000, gid: 1000 }
  - name: nintendo
    match: [ { vendor: "057e" }, { name: "Pro Controller" } ]
    container: { label: { seat: couch } }
    links: [input/player1, gamepads/left]
    legacyJs: true
    properties: builtin
    libudevZero: true
    network: host
`
    expect(parseConfig(text, 'f').routes).toEqual<Route[]>([
      {
        name: 'player-one',
        match: [{ name: ['Sony*Wireless Controller*'], vendor: ['054c'] }],
        container: { kind: 'name', name: 'retroarch-1' },
        node: { mode: 0o660, uid: 1000, gid: 1000 },
        links: [],
        legacyJs: false,
        properties: 'auto',
        libudevZero: false,
        network: 'shared',
      },
      {
        name: 'nintendo',
        match: [{ vendor: ['057e'] }, { name: ['Pro Controller'] }],
        container: { kind: 'label', labels: { seat: 'couch' } },
        node: {},
        links: ['input/player1', 'gamepads/left'],
        legacyJs: true,
        properties: 'builtin',
        libudevZero: true,
        network: 'host',
      },
    ])
  })

  test('has defaults that every route may change for itself', () => {
    const text = `
version: 1
properties: host
hostTimeout: 2000
udevVersion: 257
libudevZero: true
routes:
  - { match: { class: mouse }, container: a }
  - { match: { class: joystick }, container: a, properties: auto, libudevZero: false, links: input/player1 }
`
    const { routes, ...config } = parseConfig(text, 'f')
    expect(config).toMatchObject({
      properties: 'host',
      hostTimeout: 2000,
      udevVersion: 257,
      libudevZero: true,
    })
    expect(routes.map(({ properties, libudevZero, links }) => [properties, libudevZero, links])).toEqual([
      ['host', true, []],
      ['auto', false, ['input/player1']],
    ])
  })

  test('is JSON as well', () => {
    const route = { match: { vendor: '054c' }, container: 'c1' }
    expect(parseConfig(JSON.stringify({ version: 1, routes: [route] }), 'f').routes).toHaveLength(1)
  })

  test('may use anchors, aliases and merge keys', () => {
    const text = `
version: 1
routes:
  - match: &sony { vendor: "054c", bus: [usb] }
    container: c1
    node: &mine { uid: 1000 }
  - match: { <<: *sony, bus: [bluetooth] }
    container: c2
    node: *mine
`
    const [, second] = parseConfig(text, 'f').routes
    expect(second).toMatchObject({ match: [{ vendor: ['054c'], bus: ['0005'] }], node: { uid: 1000 } })
  })
})

describe('what a route says is normalised', () => {
  test('routes without a name are numbered from 1', () => {
    const text = `
version: 1
routes:
  - { match: { class: mouse }, container: a }
  - { match: { class: tablet }, container: b, name: pen }
  - { match: { class: touchpad }, container: c }
`
    expect(parseConfig(text, 'f').routes.map(({ name }) => name)).toEqual(['route-1', 'pen', 'route-3'])
  })

  test('ids are lower case', () => {
    expect(matchOf('{ vendor: "054C", product: ["0CE6", "0D*"], version: "81??", bus: "001D" }')).toEqual({
      vendor: ['054c'],
      product: ['0ce6', '0d*'],
      version: ['81??'],
      bus: ['001d'],
    })
  })

  test.each(Object.entries(BUSES))('bus %s is %s', (name, id) => {
    expect(matchOf(`{ bus: ${name} }`)).toEqual({ bus: [id] })
  })

  test('every other glob stays as it is', () => {
    expect(
      matchOf('{ name: Sony*, uniq: "A0:*", phys: "*/input0", subsystem: hidraw, devpath: "/devices/*" }'),
    ).toEqual({
      name: ['Sony*'],
      uniq: ['A0:*'],
      phys: ['*/input0'],
      subsystem: ['hidraw'],
      devpath: ['/devices/*'],
    })
  })

  test('ids that begin with a letter may go without quotes', () => {
    expect(matchOf('{ vendor: beef }')).toEqual({ vendor: ['beef'] })
  })

  test.each([
    ['retro*', { kind: 'name', name: 'retro*' }],
    ['{ id: 3F4E8A9B01C2 }', { kind: 'id', id: '3f4e8a9b01c2' }],
    [
      '{ label: { seat: couch, "com.example/player": "1" } }',
      { kind: 'label', labels: { seat: 'couch', 'com.example/player': '1' } },
    ],
    ['{ compose: { service: retroarch } }', { kind: 'compose', service: 'retroarch' }],
    [
      '{ compose: { project: games, service: retroarch } }',
      { kind: 'compose', project: 'games', service: 'retroarch' },
    ],
  ])('container: %s', (written, selector) => {
    const { routes } = parseConfig(
      `version: 1\nroutes: [{ match: { class: mouse }, container: ${written} }]`,
      'f',
    )
    expect(routes[0]?.container).toEqual(selector)
  })

  test.each([
    ['"0600"', 0o600],
    ['"666"', 0o666],
    ["'0000'", 0],
  ])('mode: %s', (written, mode) => {
    const text = `version: 1\nroutes: [{ match: { class: mouse }, container: c, node: { mode: ${written} } }]`
    expect(parseConfig(text, 'f').routes[0]?.node.mode).toBe(mode)
  })

  test('a config that was loaded means the same when it is written again', () => {
    const route = { name: 'pad', match: [{ name: 'Pad (R)*', vendor: ['05*', 'abcd'] }], container: 'c1' }
    const text = stringify({ version: 1, routes: [route] }, { defaultStringType: 'QUOTE_DOUBLE' })
    expect(parseConfig(text, 'f').routes[0]?.match).toEqual([{ name: ['Pad (R)*'], vendor: ['05*', 'abcd'] }])
  })
})

describe('a file that can not be read is a mistake, too', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'udev-proxy-config-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  test('because it is not there', () => {
    expect(mistakesOf(join(folder, 'none.yaml'))).toMatchObject([
      { line: 1, column: 1, message: 'there is no such file' },
    ])
  })

  test('because it is a directory', () => {
    expect(mistakesOf(folder)).toMatchObject([
      { message: 'a directory, not a file', hint: `name a file, for instance ${folder}/config.yaml` },
    ])
  })

  test('because it is not UTF-8', () => {
    const file = join(folder, 'latin1.yaml')
    writeFileSync(file, Buffer.from('version: 1\nroutes: []\n# caf\xe9\n', 'latin1'))
    expect(mistakesOf(file)).toMatchObject([{ line: 3, column: 6, message: 'this is not UTF-8' }])
  })

  test('and one that can be read is loaded', () => {
    const file = join(folder, 'config.yaml')
    writeFileSync(file, 'version: 1\nroutes: []\n')
    expect(loadConfig(file).routes).toEqual([])
  })
})

function matchOf(written: string): unknown {
  return parseConfig(`version: 1\nroutes: [{ match: ${written}, container: c1 }]`, 'f').routes[0]?.match[0]
}

function mistakesOf(file: string): unknown {
  try {
    loadConfig(file)
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}
