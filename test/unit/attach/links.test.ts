import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StageLinks, linkTarget } from '../../../src/attach/links.js'

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
})
