import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlob, namesKeyboards } from '../../../src/config/index.js'
import type { Match, Route } from '../../../src/config/index.js'
import { findShadows } from '../../../src/config/shadow.js'

describe('a route is shadowed by an earlier one', () => {
  test.each<[string, Match, Match]>([
    ['that takes all', { name: ['*'] }, { vendor: ['054c'] }],
    ['that is the same', { vendor: ['054c'] }, { vendor: ['054c'] }],
    ['that asks for less', { vendor: ['054c'] }, { vendor: ['054c'], product: ['0ce6'] }],
    ['whose list has its value', { vendor: ['057e', '054c'] }, { vendor: ['054c'] }],
    ['whose glob matches its value', { vendor: ['05*'] }, { vendor: ['054c', '057e'] }],
    ['whose glob matches its glob', { phys: ['usb-*'] }, { phys: ['usb-0000:00:14.0-2/*'] }],
    ['with the same glob', { phys: ['usb-[0-9]*'] }, { phys: ['usb-[0-9]*'] }],
    ['that has its class', { class: ['mouse', 'joystick'] }, { class: ['joystick'] }],
    ['that asks for less of udev', { tag: ['uacc*'] }, { tag: ['uaccess'], driver: ['xpad'] }],
    [
      'whose properties match its own',
      { properties: { ID_PATH: ['pci-*'] } },
      { properties: { ID_PATH: ['pci-0000:00:14.0-usb-0:2:1.0'], ID_BUS: ['usb'] } },
    ],
    ['that takes keyboards as well', { class: ['keyboard'] }, { class: ['keyboard'], name: ['Foo'] }],
    ['that asks for the same name', { name: ['Foo*'] }, { name: ['Foo Keyboard'], vendor: ['054c'] }],
  ])('%s', (_words, taken, wanted) => {
    expect(findShadows([route(taken), route(wanted)])).toEqual([{ route: 1, by: [0] }])
  })
})

describe('a route is not shadowed by an earlier one', () => {
  test.each<[string, Match, Match]>([
    ['that asks for something else', { vendor: ['054c'] }, { product: ['0ce6'] }],
    ['that asks for more', { vendor: ['054c'], product: ['0ce6'] }, { vendor: ['054c'] }],
    ['that has only some of its values', { vendor: ['054c'] }, { vendor: ['054c', '057e'] }],
    ['whose glob matches only some of its glob', { phys: ['usb-1*'] }, { phys: ['usb-*'] }],
    ['whose glob can not be compared', { phys: ['usb-[0-9]*'] }, { phys: ['usb-1*'] }],
    [
      'that takes no keyboard when it asks for the class',
      { vendor: ['054c'] },
      { vendor: ['054c'], class: ['keyboard'] },
    ],
    ['that takes no keyboard when it asks for a name', { name: ['*'] }, { name: ['Foo'] }],
    ['that wants any serial number, which a device may not have', { uniq: ['*'] }, { vendor: ['054c'] }],
    [
      'that asks for a property more',
      { properties: { ID_BUS: ['usb'], ID_PATH: ['*'] } },
      { properties: { ID_BUS: ['usb'] } },
    ],
    [
      'that asks for another property',
      { properties: { ID_BUS: ['usb'] } },
      { properties: { ID_PATH: ['usb'] } },
    ],
    ['that asks for a tag, which a device may not have', { tag: ['*'] }, { vendor: ['054c'] }],
    ['of the same kind that excludes', { vendor: ['!054c'] }, { vendor: ['05*'] }],
  ])('%s', (_words, taken, wanted) => {
    expect(findShadows([route(taken), route(wanted)])).toEqual([])
  })

  test('that could not be read', () => {
    expect(findShadows([undefined, route({ class: ['mouse'] })])).toEqual([])
  })

  test('when one of its own alternatives is left', () => {
    const later = route({ class: ['mouse'] }, { class: ['tablet'] })
    expect(findShadows([route({ class: ['mouse'] }), later])).toEqual([])
  })
})

test('several routes may shadow one together', () => {
  const routes = [
    route({ class: ['mouse'] }),
    route({ class: ['tablet'] }),
    route({ class: ['mouse'] }, { class: ['tablet'], bus: ['0003'] }),
  ]
  expect(findShadows(routes)).toEqual([{ route: 2, by: [0, 1] }])
})

test('what a shadowed route matches, the earlier one matches', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '/'), minLength: 1, maxLength: 5 })
  const globs = fc.array(glob, { minLength: 1, maxLength: 2 })
  const value = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 6 })
  const match = fc.record({ phys: globs, uniq: globs }, { requiredKeys: ['phys'] })
  fc.assert(
    fc.property(match, match, value, fc.option(value, { nil: undefined }), (taken, wanted, phys, uniq) => {
      if (findShadows([route(taken), route(wanted)]).length === 0) return
      const device = { phys, uniq }
      if (matches(wanted, device)) expect(matches(taken, device)).toBe(true)
    }),
    { numRuns: 5000 },
  )
})

describe('a match names keyboards', () => {
  test.each<[boolean, Match]>([
    [true, { class: ['keyboard'] }],
    [true, { class: ['mouse', 'keyboard'] }],
    [true, { name: ['Foo*'] }],
    [true, { name: ['*', 'Foo'] }],
    [false, { name: ['*'] }],
    [false, { name: ['**'] }],
    [false, { name: ['?*'] }],
    [false, { name: ['!Foo*'] }],
    [false, { vendor: ['054c'] }],
    [false, { class: ['key'] }],
  ])('%s: %j', (names, match) => {
    expect(namesKeyboards(match)).toBe(names)
  })
})

function route(...match: Match[]): Pick<Route, 'match'> {
  return { match }
}

function matches(match: Match, device: { phys: string; uniq: string | undefined }): boolean {
  const holds = (globs: string[] | undefined, value: string | undefined): boolean =>
    globs === undefined || (value !== undefined && globs.some((glob) => compileGlob(glob)(value)))
  return holds(match.phys, device.phys) && holds(match.uniq, device.uniq)
}
