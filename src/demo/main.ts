// `npm run demo`: the main job from plug to unplug, with nothing but this machine's kernel.
import { mkdtempSync, rmdirSync } from 'node:fs'
import { parseConfig } from '../config/index.js'
import { Daemon } from '../daemon.js'
import { EXIT, EnvironmentError, messageOf } from '../errors.js'
import { native } from '../native.js'
import { createLog, missingRequirements } from '../service/index.js'
import { ThrowawayContainer } from './container.js'
import type { Gamepad } from './gamepad.js'
import { PAD, plugGamepad } from './gamepad.js'
import { lab } from './lab.js'
import type { Report } from './protocol.js'
import type { Line } from './timeline.js'
import { formatLine, lineOf, lineOfReport, missingLines } from './timeline.js'

const CONTAINER = 'demo'
const TIMEOUT_MS = 10_000

const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => reject(new Error(`interrupted by ${signal}`)))
  }
})
interrupted.catch(() => undefined)

process.exitCode = await main()

async function main(): Promise<number> {
  try {
    const missing = missingRequirements(native)
    if (missing !== undefined) throw new EnvironmentError(missing)
    return await demo()
  } catch (error) {
    process.stderr.write(`demo: ${messageOf(error)}\n`)
    return error instanceof EnvironmentError ? EXIT.environment : EXIT.failure
  }
}

/** Runs the story and cleans up behind it, however it ends. */
async function demo(): Promise<number> {
  process.umask(0o022)
  const story = new Story()
  const cleanups: (() => Promise<void> | void)[] = []
  try {
    const container = await ThrowawayContainer.start(CONTAINER, (report) => story.hear(report))
    cleanups.push(() => container.stop())
    const root = mkdtempSync('/run/udev-proxy-demo-')
    cleanups.push(() => rmdirSync(root))
    const config = parseConfig(configText(root), 'demo.yaml')
    const daemon = new Daemon({ config, engine: container.engine, log: createLog(config.log, native), addon: native })
    cleanups.push(() => native.unmount(root))
    cleanups.push(() => daemon.stop())
    daemon.trace.subscribe((trace) => story.add(lineOf(trace)))
    daemon.failed.catch((error: unknown) => story.fail(error))

    await Promise.race([story.until('the application to listen', () => story.isReady), interrupted])
    print(`A container is running: pid ${container.pid}, with a mount, network and pid namespace and a /dev and /run of its own.`)
    print('The application in it listens to udev, as libudev does.\n')
    const pad = plugGamepad(lab)
    let unpluggedAt: number | undefined
    const unplugOnce = (): number => (unpluggedAt ??= pad.unplug())
    cleanups.push(() => void unplugOnce())
    print(`Plugging "${PAD.name}": ${pad.made}.\n`)
    await Promise.race([story.until('the application to hear of its nodes', () => story.heard('add') >= NODES), interrupted])
    unplugOnce()
    await Promise.race([story.until('the devices to be gone inside', () => story.count('gone') > NODES), interrupted])
    return conclude(story, pad, unplugOnce())
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}

/** A joystick has an event node and a js node, if its kernel has joydev; the first is what is waited for. */
const NODES = 1

/** Prints the story and says whether it is whole. */
function conclude(story: Story, pad: Gamepad, unpluggedAt: number): number {
  const plugged: Line = { at: pad.pluggedAt, what: 'plug', text: `"${PAD.name}"` }
  const unplugged: Line = { at: unpluggedAt, what: 'unplug', text: `"${PAD.name}"` }
  const lines = [plugged, ...story.lines, unplugged].sort((a, b) => a.at - b.at)
  let before = plugged.at
  for (const line of lines) {
    if (line.what === 'unplug') print('')
    print(formatLine(line, before))
    before = line.at
  }

  const problems = story.problems(pad.isReal)
  print('')
  for (const problem of problems) print(`MISSING  ${problem}`)
  if (problems.length > 0) return EXIT.failure
  const times = story.latencies(pad.pluggedAt)
  print(`Every line happened. From plug to the application inside: ${times.join(', ')}.`)
  return EXIT.ok
}

/** What has happened so far. */
class Story {
  readonly lines: Line[] = []
  isReady = false
  private readonly reports: Extract<Report, { kind: 'heard' }>[] = []
  private failure: unknown
  private changed: () => void = () => undefined

  add(line: Line | undefined): void {
    // The unit is routed with its first device; that it still is with the others is no news.
    const isNews = line !== undefined && !(line.what === 'route' && this.lines.some(({ what }) => what === 'route'))
    if (isNews) this.lines.push(line)
    this.changed()
  }

  hear(report: Report): void {
    if (report.kind === 'ready') this.isReady = true
    if (report.kind === 'heard') this.reports.push(report)
    this.add(lineOfReport(report))
  }

  fail(error: unknown): void {
    this.failure = error
    this.changed()
  }

  count(what: string): number {
    return this.lines.filter((line) => line.what === what).length
  }

  /** How many devices with a node the application has heard of. */
  heard(action: string): number {
    return this.reports.filter((report) => report.action === action && report.devname?.includes('/event') === true).length
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + TIMEOUT_MS
    while (!holds()) {
      if (this.failure !== undefined) throw this.failure instanceof Error ? this.failure : new Error(messageOf(this.failure))
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`waited ${TIMEOUT_MS / 1000} s in vain for ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** What did not happen. With a driver behind its node, the application must have been able to open it. */
  problems(isReal: boolean): string[] {
    const devices = new Set(this.reports.map(({ devpath }) => devpath))
    return [...devices].flatMap((devpath) => {
      const name = devpath.slice(devpath.lastIndexOf('/') + 1)
      const report = this.reports.find((candidate) => candidate.devpath === devpath && candidate.action === 'add')
      const hasNode = report?.devname !== undefined
      const problems = missingLines(this.lines, name, hasNode)
      if (report?.record !== true) problems.push(`${name}: its record was not there when it was announced`)
      if (hasNode && report.node === undefined) problems.push(`${name}: its node was not there when it was announced`)
      // Without a driver the kernel gets as far as looking for one: ENXIO or ENODEV, not EACCES or ENOENT.
      const expected = isReal ? ['ok'] : ['ENXIO', 'ENODEV']
      if (hasNode && !expected.includes(report.open ?? '')) problems.push(`${name}: open failed with ${report.open ?? 'no node'}`)
      return problems
    })
  }

  latencies(since: number): string[] {
    return this.reports
      .filter(({ action, devname }) => action === 'add' && devname !== undefined)
      .map(({ at, devname }) => `${devname ?? ''} ${((at - since) / 1000).toFixed(2)} ms`)
  }
}

function configText(stage: string): string {
  return `version: 1
stage: ${stage}
log: { level: warn }
routes:
  - name: demo
    match: { name: "${PAD.name}" }
    container: ${CONTAINER}
`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
