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
import type { Line } from './timeline.js'
import { Story } from './story.js'
import { formatLine, lineOf } from './timeline.js'

const CONTAINER = 'demo'

const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => reject(new Error(`interrupted by ${signal}`)))
  }
  // Whoever read the story has left (`npm run demo | head`): that is no reason to leave mounts behind.
  process.stdout.once('error', reject)
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
    const daemon = new Daemon({
      config,
      engine: container.engine,
      log: createLog(config.log, native),
      addon: native,
    })
    cleanups.push(() => native.unmount(root))
    cleanups.push(() => daemon.stop())
    daemon.trace.subscribe((trace) => story.add(lineOf(trace)))
    daemon.failed.catch((error: unknown) => story.fail(error))

    await Promise.race([story.until('the application to listen', () => story.isReady), interrupted])
    print(
      `A container is running: pid ${container.pid}, with a mount, network and pid namespace and a /dev and /run of its own.`,
    )
    print('The application in it listens to udev, as libudev does.\n')
    const pad = plugGamepad(lab)
    let unpluggedAt: number | undefined
    const unplugOnce = (): number => (unpluggedAt ??= pad.unplug())
    cleanups.push(() => void unplugOnce())
    print(`Plugging "${PAD.name}": ${pad.made}.\n`)
    await Promise.race([
      story.until('the application to hear of its nodes', () => story.hasHeardEventNode),
      interrupted,
    ])
    unplugOnce()
    await Promise.race([story.until('the devices to be gone inside', () => story.isOver), interrupted])
    return conclude(story, pad, unplugOnce())
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}

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
  print(
    'These are the first devices of a process that has just started; npm run bench measures one that has been running.',
  )
  return EXIT.ok
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
