// Before the first test: the daemon is installed and started, Docker has the image of the tests, and the tests' containers run.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output } from '../../integration/harness/command.js'
import { imageTar } from '../../integration/harness/image.js'
import { installAndStart } from './install.js'
import { ARCADE, createContainer, DESK, engine, PADS } from './machine.js'
import { until } from './until.js'

export async function setup(): Promise<void> {
  await Promise.all([installAndStart(), startContainers()])
}

async function startContainers(): Promise<void> {
  const tar = await imageTar(join(await mkdtemp(join(tmpdir(), 'udev-proxy-image-')), 'root'))
  await until('docker.service', async () => output('docker', ['version']).catch(() => undefined), 120_000)
  await engine.load(tar)
  await Promise.all(
    [{ name: PADS.name }, { name: DESK.name }, { name: ARCADE.name, args: ['--label', 'seat=couch'] }].map(
      async (options) => (await createContainer(options)).start(),
    ),
  )
}
