import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { MOUNTINFO_LIMIT } from '../../../src/container/mountinfo.js'
import type { FormerStage, StageMounts } from '../../../src/container/session.js'
import { lookInside, openSession } from '../../../src/container/session.js'
import { RefusedError } from '../../../src/errors.js'
import type { ContainerHandle, Native } from '../../../src/native.js'
import { native } from '../../../src/native.js'
import type { TestContainer } from '../native/support/container.js'
import { startContainer } from '../native/support/container.js'
import { makeStage } from '../native/support/stage.js'

let inside: TestContainer
beforeEach(async () => {
  inside = await startContainer()
})
afterEach(() => inside.end())

/** The stage of `retro` on a tmpfs of its own. */
function newStage(): StageMounts {
  const stage = makeStage()
  onTestFinished(() => stage.end())
  const mount = (part: string): { path: string; identity: string } => {
    const directory = join(stage.path, 'retro', part)
    mkdirSync(directory, { recursive: true })
    const { dev, ino } = statSync(directory, { bigint: true })
    return { path: directory, identity: `${dev}:${ino}` }
  }
  return { udev: mount('udev'), input: mount('input'), char: mount('char') }
}

/** Opens the container on a stage; `change` is what its handle does otherwise than the addon's. */
async function open(mounts: StageMounts, change: Partial<ContainerHandle> = {}): Promise<FormerStage[]> {
  const formers: FormerStage[] = []
  const stage = {
    mounts,
    servedRun: undefined,
    noteRun: () => undefined,
    succeed: (former: FormerStage) => void formers.push(former),
  }
  const handle = await native.openContainer(inside.pid)
  onTestFinished(() => handle.close())
  const changed = new Proxy(handle, {
    get: (target, key) => {
      const value: unknown = Reflect.get({ ...change }, key) ?? Reflect.get(target, key)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  const addon: Native = { ...native, openContainer: () => Promise.resolve(changed) }
  const running = { pid: inside.pid, startedAt: 1, netns: handle.netns, isOwnChild: true as const }
  const container = { id: 'a', name: 'retro', labels: {}, running }
  const session = await openSession(container, stage, new Set(), addon)
  expect((await lookInside(handle, container)).refusal).toBeUndefined()
  session.close()
  return formers
}

it('a stage that is lost is read, and replaced once', async () => {
  expect(await open(newStage())).toEqual([])
  const next = newStage()
  expect(await open(next)).toEqual([{ known: [], records: [] }])
  expect(await open(next)).toEqual([])
})

it('a mount of a former stage that can not be replaced refuses the container, and says to restart it', async () => {
  await open(newStage())
  const denied = Object.assign(new Error('EPERM'), { code: 'EPERM', syscall: 'umount2' })
  const opening = open(newStage(), { replaceMount: () => Promise.reject(denied) })
  await expect(opening).rejects.toThrow(RefusedError)
  await expect(opening).rejects.toThrow(
    "its /run/udev is of a stage that has been unmounted, and can't be replaced while it runs (EPERM); restart it: docker restart retro",
  )
})

it('what a container has mounted itself under our name is taken away, and leads nowhere', async () => {
  await inside.run(`
os.makedirs('/fake'); mount('udev-proxy', '/fake', 'tmpfs')
os.makedirs('/fake/x/udev/data'); os.makedirs('/fake/x/input'); os.makedirs('/run/udev'); os.makedirs('/dev/input')
os.symlink('/proc/kmsg', '/fake/x/udev/data/c13:71'); os.mkfifo('/fake/x/udev/data/c13:72')
open('/fake/x/input/own', 'w').close()
for part in ['run/udev', 'dev/input']: mount('/fake/x/' + os.path.basename(part), '/' + part, None, 0x1000)`)
  expect(await open(newStage())).toEqual([{ known: [], records: [] }])
  expect(await inside.run(`result = os.listdir('/dev/input')`)).toEqual([])
})

/** Python that mounts a directory with a path of almost a page over itself, again and again: blanks are four bytes each in mountinfo. */
const MOUNT_MANY = `
os.chdir('/')
for part in range(15): os.makedirs(' ' * 250); os.chdir(' ' * 250)
deep = os.getcwd()
os.chdir('/')
for index in range(600): mount(deep, deep, None, 0x1000)`

it('a container with more mounts than are looked through is served when nothing of its own is in the way', async () => {
  await inside.run(MOUNT_MANY)
  expect(readFileSync(`/proc/${inside.pid}/mountinfo`).length).toBeGreaterThan(MOUNTINFO_LIMIT)
  expect(await open(newStage())).toEqual([])
})

it('such a container is refused when it has a stage that is lost, and its memory is not ours', async () => {
  await open(newStage())
  await inside.run(MOUNT_MANY)
  const before = process.memoryUsage().rss
  const opening = open(newStage())
  await expect(opening).rejects.toThrow(RefusedError)
  await expect(opening).rejects.toThrow(/^it has so many mounts that those of udev-proxy can't be found/)
  expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024)
})
