import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InspectedContainer, ListedContainer, Unusable } from '../../../src/container/answers.js'
import { containerEvent, inspectedContainer, listedContainer } from '../../../src/container/answers.js'

const ID = 'ab'.repeat(32)
const READ = new Set(['wanted', 'com.docker.compose.service'])
/** Cases of each law; what failed once is in the corpus, for good. */
const CASES = 40_000

const inspect = (over: object = {}): Record<string, unknown> => ({
  Id: ID,
  Name: '/retro',
  Config: { Labels: { wanted: 'yes', other: 'x'.repeat(1000) } },
  State: { Running: true, Pid: 4711, StartedAt: '2026-01-02T03:04:05.123456789Z' },
  ...over,
})

describe('an inspected container', () => {
  it('has what is read of it, and no more', () => {
    expect(inspectedContainer(inspect(), READ)).toEqual({
      id: ID,
      name: 'retro',
      labels: { wanted: 'yes' },
      running: { pid: 4711, startedAt: Date.parse('2026-01-02T03:04:05.123Z') + 0.456789 },
    })
  })

  it('has what explains a refusal', () => {
    const HostConfig = {
      Privileged: true,
      Devices: [{ PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'rwm' }],
      DeviceCgroupRules: ['c 13:* rw'],
      NetworkMode: 'host',
      ReadonlyRootfs: true,
    }
    const Mounts = [{ Type: 'bind', Source: '/dev', Destination: '/dev' }]
    expect(inspectedContainer(inspect({ HostConfig, Mounts }), READ)).toMatchObject({
      hostConfig: {
        privileged: true,
        devices: ['/dev/b'],
        deviceCgroupRules: ['c 13:* rw'],
        binds: ['/dev'],
        networkMode: 'host',
        readonlyRootfs: true,
      },
    })
    expect(inspectedContainer(inspect({ HostConfig: { Devices: 7 } }), READ)).not.toHaveProperty('hostConfig')
  })

  it.each([
    [{ Config: { Labels: null } }, {}],
    [{ Config: {} }, {}],
    [{ Config: { Labels: { wanted: 7 } } }, {}],
    [{ Config: { Labels: JSON.parse('{"__proto__": {"wanted": "yes"}}') as unknown } }, {}],
  ])('has no labels by %j', (over, labels) => {
    expect(inspectedContainer(inspect(over), READ)).toMatchObject({ id: ID, labels })
  })

  it('has labels that nobody reads without a look at them', () => {
    const Labels = { wanted: 'yes' }
    const get = (): never => expect.fail('a label was read')
    Object.defineProperty(Labels, 'other', { enumerable: true, get })
    expect(inspectedContainer(inspect({ Config: { Labels } }), READ)).toMatchObject({
      labels: { wanted: 'yes' },
    })
  })

  it.each([[['wanted']], 'wanted', 7])('is none with the labels %j', (Labels) => {
    const found = inspectedContainer(inspect({ Config: { Labels } }), READ)
    expect(found).toEqual({ id: ID, problem: expect.stringMatching(/Config\.Labels has/) as string })
  })

  it.each([
    ['../victim', /letters, digits/],
    ['/../victim', /letters, digits/],
    ['', /letters, digits/],
    ['.hidden', /letters, digits/],
    ['a/b', /letters, digits/],
    ['a\nb', /letters, digits/],
    ['x'.repeat(241), /241 characters/],
  ])('is none that is called %j', (name, problem) => {
    const found = inspectedContainer(inspect({ Name: `/${name}` }), READ)
    expect(found).toEqual({ id: ID, problem: expect.stringMatching(problem) as string })
  })

  it('may have a name of 240 characters', () => {
    expect(inspectedContainer(inspect({ Name: `/${'x'.repeat(240)}` }), READ)).toHaveProperty('name')
  })
})

describe('an entry of the list', () => {
  it('has its own name among those of links, and no process when it is stopped', () => {
    const value = { Id: ID, Names: ['/other/alias', '/retro'], Labels: null, State: 'exited' }
    expect(listedContainer({ value }, READ)).toEqual({ id: ID, name: 'retro', labels: {}, isStopped: true })
  })

  it('that is too long is about the container that its beginning names', () => {
    expect(listedContainer({ unreadable: `{"Id":"${ID}","Names":[` }, READ)).toMatchObject({ id: ID })
  })
})

describe('an event', () => {
  it.each([
    [
      { Type: 'container', Action: 'rename', Actor: { ID } },
      { id: ID, isRename: true },
    ],
    [
      { status: 'start', id: ID },
      { id: ID, isRename: false },
    ],
    [{ Action: 'start', Actor: { ID: '../x' } }, undefined],
    [null, undefined],
  ])('%j', (value, expected) => {
    expect(containerEvent({ value })).toEqual(expected)
  })
})

/** Any JSON, and values that are near to what is right. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    ...[
      ID,
      ID.toUpperCase(),
      `/${ID}`,
      'x'.repeat(300),
      '/../victim',
      '/retro',
      'running',
      '../../etc',
      '\u0000',
    ],
    ...[-1, 0, 1, 1.5, 4_194_304, 4_194_305, 2 ** 31, 2 ** 53, 1e300, null, true, [], {}, [null], { ID }],
    ...['0001-01-01T00:00:00Z', '2026-01-02T03:04:05.123456789Z', '2026-99-99T00:00:00Z', ''],
  ),
)
const field = (right: unknown): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(right) }, anything)
const record = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof({ weight: 9, arbitrary: fc.record(fields, { requiredKeys: [] }) }, anything)

const inspections = record({
  Id: field(ID),
  Name: field('/retro'),
  Config: record({ Labels: record({ wanted: field('yes'), __proto__: anything }) }),
  State: record({
    Running: field(true),
    Pid: field(4711),
    StartedAt: field('2026-01-02T03:04:05.123456789Z'),
  }),
  HostConfig: record({ Privileged: anything, Devices: anything, NetworkMode: anything }),
  Mounts: anything,
})
const entries = record({
  Id: field(ID),
  Names: field(['/retro']),
  Labels: record({ wanted: field('yes') }),
  State: field('running'),
})
const events = record({
  Type: field('container'),
  Action: field('start'),
  id: field(ID),
  Actor: record({ ID: field(ID) }),
})

describe('whatever an engine answers, nothing throws, and what gets in is safe:', () => {
  const isSafe = (found: InspectedContainer | ListedContainer | Unusable): void => {
    if ('problem' in found) {
      expect(found.problem).toMatch(/^[ -~…]{1,200}$/)
      if (found.id !== undefined) expect(found.id).toMatch(/^[0-9a-f]{64}$/)
      return
    }
    expect(found.id).toMatch(/^[0-9a-f]{64}$/)
    expect(found.name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,239}$/)
    for (const [label, value] of Object.entries(found.labels)) {
      expect(READ.has(label)).toBe(true)
      expect(typeof value).toBe('string')
    }
    if (!('running' in found)) return
    expect(Number.isInteger(found.running.pid)).toBe(true)
    expect(found.running.pid).toBeGreaterThan(0)
    expect(found.running.pid).toBeLessThanOrEqual(4_194_304)
    expect(found.running.startedAt).toBeGreaterThan(0)
  }

  it('inspect', () => {
    fc.assert(
      fc.property(inspections, (value) => isSafe(inspectedContainer(value, READ))),
      { numRuns: CASES },
    )
  })

  it('list', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          entries.map((value) => ({ value })),
          fc.record({ unreadable: fc.string() }),
        ),
        (piece) => isSafe(listedContainer(piece, READ)),
      ),
      { numRuns: CASES },
    )
  })

  it('event', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          events.map((value) => ({ value })),
          fc.record({ unreadable: fc.string() }),
        ),
        (piece) => {
          const found = containerEvent(piece)
          if (found !== undefined) expect(found.id).toMatch(/^[0-9a-f]{64}$/)
        },
      ),
      { numRuns: CASES },
    )
  })

  const corpus = JSON.parse(
    readFileSync(new URL('../../fixtures/engine-answers.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown>
  it.each(Object.entries(corpus))('what failed once: %s', (_, value) => {
    isSafe(inspectedContainer(value, READ))
    isSafe(listedContainer({ value }, READ))
    containerEvent({ value })
  })
})
