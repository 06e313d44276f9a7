// Starts the Docker Engine that all tests share, with the image that all containers have.
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import type { TestProject } from 'vitest/node'
import { output } from './command.js'
import { MAIN } from './daemon.js'
import { DockerEngine } from './docker-engine.js'
import { imageTar } from './image.js'

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.getuid?.() !== 0) throw new Error('the integration tests run a Docker Engine: run them as root')
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm run build`)
  await output('test/clients/build.sh', [])

  const directory = mkdtempSync(join(tmpdir(), 'udev-proxy-engine-'))
  const engineDirectory = join(directory, 'docker')
  const engine = new DockerEngine(engineDirectory)
  const end = async () => {
    await engine.destroy()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const tar = await imageTar(join(directory, 'image'))
    await engine.start()
    await engine.load(tar)
    project.provide('engineDirectory', engineDirectory)
    project.provide('imageTar', tar)
  } catch (error) {
    await end()
    throw error
  }
  return end
}
