import { describe, expect, it } from 'vitest'
import type { Selector } from '../../../src/config/index.js'
import type { Container } from '../../../src/container/engine.js'
import type { Place } from '../../../src/route/owner.js'
import { findPlace } from '../../../src/route/owner.js'
import { literalNames, selectorText } from '../../../src/route/select.js'
import { compiled, container } from '../routes.js'

const place = (selector: string | Selector, containers: Container[], refused: string[] = []): Place =>
  findPlace(compiled('r', { vendor: ['054c'] }, selector), containers, ({ name }) => refused.includes(name))

const owner = (stage: string, ...rivals: string[]): Place => ({ kind: 'owner', stage, rivals })

describe('findPlace', () => {
  it('finds a running container by its name', () => {
    expect(place('retro', [container('other', 1), container('retro', 2)])).toEqual(owner('retro'))
  })

  it('gives to the one that was started first, and names the others', () => {
    expect(
      place('retro-*', [container('retro-1', 30), container('retro-2', 10), container('retro-3', 20)]),
    ).toEqual(owner('retro-2', 'retro-3', 'retro-1'))
  })

  it.each<[string, Selector, boolean]>([
    ['a label', { kind: 'label', labels: { seat: 'couch' } }, true],
    ['another label', { kind: 'label', labels: { seat: 'desk' } }, false],
    ['labels, all of them', { kind: 'label', labels: { seat: 'couch', role: 'game' } }, false],
    ['the beginning of an id', { kind: 'id', id: 'retro0000000' }, true],
    ['a compose service', { kind: 'compose', service: 'game' }, true],
    ['a compose service of a project', { kind: 'compose', project: 'den', service: 'game' }, true],
    ['a compose service of another project', { kind: 'compose', project: 'attic', service: 'game' }, false],
    ['a compose service by its number', { kind: 'compose', service: 'game', number: 1 }, true],
    ['another number of a compose service', { kind: 'compose', service: 'game', number: 2 }, false],
  ])('selects by %s', (_, selector, found) => {
    const labels = {
      seat: 'couch',
      'com.docker.compose.project': 'den',
      'com.docker.compose.service': 'game',
    }
    expect(place(selector, [container('retro', 1, labels)])).toEqual(
      found ? owner('retro') : { kind: 'absent' },
    )
  })

  it.each<[string, number | undefined, string]>([
    ['number 1', undefined, 'game-1'],
    ['the one with the number that the route says', 2, 'game-2'],
  ])('of a scaled compose service means %s, and no one-off container', (_, number, expected) => {
    const of = (name: string, startedAt: number, number: string, oneoff: string): Container =>
      container(name, startedAt, {
        'com.docker.compose.service': 'game',
        'com.docker.compose.container-number': number,
        'com.docker.compose.oneoff': oneoff,
      })
    const containers = [
      of('game-run-1', 1, '1', 'True'),
      of('game-2', 2, '2', 'False'),
      of('game-1', 3, '1', 'False'),
    ]
    const selector = { kind: 'compose', service: 'game', ...(number !== undefined && { number }) } as const
    expect(place(selector, containers)).toEqual(owner(expected))
    // By name nobody is passed over.
    expect(place('game-run-1', containers)).toEqual(owner('game-run-1'))
  })

  it('keeps the stage of a named container that does not run, or does not exist yet', () => {
    expect(place('retro', [container('retro')])).toEqual(owner('retro'))
    expect(place('retro', [])).toEqual(owner('retro'))
  })

  it('keeps the stage of the only stopped container it can be', () => {
    expect(place('retro-*', [container('retro-1'), container('other', 1)])).toEqual(owner('retro-1'))
  })

  it('waits while it can be several, or none', () => {
    expect(place('retro-*', [container('retro-1'), container('retro-2')])).toEqual({ kind: 'absent' })
    expect(place('retro-*', [])).toEqual({ kind: 'absent' })
  })

  it('does not give the device of a refused container to another', () => {
    const first = container('retro-1', 1)
    expect(place('retro-*', [first, container('retro-2', 2)], ['retro-1'])).toEqual({
      kind: 'refused',
      container: first,
    })
  })
})

describe('a list of containers', () => {
  const listed = compiled(
    'r',
    { vendor: ['045e'] },
    {
      kind: 'first',
      of: [
        { kind: 'name', name: 'a' },
        { kind: 'name', name: 'b-*' },
      ],
    },
  )
  const never = (): boolean => false

  it('means the first of it that runs, whichever was started first', () => {
    const [a, b] = [container('a', 20), container('b-1', 10)]
    expect(findPlace(listed, [b, a], never)).toEqual({ kind: 'owner', stage: 'a', rivals: [] })
    expect(findPlace(listed, [b, container('a')], never)).toEqual({ kind: 'owner', stage: 'b-1', rivals: [] })
  })

  it('has rivals only among those that it means alike', () => {
    const all = [container('b-2', 20), container('b-1', 10), container('c', 5)]
    expect(findPlace(listed, all, never)).toEqual({ kind: 'owner', stage: 'b-1', rivals: ['b-2'] })
  })

  it('waits while none runs', () => {
    expect(findPlace(listed, [container('a'), container('b-1')], never)).toEqual({ kind: 'absent' })
  })

  it('is called in the words of the config', () => {
    expect(selectorText(listed.route.container)).toBe('a or b-*')
    expect(literalNames(listed.route.container)).toEqual(['a'])
  })
})
