// Measures udev-proxy in both modes beside a bare C daemon and the real systemd-udevd, on a real Docker Engine.
import { mkdtempSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DockerEngine } from '../test/integration/harness/docker-engine.js'
import { imageTar } from '../test/integration/harness/image.js'
import { unmountBelow } from '../test/integration/harness/mounts.js'
import { measure } from './measure.js'
import type { Place, Subject } from './subject.js'
import { startBaseline, startBuiltin, startHost, startUdevd } from './subject.js'
import { figures, verdicts } from './table.js'

const directory = mkdtempSync(join(tmpdir(), 'udev-proxy-bench-'))
const engine = new DockerEngine(join(directory, 'docker'))
const subjects: Subject[] = []
process.once('SIGINT', () => {
  void cleanUp().finally(() => process.exit(130))
})
try {
  await engine.start()
  await engine.load(await imageTar(join(directory, 'image')))
  for (const start of [startBaseline, startBuiltin, startUdevd, startHost])
    subjects.push(await start(await placeOf(start.name)))
  process.stdout.write('measuring the C daemon, udev-proxy builtin, systemd-udevd, udev-proxy host ...\n')
  const [baseline, builtin, udevd, host] = await measure(subjects)
  if (baseline === undefined || builtin === undefined || udevd === undefined || host === undefined)
    throw new Error('a subject was not measured')
  const machine = `${cpus().length} CPUs (${cpus()[0]?.model ?? ''}), Linux ${release()}, Node ${process.version}`
  const load = `load ${loadavg()[0]?.toFixed(1) ?? ''}`
  const results = { baseline, builtin, udevd, host }
  process.stdout.write(`\n${machine}, ${load}\n\n${figures(results)}\n${verdicts(results)}`)
} finally {
  await cleanUp()
}

async function cleanUp(): Promise<void> {
  for (const subject of subjects.splice(0)) await subject.end()
  await engine.destroy()
  await unmountBelow(directory)
  await rm(directory, { recursive: true, force: true })
}

async function placeOf(name: string): Promise<Place> {
  const place = {
    engine,
    container: `bench-${name}`,
    stage: join(directory, name, 'stage'),
    results: join(directory, name, 'results'),
  }
  for (const path of [place.stage, place.results]) await mkdir(path, { recursive: true })
  return place
}
