import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StageLinks, linkObstacle, linkTarget } from '../../../src/attach/links.js'

const BY_ID = 'input/by-id/usb-Pad-event-joystick'

describe('the symlinks of a stage', () => {
  let base: string
  let links: StageLinks
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'links-'))
    for (const directory of ['input', 'scratch']) mkdirSync(join(base, directory))
    links = new StageLinks(base, join(base, 'scratch'))
  })
  afterEach(() => rmSync(base, { recursive: true }))

  const target = (link: string): string => readlinkSync(join(base, link))

  it('lead to their node as udevd has them lead there', () => {
    links.place(BY_ID, 'input/event7')
    expect(target(BY_ID)).toBe('../event7')
    expect(linkTarget('input/by-id/usb-Pad-hidraw', 'hidraw2')).toBe('../../hidraw2')
    expect(linkTarget('player1', 'input/event7')).toBe('input/event7')
  })

  it('go with their node, and take empty directories along', () => {
    links.place(BY_ID, 'input/event7')
    links.place('input/player1', 'input/event7')
    links.remove(BY_ID, 'input/event7')
    expect(readdirSync(join(base, 'input'))).toEqual(['player1'])
    links.remove('input/player1', 'input/event7')
    links.remove('input/player1', 'input/event7')
    expect(readdirSync(join(base, 'input'))).toEqual([])
  })

  it('that two nodes claim lead to the latest, and to the other when that has gone', () => {
    links.place(BY_ID, 'input/event7')
    links.place(BY_ID, 'input/event9')
    expect(target(BY_ID)).toBe('../event9')
    links.remove(BY_ID, 'input/event9')
    expect(target(BY_ID)).toBe('../event7')
    expect(links.rivals(BY_ID, 'input/event7')).toEqual([])
    expect(links.rivals(BY_ID, 'input/event9')).not.toEqual([])
  })

  it('outside of /dev/input are claimed, and made by somebody else', () => {
    links.place('player1', 'input/event7')
    expect(existsSync(join(base, 'player1'))).toBe(false)
    expect(links.rivals('player1', 'input/event9')).not.toEqual([])
  })

  it('that nobody claims are swept away', () => {
    links.place(BY_ID, 'input/event7')
    mkdirSync(join(base, 'input/by-path'))
    symlinkSync('../event9', join(base, 'input/by-path/left'))
    symlinkSync('event9', join(base, 'input/left'))
    links.sweep('input')
    expect(readdirSync(join(base, 'input'))).toEqual(['by-id'])
  })

  const LONG = `input/by-id/usb-${'x'.repeat(240)}-event-mouse`

  it.each([
    ['a name that is too long', LONG, /255 bytes/],
    ['a path that is too long', `input/${'directory/'.repeat(500)}link`, /1023 bytes/],
    ['the name of a node', 'input/event99', /device node/],
    ['a place below a node', 'input/event99/link', /device node/],
    ['the name of a directory of udevd', 'input/by-id', /directory/],
    ['a path that climbs', 'input/../../../climbed', /elsewhere/],
    ['a path with an empty name', 'input//link', /elsewhere/],
    ['a path that ends in a slash', 'input/by-id/', /elsewhere/],
    ['a path that is one dot', 'input/./link', /elsewhere/],
  ])('that can not be made, with %s, are said and leave nothing behind', (_, link, reason) => {
    expect(links.place(link, 'input/event7')).toMatch(reason)
    expect(readdirSync(join(base, 'input'))).toEqual([])
    links.remove(link, 'input/event7')
    expect(readdirSync(join(base, 'input'))).toEqual([])
    expect(readdirSync(base).sort()).toEqual(['input', 'scratch'])
    expect(links.size).toBe(0)
  })

  it('never take the place of a node or a directory, nor take one away', () => {
    mkdirSync(join(base, 'input/directory'))
    writeFileSync(join(base, 'input/file'), '')
    writeFileSync(join(base, 'input/event9'), 'a node')
    for (const link of ['input/directory', 'input/file', 'input/event9', 'input/file/below']) {
      expect(links.place(link, 'input/event7')).toBeTypeOf('string')
      links.remove(link, 'input/event7')
    }
    expect(readdirSync(join(base, 'input')).sort()).toEqual(['directory', 'event9', 'file'])
  })

  it('that are in the way of others cost these, and nothing else', () => {
    expect(links.place('input/pads', 'input/event7')).toBeUndefined()
    expect(links.place('input/pads/first', 'input/event9')).toMatch(/no directory|something else/)
    links.remove('input/pads/first', 'input/event9')
    expect(target('input/pads')).toBe('event7')
    links.remove('input/pads', 'input/event7')
    expect(readdirSync(join(base, 'input'))).toEqual([])
  })

  it('stay below /dev, are made or said why not, and are gone when they are taken back, whatever udev calls them', () => {
    const name = fc.constantFrom('a', 'b', 'event7', 'by-id', '.', '..', '', 'x'.repeat(256))
    const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => `input/${parts.join('/')}`)
    const claim = fc.tuple(path, fc.constantFrom('input/event1', 'input/event2'))
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 8 }), (claims) => {
        for (const [link, node] of claims) {
          const reason = links.place(link, node)
          if (reason === undefined) expect(target(link)).toBe(linkTarget(link, node))
          if (linkObstacle(link) !== undefined) expect(reason).toBe(linkObstacle(link))
        }
        for (const [link, node] of claims) links.remove(link, node)
        expect(readdirSync(join(base, 'input'))).toEqual([])
        expect(readdirSync(base).sort()).toEqual(['input', 'scratch'])
        expect(links.size).toBe(0)
      }),
    )
  })
})
