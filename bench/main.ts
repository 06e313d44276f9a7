// Measures udev-proxy beside a bare C daemon, both on a real Docker Engine, and prints one table.
import { mkdtempSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DockerEngine } from '../test/integration/harness/docker-engine.js'
import { imageTar } from '../test/integration/harness/image.js'
import { unmountBelow } from '../test/integration/harness/mounts.js'
import { UeventSender } from '../test/integration/harness/uevents.js'
import type { Measurements } from './measure.js'
import { measure } from './measure.js'
import type { Place, Subject } from './subject.js'
import { startBaseline, startDaemon } from './subject.js'
import { table } from './table.js'
import { Watcher } from './watcher.js'

const directory = mkdtempSync(join(tmpdir(), 'udev-proxy-bench-'))
const engine = new DockerEngine(join(directory, 'docker'))
const sender = UeventSender.kernel()
process.once('SIGINT', () => {
  void cleanUp().finally(() => process.exit(130))
})
try {
  await engine.start()
  await engine.load(await imageTar(join(directory, 'image')))
  const baseline = await measured('the C daemon', 'baseline', startBaseline)
  const daemon = await measured('udev-proxy', 'udev-proxy', startDaemon)
  const machine = `${cpus().length} CPUs (${cpus()[0]?.model ?? ''}), Linux ${release()}, Node ${process.version}`
  process.stdout.write(`\n${machine}\n\n${table(baseline, daemon)}`)
} finally {
  await cleanUp()
}

async function cleanUp(): Promise<void> {
  sender.close()
  await engine.destroy()
  await unmountBelow(directory)
  await rm(directory, { recursive: true, force: true })
}

async function measured(
  title: string,
  name: string,
  start: (place: Place) => Promise<Subject>,
): Promise<Measurements> {
  process.stdout.write(`measuring ${title} ...\n`)
  const place = {
    engine,
    container: `bench-${name}`,
    stage: join(directory, name, 'stage'),
    results: join(directory, name, 'results'),
  }
  for (const path of [place.stage, place.results]) await mkdir(path, { recursive: true })
  const subject = await start(place)
  try {
    await startClient(place)
    const watcher = new Watcher(join(place.results, 'client'))
    const measurements = await measure(subject, sender, watcher)
    watcher.close()
    return measurements
  } finally {
    await subject.end()
    await engine.removeAll()
  }
}

/** Starts the client in the subject's container, and waits until it listens. */
async function startClient({ container }: Place): Promise<void> {
  const output = ['--output', '/results/client']
  await engine.docker(
    'exec',
    '--detach',
    container,
    'libudev-client',
    '--wait',
    '--brief',
    '--subsystem',
    'input',
    ...output,
  )
  await engine.docker('exec', container, 'sh', '-c', 'until [ -s /results/client ]; do sleep 0.02; done')
}
