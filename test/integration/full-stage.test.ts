// A stage without room, of inodes or of bytes: the daemon lives, says it once with what helps, and goes on when there is room.
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'

import { output } from './harness/command.js'
import type { Daemon } from './harness/daemon.js'
import type { Rig } from './harness/rig.js'
import { test } from './harness/rig.js'

const ROUTES = `
  - { name: early, match: { name: "Early*" }, container: full-early }
  - { name: late, match: { name: "Late*" }, container: "full-lat[e]" }
`
const HINT =
  /the tmpfs of the stages is full: see df -i \S+ and df \S+, and mount -o remount,size=\S+,nr_inodes=\S+ \S+/

/** Each way in which a tmpfs is full, and how it comes about. */
const SHORTAGES = [
  ['inodes', (rig: Rig) => remount(rig, `nr_inodes=${usedInodes(rig)}`)],
  ['space', (rig: Rig) => takeAllSpace(rig)],
] as const

describe.each(SHORTAGES)('a stage without %s', (_, exhaust) => {
  test('costs a container that comes then, until there is room', { timeout: 120_000 }, async ({ rig }) => {
    await mountStage(rig)
    const daemon = await rig.daemon(ROUTES)
    const { client } = await rig.player('full-early')
    const early = Array.from({ length: 4 }, () => rig.pad({ name: 'Early Pad' }))
    await rig.plug(...early)
    for (const pad of early) await client.hears('add', pad.event)
    await ledgerWritten(rig, 'full-early', 3 * early.length)

    await exhaust(rig)
    const late = await rig.container('full-late')
    const waiting = rig.pad({ name: 'Late Pad' })
    await rig.plug(waiting)
    await expect.poll(() => serious(daemon).length, { timeout: 10_000 }).toBeGreaterThan(0)
    // Who has something already is served on: what goes makes room for what comes.
    await rig.unplug(...early)
    for (const pad of early) await client.hears('remove', pad.input)
    const next = rig.pad({ name: 'Early Pad' })
    await rig.plug(next)
    await client.hears('add', next.event)

    await makeRoom(rig)
    await late.waitForPath('/run/udev/control')
    await late.waitForPath(waiting.eventNode)
    const said = serious(daemon).filter((line) => line.includes("can't be served"))
    expect(said).toEqual([expect.stringMatching(HINT) as string])
    expect(new Set(serious(daemon)).size).toBe(serious(daemon).length)
    expect(await daemon.stop()).toBe(0)
  })
})

async function mountStage(rig: Rig): Promise<void> {
  mkdirSync(rig.stage)
  const options = 'mode=0700,nosuid,noexec,dev,size=1m,nr_inodes=1k'
  await output('mount', ['-t', 'tmpfs', '-o', options, 'udev-proxy', rig.stage])
}

async function remount(rig: Rig, options: string): Promise<void> {
  await output('mount', ['-o', `remount,${options}`, rig.stage])
}

function usedInodes(rig: Rig): number {
  const { files, ffree } = statfsSync(rig.stage)
  return files - ffree
}

/** A file that is as large as it can be. */
function takeAllSpace(rig: Rig): void {
  const { bavail, bsize } = statfsSync(rig.stage)
  writeFileSync(join(rig.stage, 'ballast'), Buffer.alloc(bavail * bsize))
}

async function makeRoom(rig: Rig): Promise<void> {
  rmSync(join(rig.stage, 'ballast'), { force: true })
  await remount(rig, 'nr_inodes=1k')
}

async function ledgerWritten(rig: Rig, name: string, entries: number): Promise<void> {
  const directory = join(rig.stage, name, 'ledger/entries')
  await expect.poll(() => readdirSync(directory).length, { timeout: 10_000 }).toBe(entries)
}

/** What the log says at the levels that people see. */
function serious(daemon: Daemon): string[] {
  return [...daemon.messages('warn'), ...daemon.messages('error')]
}
