import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { openProved } from '../../../src/container/open.js'
import type { Process } from '../../../src/container/proof.js'
import { disproof, lookAtProcess } from '../../../src/container/proof.js'
import { RefusedError } from '../../../src/errors.js'
import { native } from '../../../src/native.js'

const [ID, OTHER] = ['ab'.repeat(32), 'cd'.repeat(32)]
const NOW = Date.parse('2026-01-02T03:04:05Z')
const HOUR = 3_600_000
/** The machine runs for a day, and the container for an hour. */
const CLOCKS = { now: NOW, uptime: 24 * HOUR }
const startedAt = NOW - HOUR

const process_ = (cgroup: string, more: Partial<Process> = {}): Process => ({
  cgroup: Buffer.from(cgroup),
  startTicks: (23 * HOUR) / 10,
  mntns: '4:7',
  netns: '4:8',
  ...more,
})
const problem = (found: Process, claim: object = {}) =>
  disproof({ id: ID, startedAt, ...claim }, found, '4:1', CLOCKS)

describe('a process is proved to be the container that its cgroup names:', () => {
  it.each([
    ['cgroup v2, systemd', `0::/system.slice/docker-${ID}.scope\n`],
    ['cgroup v2, cgroupfs', `0::/docker/${ID}\n`],
    ['cgroup v1', `12:pids:/docker/${ID}\n4:memory:/docker/${ID}\n0::/system.slice/containerd.service\n`],
    ['cgroup v1, systemd', `1:name=systemd:/system.slice/docker-${ID}.scope\n0::/\n`],
    ['--cgroup-parent', `0::/games.slice/games-pads.slice/docker-${ID}.scope\n`],
    ['podman', `0::/machine.slice/libpod-${ID}.scope/container\n`],
    ['podman in a pod', `0::/machine.slice/machine-libpod_pod_${OTHER}.slice/libpod-${ID}.scope\n`],
    ['podman, cgroupfs', `0::/libpod_parent/libpod-${ID}\n`],
    ['an init system inside', `0::/system.slice/docker-${ID}.scope/init.scope\n`],
    ['within another container', `0::/docker/${OTHER}/docker/${ID}\n`],
    ['within another, seen from there', `0::/../docker/${ID}\n`],
  ])('%s', (_, cgroup) => {
    expect(problem(process_(cgroup))).toBeUndefined()
  })

  it.each([
    ['one of a user', '0::/user.slice/user-1000.slice/session-2.scope\n'],
    ['init', '0::/init.scope\n'],
    ["another container's", `0::/system.slice/docker-${OTHER}.scope\n`],
    ['that of one within it', `0::/docker/${ID}/docker/${OTHER}\n`],
    ['of an id that is longer', `0::/docker/${ID}ab\n`],
    ['of none', ''],
  ])('but not %s', (_, cgroup) => {
    expect(problem(process_(cgroup))).toMatch(/^is in another cgroup/)
  })
})

describe('where no cgroup names a container', () => {
  const mounted = (target: string, id = ID) =>
    process_('0::/\n', {
      mountinfo: `1 2 8:1 /var/lib/docker/containers/${id}/hosts ${target} rw - ext4 /dev/sda rw\n`,
    })

  it('what the engine has mounted for it does', () => {
    expect(problem(mounted('/etc/hosts'))).toBeUndefined()
    expect(problem(mounted('/mnt/volume'))).toBeDefined()
    expect(problem(mounted('/etc/hosts', OTHER))).toBeDefined()
  })

  it('and nowhere else: a container has the files of the one whose network it shares', () => {
    const sharing = { ...mounted('/etc/hosts'), cgroup: Buffer.from(`0::/docker/${OTHER}\n`) }
    expect(problem(sharing)).toBeDefined()
  })
})

describe('when the clock is set after a container has started', () => {
  const named = process_(`0::/docker/${ID}\n`)
  const clocksAfter = (step: number) => ({ now: NOW + step, uptime: CLOCKS.uptime })

  it.each([
    ['a minute forward', 61_000],
    ['a year forward', 365 * 24 * HOUR],
    ['an hour back', -HOUR],
    ['a year back', -365 * 24 * HOUR],
  ])('%s, the one that its cgroup names is still the one', (_, step) => {
    expect(disproof({ id: ID, startedAt }, named, '4:1', clocksAfter(step))).toBeUndefined()
    expect(disproof({ id: ID, startedAt: startedAt + step }, named, '4:1', clocksAfter(step))).toBeUndefined()
  })

  it.each([
    ['', '0::/init.scope\n'],
    ["another container's", `0::/docker/${OTHER}\n`],
  ])('no other one is, %s', (_, cgroup) => {
    for (const step of [-HOUR, 0, HOUR])
      expect(disproof({ id: ID, startedAt }, process_(cgroup), '4:1', clocksAfter(step))).toMatch(
        /^is in another cgroup/,
      )
  })
})

it('is not one that was started after the container where no cgroup names it, unless the clock was set since', () => {
  const mountinfo = `1 2 8:1 /var/lib/docker/containers/${ID}/hosts /etc/hosts rw - ext4 /dev/sda rw\n`
  const late = process_('0::/\n', { mountinfo, startTicks: (23 * HOUR + 61_000) / 10 })
  expect(problem(late)).toMatch(/61 s after the container \(or the clock was set since: then restart/)
  expect(problem(late, { startedAt: startedAt + 2000 })).toBeUndefined()
  // Without a battery for its clock a machine starts in another year.
  expect(problem(late, { startedAt: NOW - 100 * 24 * HOUR })).toBeUndefined()
})

it('is none of the host', () => {
  expect(problem(process_(`0::/docker/${ID}\n`, { mntns: '4:1' }))).toMatch(/one of the host/)
})

describe('opening', () => {
  it('takes the process that was looked at, and no other', async () => {
    const child = spawn('unshare', ['--mount', 'sleep', '1000'], { stdio: 'ignore' })
    try {
      await once(child, 'spawn')
      const pid = child.pid ?? 0
      await expect
        .poll(async () => (await lookAtProcess(pid))?.mntns)
        .not.toBe((await lookAtProcess(process.pid))?.mntns)
      const found = await lookAtProcess(pid)
      if (found === undefined) throw new Error('no process')
      const { cgroup, startTicks, mntns } = found

      const handle = await native.openContainer(pid, { cgroup, startTicks, mntns })
      expect([handle.mntns, handle.netns]).toEqual([found.mntns, found.netns])
      handle.close()
      for (const other of [
        { cgroup: Buffer.from('0::/other\n'), startTicks, mntns },
        { cgroup, startTicks: startTicks + 1, mntns },
        { cgroup, startTicks, mntns: '4:1' },
      ])
        await expect(native.openContainer(pid, other)).rejects.toMatchObject({ code: 'EAGAIN' })
    } finally {
      child.kill('SIGKILL')
    }
  })

  it.each([
    ['of init', 1],
    ['of our own', process.pid],
  ])('refuses a process %s', async (_, pid) => {
    const running = { pid, startedAt: Date.now() }
    const opening = openProved(
      { id: ID, name: 'retro', running },
      { openContainer: () => expect.fail('opened') },
    )
    await expect(opening).rejects.toThrow(RefusedError)
    await expect(opening).rejects.toThrow(new RegExp(`process is ${pid}, .*docker.socket`))
  })
})
