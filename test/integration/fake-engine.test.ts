// Engines whose answers are wrong: about whose process it is, slow, too long, or of another kind. The others' containers notice nothing.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { describe, expect } from 'vitest'
import { Client } from './harness/client.js'
import { outcomeOf } from './harness/command.js'
import type { Daemon } from './harness/daemon.js'
import { MAIN } from './harness/daemon.js'
import type { Container } from './harness/docker-engine.js'
import type { FakeContainer } from './harness/fake-engine.js'
import { FakeEngine, listed } from './harness/fake-engine.js'
import { RAW_ANSWERS } from './harness/raw-answers.js'
import type { Rig } from './harness/rig.js'
import { test as base } from './harness/rig.js'

const route = (container: string, name = 'Pad') =>
  `  - { name: for-${container.replaceAll('*', 'any')}, match: { name: ${name} }, container: "${container}" }`

const test = base.extend<{ fake: FakeEngine }>({
  fake: async ({ rig }, use) => {
    const fake = await FakeEngine.start(join(rig.directory, 'fake.sock'))
    await use(fake)
    fake.stop()
  },
})

/** What the real engine says of a container, as the fake one is to say it. */
async function known(rig: Rig, name: string): Promise<FakeContainer> {
  const format = '{{.Id}} {{.State.Pid}} {{.State.StartedAt}}'
  const [id = '', pid = '', startedAt = ''] = (
    await rig.engine.docker('inspect', '--format', format, name)
  ).split(' ')
  return { id, name, pid: Number(pid), startedAt, labels: {} }
}

/** A container of the real engine that the fake one tells of, too. */
async function container(rig: Rig, fake: FakeEngine, name: string): Promise<Container> {
  const found = await rig.container(name)
  fake.containers.push(await known(rig, name))
  return found
}

const listens = (inside: Container): Promise<Client> => Client.start(inside, '--subsystem', 'input')

async function lives(daemon: Daemon, rig: Rig, inside: Container): Promise<void> {
  const client = await listens(inside)
  const pad = rig.pad({ name: 'Pad' })
  await rig.plug(pad)
  await client.hears('add', pad.event)
  await rig.unplug(pad)
  await client.hears('remove', pad.input)
  expect(daemon.messages('error')).toEqual([])
}

function inspectOf({ url }: IncomingMessage): string | undefined {
  return /^\/containers\/([0-9a-f]{64})\/json/.exec(url ?? '')?.[1]
}

/** What is mounted where a container has its stage. Elsewhere others of this machine mount what they like. */
const mountsOf = (pid: number | string): string[] =>
  readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .filter((line) => /^(?:\S+ ){4}\/(?:run\/udev|dev\/(?:input|char))(?:\/\S*)? /.test(line))

describe("a pid that is not the container's", () => {
  test('is refused, and nothing is mounted there: that of init, of a shell, of the daemon, of nobody', async ({
    rig,
    fake,
  }) => {
    const shell = spawn('unshare', ['--mount', '--net', 'sleep', '1000'], { stdio: 'ignore' })
    try {
      const real = await container(rig, fake, 'proof-real')
      fake.add('proof-init', 1)
      fake.add('proof-shell', shell.pid ?? 0)
      fake.add('proof-nobody', 4_194_000)
      const daemon = await rig.daemon(
        [
          route('proof-real'),
          route('proof-init', 'One'),
          route('proof-shell', 'Two'),
          route('proof-nobody', 'Three'),
          route('proof-self', 'Four'),
        ].join('\n'),
        fake.socket,
      )
      const self = fake.add('proof-self', daemon.pid)
      fake.event('start', self)
      const before = [1, 'self', shell.pid ?? 0].map((pid) => mountsOf(pid))
      const names = ['One', 'Two', 'Three', 'Four']
      await rig.plug(...names.map((name) => rig.pad({ name })))

      for (const name of ['proof-init', 'proof-shell', 'proof-nobody', 'proof-self'])
        await daemon.says(
          'warn',
          new RegExp(
            `not attached to ${name}, which can't be served: the engine says that its process is .*docker.socket`,
          ),
        )
      await lives(daemon, rig, real)
      expect([1, 'self', shell.pid ?? 0].map((pid) => mountsOf(pid))).toEqual(before)
      expect(mountsOf(daemon.pid)).toEqual(mountsOf('self'))
    } finally {
      shell.kill('SIGKILL')
    }
  })

  test("is refused when it is another container's, which is served as before", async ({ rig, fake }) => {
    const real = await container(rig, fake, 'proof-real')
    const { pid, startedAt } = await known(rig, 'proof-real')
    fake.add('proof-liar', pid, { startedAt })
    const daemon = await rig.daemon(
      [route('proof-real'), route('proof-liar', 'Other')].join('\n'),
      fake.socket,
    )
    await rig.plug(rig.pad({ name: 'Other' }))
    await daemon.says('warn', /not attached to proof-liar, which can't be served: .* is in another cgroup/)
    await lives(daemon, rig, real)
  })

  test('is not refused for the time of its start, whichever way the clock was set since', async ({
    rig,
    fake,
  }) => {
    const real = await container(rig, fake, 'proof-real')
    const [known_] = fake.containers
    if (known_ === undefined) throw new Error('no container')
    const start = Date.parse(known_.startedAt)
    const daemon = await rig.daemon(route('proof-real'), fake.socket)
    for (const minutes of [-5, 5, -60 * 24 * 365, 60 * 24 * 365]) {
      known_.startedAt = new Date(start + minutes * 60_000).toISOString()
      fake.event('start', known_)
      await lives(daemon, rig, real)
    }
    expect(daemon.messages('warn')).toEqual([])
  })

  test("is refused when it is a thread's", async ({ rig, fake }) => {
    const real = await container(rig, fake, 'proof-real')
    const daemon = await rig.daemon(
      [route('proof-real'), route('proof-thread', 'Other')].join('\n'),
      fake.socket,
    )
    const thread = Number(readdirSync(`/proc/${daemon.pid}/task`).find((name) => Number(name) !== daemon.pid))
    fake.event('start', fake.add('proof-thread', thread))
    await rig.plug(rig.pad({ name: 'Other' }))
    await daemon.says('warn', /not attached to proof-thread, which can't be served: the engine says/)
    await lives(daemon, rig, real)
  })

  test('is no way in for the tools', async ({ rig, fake }) => {
    fake.add('proof-init', 1)
    const config = rig.config(route('proof-init'), fake.socket)
    const args = [
      'emit',
      '--config',
      config,
      '--container',
      'proof-init',
      'DEVPATH=/devices/x',
      'SUBSYSTEM=input',
    ]
    const { code, stderr } = await outcomeOf(MAIN, args)
    expect({ code, stderr }).toEqual({
      code: 69,
      stderr: expect.stringMatching(/proof-init: the engine says that its process is 1, /) as string,
    })
  })
})

describe('one answer of the engine', () => {
  test('that never comes costs the one container, whatever happens to others meanwhile', async ({
    rig,
    fake,
  }) => {
    const stuck = fake.add('slow-stuck', 1)
    const broken = fake.add('slow-broken', 1)
    fake.answer = (request, response) => {
      const id = inspectOf(request)
      if (id === broken.id) response.writeHead(500).end('{"message":"it is broken"}')
      return id === stuck.id || id === broken.id
    }
    const real = await container(rig, fake, 'slow-real')
    const daemon = await rig.daemon(
      [route('slow-real'), route('slow-late', 'Late'), route('slow-*', 'Other')].join('\n'),
      fake.socket,
    )
    await lives(daemon, rig, real)
    await daemon.says(
      'warn',
      /^container slow-broken .*it answers with status 500: it is broken; udev-proxy goes on asking/,
    )

    const late = await container(rig, fake, 'slow-late')
    fake.event('start', await known(rig, 'slow-late'))
    const client = await listens(late)
    const pad = rig.pad({ name: 'Late' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
    await daemon.says(
      'warn',
      /^container slow-stuck .*it has not answered within 10 s; udev-proxy goes on asking/,
    )
    const { stdout } = await outcomeOf(MAIN, [
      'status',
      '--config',
      rig.config(route('slow-real'), fake.socket),
    ])
    expect(stdout).toMatch(/gives no usable answer about slow-stuck: it has not answered within 10 s/)
    expect(daemon.messages('warn').filter((line) => line.includes('slow-broken'))).toHaveLength(1)
  })

  test.for<[string, (container: FakeContainer) => unknown]>([
    [
      'a state that has nothing',
      ({ id }) => ({ Id: id, Name: '/odd-one', Config: { Labels: null }, State: {} }),
    ],
    ['no state', ({ id }) => ({ Id: id, Name: '/odd-one', Config: { Labels: {} } })],
    ['a list', () => []],
    ['null', () => null],
    [
      'a pid below zero',
      ({ id }) => ({
        Id: id,
        Name: '/odd-one',
        Config: { Labels: {} },
        State: { Running: true, Pid: -1, StartedAt: new Date().toISOString() },
      }),
    ],
    [
      'five megabytes',
      ({ id }) => ({ Id: id, Name: '/odd-one', Config: { Labels: { x: 'x'.repeat(5e6) } } }),
    ],
  ])('with %s costs the one container', async ([, answer], { rig, fake }) => {
    const odd = fake.add('odd-one', 1, { labels: null })
    fake.answer = (request, response) => {
      if (inspectOf(request) !== odd.id) return false
      response.end(JSON.stringify(answer(odd)))
      return true
    }
    const real = await container(rig, fake, 'odd-real')
    const daemon = await rig.daemon([route('odd-real'), route('odd-one', 'Other')].join('\n'), fake.socket)
    await lives(daemon, rig, real)
    expect(await daemon.says('warn', /^container odd-one .*goes on asking/)).toBeDefined()
  })

  test('that gives a name out of the stage is taken for none: nothing is made or removed there', async ({
    rig,
    fake,
  }) => {
    const victim = join(rig.directory, 'victim')
    mkdirSync(victim)
    writeFileSync(join(victim, 'precious'), '')
    const bad = [
      fake.add('../victim', 1),
      fake.add('x'.repeat(256), 1),
      fake.add('.hidden', 1),
      fake.add('with space', 1),
    ]
    const real = await container(rig, fake, 'name-real')
    const daemon = await rig.daemon([route('name-real'), route('*', 'Other')].join('\n'), fake.socket)
    for (const container of bad) fake.event('start', container)
    await rig.plug(rig.pad({ name: 'Other' }))
    await lives(daemon, rig, real)

    expect(readdirSync(victim)).toEqual(['precious'])
    expect(readdirSync(rig.stage)).toEqual(['name-real'])
    expect(daemon.messages('warn').filter((line) => line.includes('rename it'))).toHaveLength(bad.length)

    // They are there still when the next daemon starts.
    await daemon.stop()
    const next = await rig.daemon([route('name-real'), route('*', 'Other')].join('\n'), fake.socket)
    await lives(next, rig, real)
    expect(readdirSync(victim)).toEqual(['precious'])
    expect(readdirSync(rig.stage)).toEqual(['name-real'])
  })

  test('that can not be read in the list is asked about by itself, and served', async ({ rig, fake }) => {
    const real = await container(rig, fake, 'entry-real')
    const listing = await container(rig, fake, 'entry-wrong')
    fake.answer = ({ url }, response) => {
      if (url?.startsWith('/containers/json') !== true) return false
      const entries = fake.containers.map((one) => ({
        ...listed(one),
        ...(one.name === 'entry-wrong' && { State: 5 }),
      }))
      response.end(JSON.stringify(entries))
      return true
    }
    const daemon = await rig.daemon(`${route('entry-real')}\n${route('entry-wrong', 'Other')}`, fake.socket)
    await lives(daemon, rig, real)
    const client = await listens(listing)
    const pad = rig.pad({ name: 'Other' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
  })

  test('that is missing of hundreds that no route means delays nobody else', async ({ rig, fake }) => {
    for (let index = 0; index < 500; index++) fake.add(`many-${index}`, 1)
    const asked: string[] = []
    fake.answer = (request) => {
      const id = inspectOf(request)
      if (id !== undefined) asked.push(id)
      return id !== undefined && id !== fake.containers.at(-1)?.id
    }
    const real = await container(rig, fake, 'meant-real')
    const daemon = await rig.daemon(route('meant-real'), fake.socket)
    await lives(daemon, rig, real)
    // Each question has a connection of its own.
    expect(asked.slice(0, 16)).toContain(fake.containers.at(-1)?.id)
  })

  test('that gives it the name of another in the list is asked about by itself, and served', async ({
    rig,
    fake,
  }) => {
    const real = await container(rig, fake, 'double-real')
    const listing = await container(rig, fake, 'double-other')
    fake.answer = ({ url }, response) => {
      if (url?.startsWith('/containers/json') !== true) return false
      response.end(JSON.stringify(fake.containers.map((one) => listed({ ...one, name: 'double-real' }))))
      return true
    }
    const daemon = await rig.daemon(`${route('double-real')}\n${route('double-other', 'Other')}`, fake.socket)
    await lives(daemon, rig, real)
    const client = await listens(listing)
    const pad = rig.pad({ name: 'Other' })
    await rig.plug(pad)
    await client.hears('add', pad.event)
  })

  test('of containers without an end is given up, and costs no memory', async ({ rig, fake }) => {
    let isEndless = false
    fake.answer = ({ url }, response) => {
      if (!isEndless || url?.startsWith('/containers/json') !== true) return false
      response.write('[0')
      const more = (): void => {
        while (!response.destroyed && response.write(',0'.repeat(100_000)));
      }
      response.on('drain', more)
      more()
      return true
    }
    const real = await container(rig, fake, 'endless-real')
    const daemon = await rig.daemon(route('endless-real'), fake.socket)
    await lives(daemon, rig, real)
    const before = rssOf(daemon)
    isEndless = true
    fake.event('rename', { id: fake.containers[0]?.id ?? '' })
    await daemon.says('warn', /its list has more than 16384 containers/)
    expect(rssOf(daemon) - before).toBeLessThan(64)
    isEndless = false
    await lives(daemon, rig, real)
  })

  test('without an end costs no memory: a line of the events, and the list', async ({ rig, fake }) => {
    const real = await container(rig, fake, 'long-real')
    for (let index = 0; index < 60; index++)
      fake.add(`long-${index}`, 0, { labels: { wanted: 'yes', other: 'x'.repeat(1024 * 1024) } })
    const daemon = await rig.daemon(
      `${route('long-real')}\n  - { match: { name: Other }, container: { label: { wanted: "yes" } } }`,
      fake.socket,
    )
    await lives(daemon, rig, real)
    const before = rssOf(daemon)
    for (let part = 0; part < 100; part++) {
      fake.say(Buffer.alloc(1024 * 1024, 0x61))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await lives(daemon, rig, real)
    expect(rssOf(daemon) - before).toBeLessThan(64)
    // It is read to its end, and what follows is understood.
    const late = fake.add('long-late', 1)
    fake.say('\n')
    fake.event('start', late)
    await lives(daemon, rig, real)
  })
})

describe('bytes that are no answer', () => {
  /** Of each kind one, where each costs a new connection. */
  const KINDS = [
    'a redirect to another host',
    'a redirect to another socket',
    'another protocol',
    'headers without an end',
    'less than it says',
    'nothing',
  ]

  test('about one container cost that container', async ({ rig, fake }) => {
    const odd = fake.add('raw-odd', 1)
    const waiting = Object.values(RAW_ANSWERS)
    fake.answer = (request, response) => {
      if (inspectOf(request) !== odd.id) return false
      const bytes = waiting.shift()
      if (bytes === undefined) return false
      response.socket?.end(Buffer.from(bytes, 'latin1'))
      // What is said of the container anew is asked about once more.
      setImmediate(() => fake.event('start', odd))
      return true
    }
    const real = await container(rig, fake, 'raw-real')
    const daemon = await rig.daemon([route('raw-real'), route('raw-odd', 'Other')].join('\n'), fake.socket)
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(0)
    await daemon.says('warn', /^container raw-odd .*it answers with status 30\d; udev-proxy goes on asking/)
    await lives(daemon, rig, real)
  })

  test.for<[string, string]>([
    ['the list', '/containers/json'],
    ['the events', '/events'],
  ])('in place of %s are waited out', async ([, path], { rig, fake }) => {
    const real = await container(rig, fake, 'raw-real')
    const daemon = await rig.daemon(route('raw-real'), fake.socket)
    await lives(daemon, rig, real)
    const reached = (): number =>
      daemon.messages('info').filter((line) => line.endsWith(' answers again')).length
    for (const [index, what] of KINDS.entries()) {
      fake.answer = ({ url }, response) => {
        if (url?.startsWith(path) !== true) return false
        fake.answer = () => false
        response.socket?.end(Buffer.from(RAW_ANSWERS[what] ?? '', 'latin1'))
        return true
      }
      fake.endStreams()
      await expect.poll(reached, { timeout: 10_000 }).toBe(index + 1)
    }
    expect(daemon.messages('warn').join('\n')).toMatch(/it has closed its event stream; udev-proxy goes on/)
    await lives(daemon, rig, real)
  })
})

test('names that are swapped faster than the engine tells of them: nothing that is mounted is removed', async ({
  rig,
  fake,
}) => {
  const inside = { a: await container(rig, fake, 'swap-a'), b: await container(rig, fake, 'swap-b') }
  const daemon = await rig.daemon(
    [route('swap-a', 'Pad a'), route('swap-b', 'Pad b')].join('\n'),
    fake.socket,
  )
  const clients = { a: await listens(inside.a), b: await listens(inside.b) }
  const pads = { a: rig.pad({ name: 'Pad a' }), b: rig.pad({ name: 'Pad b' }) }
  await rig.plug(pads.a, pads.b)
  await clients.a.hears('add', pads.a.event)
  await clients.b.hears('add', pads.b.event)
  const [a, b] = fake.containers
  if (a === undefined || b === undefined) throw new Error('no containers')
  // Of the one that is b now the engine tells late, so that two are called b meanwhile.
  fake.answer = (request, response) => {
    if (inspectOf(request) !== b.id) return false
    setTimeout(() => {
      fake.answer = () => false
      httpRequest({ socketPath: fake.socket, path: request.url ?? '' }, (answer) =>
        answer.pipe(response),
      ).end()
    }, 1500)
    return true
  }
  ;[a.name, b.name] = ['swap-b', 'swap-a']
  for (const container of [a, b, a]) fake.event('rename', container)

  await clients.a.hears('add', pads.b.event)
  await clients.b.hears('add', pads.a.event)
  expect(readdirSync(rig.stage).toSorted()).toEqual(['swap-a', 'swap-b'])
  await rig.unplug(pads.a)
  await clients.b.hears('remove', pads.a.input)
  expect(daemon.messages('error')).toEqual([])
  expect(existsSync(join(rig.stage, 'swap-a/udev/control'))).toBe(true)
})

/** In megabytes. */
function rssOf(daemon: Daemon): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]) / 1024
}
